"""Twenty training steps of the variational autoencoder and of the autoencoder, from Keras.

Weights, images and noise come from Philox, so only losses and a digest of the final weights are stored:
once in float64, and once in float32 to show how far Keras itself is from the exact numbers."""

import keras
import numpy as np
import tensorflow as tf

import philox
from fixtures import Fixture

STEPS, BATCH, SIDE = 20, 4, 28
CHOSEN = 64
layers, ops = keras.layers, keras.ops


def initialize(named_layers):
    """Kernels by formula, in the order of the variables; everything else as Keras has it.

    Tensor t, element i: (2u − 1) · √(6 / (fanIn + fanOut)) in float32, u the Philox draw of key (1234, t)."""
    tensors = []
    for name, layer in named_layers:
        for variable in layer.weights:
            index, shape = len(tensors), tuple(variable.shape)
            entry = {"name": f"{name}.{variable.name}", "shape": shape, "trainable": bool(variable.trainable)}
            if variable.name == "kernel":
                receptive = int(np.prod(shape[:-2]))
                entry["fanIn"], entry["fanOut"] = receptive * shape[-2], receptive * shape[-1]
                limit = np.float32(np.sqrt(6 / (entry["fanIn"] + entry["fanOut"])))
                u = philox.uniform((1234, index), *shape)
                variable.assign((np.float32(2) * u - np.float32(1)) * limit)
            tensors.append({"entry": entry, "variable": variable})
    return tensors


def images(step):
    """A grey rectangle on black in every image: its first row and column and its height and width from key
    (78, step), its pixels from key (77, step). Plain noise has nothing to learn, so it would hide mistakes."""
    pixels = philox.uniform((77, step), BATCH, SIDE, SIDE, 1)
    result = np.zeros_like(pixels)
    for i, u in enumerate(philox.uniform((78, step), BATCH, 4)):
        top, left, height, width = np.floor(u * np.float32(14)).astype(int) + [0, 0, 1, 1]
        inside = np.s_[i, top:top + height, left:left + width]
        result[inside] = np.float32(0.5) + np.float32(0.5) * pixels[inside]
    return result


def noise(step):
    return (np.float32(2) * philox.uniform((99, step), BATCH, 2) - np.float32(1)) * np.float32(1.7)


def digest(tensors, suffix=""):
    """Sum and norm of every tensor and some of its elements, `CHOSEN` in all, spread evenly."""
    values = [t["variable"].numpy().astype(np.float64).ravel() for t in tensors]
    counts = [CHOSEN // len(values) + (t < CHOSEN % len(values)) for t in range(len(values))]
    chosen = [(t, j * len(v) // n) for t, (v, n) in enumerate(zip(values, counts)) for j in range(min(n, len(v)))]
    return {
        f"parameterSum{suffix}": [v.sum() for v in values],
        f"parameterNorm{suffix}": [np.sqrt((v * v).sum()) for v in values],
        f"chosenValue{suffix}": [values[t][i] for t, i in chosen],
    }, {"chosenTensor": [t for t, _ in chosen], "chosenElement": [i for _, i in chosen]}


def train(build, dtype):
    """Losses [steps, terms], tensors, and the norm of every trainable tensor's first gradient."""
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    named_layers, losses_of, optimizer = build()
    tensors = initialize(named_layers)
    initial, _ = digest(tensors)
    variables = [t["variable"] for t in tensors if t["entry"]["trainable"]]
    optimizer.build(variables)

    @tf.function
    def step(x, e):
        with tf.GradientTape() as tape:
            terms = losses_of(x, e)
        gradients = tape.gradient(terms[0], [v.value for v in variables])
        optimizer.apply(gradients, variables)
        return tf.stack(terms), [tf.norm(g) for g in gradients]

    losses, first_norms = [], None
    for number in range(STEPS):
        terms, norms = step(tf.constant(images(number), dtype), tf.constant(noise(number), dtype))
        first_norms = first_norms or [n.numpy() for n in norms]
        losses.append(terms.numpy())
    return np.array(losses), tensors, initial, first_norms


def record(fixture, name, build, terms, **attributes):
    exact, tensors, initial, norms = train(build, "float64")
    tensors_out, places = digest(tensors)
    single, single_tensors, _, _ = train(build, "float32")
    single_out, _ = digest(single_tensors, "Float32")
    fixture.case(
        name,
        {"source": "keras", "steps": STEPS, "batch": BATCH, "losses": terms,
         "tensors": [t["entry"] for t in tensors], **places, **attributes},
        {"losses": exact, "lossesFloat32": single, "initialSum": initial["parameterSum"],
         "initialNorm": initial["parameterNorm"], "firstGradientNorm": norms, **tensors_out, **single_out})

    print(f"{name}: total loss {exact[0, 0]:.6f} to {exact[-1, 0]:.6f}; float32 Keras from float64:")
    distance = np.abs(single / exact - 1)
    print("  total, every step:", " ".join(f"{d:.0e}" for d in distance[:, 0]))
    for term, column in zip(terms, distance.T):
        print(f"  {term}: relative, largest {column.max():.1e}, last step {column[-1]:.1e}")
    norm, value = np.array(tensors_out["parameterNorm"]), np.array(tensors_out["chosenValue"])
    print(f"  norms: relative, largest {np.abs(np.array(single_out['parameterNormFloat32']) / norm - 1).max():.1e};",
          f"chosen values: absolute, largest {np.abs(single_out['chosenValueFloat32'] - value).max():.1e}")


def variational(sampler_scale):
    def build():
        conv = lambda filters, stride=1: layers.Conv2D(filters, 3, stride, "same", activation="relu")
        encoder = [conv(32), conv(64, 2), conv(64), conv(64), layers.Flatten(), layers.Dense(32, "relu")]
        mean, log_variance = layers.Dense(2), layers.Dense(2)
        decoder = [
            layers.Dense(14 * 14 * 64, "relu"), layers.Reshape((14, 14, 64)),
            layers.Conv2DTranspose(32, 3, 2, "same", activation="relu"),
            layers.Conv2D(1, 3, padding="same", activation="sigmoid")]

        def losses_of(x, e):
            h = x
            for layer in encoder:
                h = layer(h)
            m, v = mean(h), log_variance(h)
            y = m + ops.exp(sampler_scale * v) * e
            for layer in decoder:
                y = layer(y)
            reconstruction = ops.mean(keras.losses.binary_crossentropy(x, y))
            divergence = -5e-4 * ops.mean(1 + v - ops.square(m) - ops.exp(v))
            return reconstruction + divergence, reconstruction, divergence

        losses_of(ops.zeros((BATCH, SIDE, SIDE, 1)), ops.zeros((BATCH, 2)))
        names = ["convolution0", "convolution1", "convolution2", "convolution3", None, "dense"]
        named = [(f"encoder.{n}", l) for n, l in zip(names, encoder) if n]
        named += [("encoder.mean", mean), ("encoder.logVariance", log_variance)]
        named += [(f"decoder.{n}", decoder[i]) for n, i in (("dense", 0), ("transposed0", 2), ("convolution", 3))]
        return named, losses_of, keras.optimizers.RMSprop(1e-3)

    return build


def plain(batch_norm, epsilon):
    def build():
        encoder, decoder, names = [], [], []

        def activated(part, part_name, layer, name):
            part.append(layer)
            names.append((f"{part_name}.{name}", layer))

        for i, (filters, stride) in enumerate(zip([32, 64, 64, 64], [1, 2, 2, 1])):
            activated(encoder, "encoder", layers.Conv2D(filters, 3, stride, "same"), f"convolution{i}")
            encoder.append(layers.LeakyReLU())
            if batch_norm:
                activated(encoder, "encoder", layers.BatchNormalization(), f"batchNorm{i}")
        encoder.append(layers.Flatten())
        activated(encoder, "encoder", layers.Dense(2), "dense")
        activated(decoder, "decoder", layers.Dense(7 * 7 * 64), "dense")
        decoder.append(layers.Reshape((7, 7, 64)))
        for i, (filters, stride) in enumerate(zip([64, 64, 32, 1], [1, 2, 2, 1])):
            activated(decoder, "decoder", layers.Conv2DTranspose(filters, 3, stride, "same"), f"transposed{i}")
            if i < 3:
                decoder.append(layers.LeakyReLU())
                if batch_norm:
                    activated(decoder, "decoder", layers.BatchNormalization(), f"batchNorm{i}")
        decoder.append(layers.Activation("sigmoid"))

        def losses_of(x, _):
            y = x
            for layer in encoder + decoder:
                y = layer(y, training=True) if isinstance(layer, layers.BatchNormalization) else layer(y)
            return (ops.mean(keras.losses.mean_squared_error(x, y)),)

        for part, shape in ((encoder, (BATCH, SIDE, SIDE, 1)), (decoder, (BATCH, 2))):
            for layer in part:
                layer.build(shape)
                shape = layer.compute_output_shape(shape)
        return names, losses_of, keras.optimizers.Adam(5e-4, epsilon=epsilon)

    return build


fixture = Fixture("vae-steps", seed=8)
for word, scale in (("log-deviation", 1.0), ("half-log-variance", 0.5)):
    record(fixture, word, variational(scale), ["total", "reconstruction", "divergence"], samplerScale=scale,
           divergenceWeight=5e-4, rule="rmsProp", learningRate=1e-3, rho=0.9, epsilon=1e-7)
fixture.write()

fixture = Fixture("autoencoder-steps", seed=9)
# With few images and normalization some gradients are nothing but rounding, and Adam divides by their size:
# Keras itself then disagrees between float32 and float64. The larger epsilon keeps the steps comparable.
for word, batch_norm, epsilon in (
    ("plain", False, 1e-7), ("batch-norm", True, 1e-7), ("batch-norm-large-epsilon", True, 1e-2)):
    record(fixture, word, plain(batch_norm, epsilon), ["total"], batchNorm=batch_norm, rule="adam",
           learningRate=5e-4, beta1=0.9, beta2=0.999, epsilon=epsilon)
fixture.write()
