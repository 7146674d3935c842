"""Twenty training steps of the dense generative adversarial network, from Keras.

Weights, images and latents come from Philox, so only losses and digests of the final weights, statistics and
optimizer slots are stored: once in float64, and once in float32 to show how far Keras itself is from the exact
numbers."""

import keras
import numpy as np
import tensorflow as tf

import philox
from fixtures import Fixture, Stack, norms, sums

STEPS, BATCH, SIDE, LATENT = 20, 4, 28, 100
CHOSEN = 128
TERMS = ["real", "generated", "accuracy", "generator"]
SLOTS = {"firstMoment": "_momentums", "secondMoment": "_velocities"}
layers, ops = keras.layers, keras.ops


def images(step):
    """The rectangles of `training_steps.py`, moved from [0, 1] to [−1, 1]."""
    pixels = philox.uniform((77, step), BATCH, SIDE, SIDE, 1)
    result = np.zeros_like(pixels)
    for i, u in enumerate(philox.uniform((78, step), BATCH, 4)):
        top, left, height, width = np.floor(u * np.float32(14)).astype(int) + [0, 0, 1, 1]
        inside = np.s_[i, top:top + height, left:left + width]
        result[inside] = np.float32(0.5) + np.float32(0.5) * pixels[inside]
    return (np.float32(2) * result - np.float32(1)).reshape(BATCH, SIDE * SIDE)


def latents(step, key):
    """Key 99: what the discriminator's generated samples come from; key 100: the generator's."""
    return (np.float32(2) * philox.uniform((key, step), BATCH, LATENT) - np.float32(1)) * np.float32(1.7)


class Network(Stack):
    """With names of its layers, for rows of `inputs` numbers."""

    def __init__(self, name, inputs, stack):
        super().__init__((BATCH, inputs), stack)
        self.name, self.named_layers, counts = name, [], {}
        for layer in stack:
            kind = {layers.Dense: "dense", layers.BatchNormalization: "batchNorm"}.get(type(layer))
            if kind:
                self.named_layers.append((f"{name}.{kind}{counts.get(kind, 0)}", layer))
                counts[kind] = counts.get(kind, 0) + 1


def networks(generator_units, discriminator_units, batch_norm):
    stack = []
    for units in generator_units:
        stack += [layers.Dense(units), layers.LeakyReLU(0.2)]
        stack += [layers.BatchNormalization(momentum=0.8)] if batch_norm else []
    generator = Network("generator", LATENT, stack + [layers.Dense(SIDE * SIDE, "tanh")])
    stack = []
    for units in discriminator_units:
        stack += [layers.Dense(units), layers.LeakyReLU(0.2)]
    return generator, Network("discriminator", SIDE * SIDE, stack + [layers.Dense(1)])


def initialize(generator, discriminator):
    """Kernels by the formula of `training_steps.py`, in the order of all variables; everything else as Keras
    has it."""
    tensors = []
    for name, layer in generator.named_layers + discriminator.named_layers:
        for variable in layer.weights:
            shape = tuple(variable.shape)
            entry = {"name": f"{name}.{variable.name}", "shape": shape, "trainable": bool(variable.trainable)}
            if variable.name == "kernel":
                entry["fanIn"], entry["fanOut"] = shape
                u = philox.uniform((1234, len(tensors)), *shape)
                limit = np.float32(np.sqrt(6 / sum(shape)))
                variable.assign((np.float32(2) * u - np.float32(1)) * limit)
            tensors.append({"entry": entry, "variable": variable})
    return tensors


def chosen_places(values):
    """`CHOSEN` elements in all, spread evenly over the tensors and over each of them."""
    counts = [CHOSEN // len(values) + (t < CHOSEN % len(values)) for t in range(len(values))]
    return [(t, j * v.size // n) for t, (v, n) in enumerate(zip(values, counts)) for j in range(min(n, v.size))]


def train(build, dtype):
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    generator, discriminator = build()
    tensors = initialize(generator, discriminator)
    values = lambda variables: [v.numpy().astype(np.float64) for v in variables]
    initial = values(t["variable"] for t in tensors)
    # Keras rounds a Python number to float32 before it takes its powers, but not NumPy's float64.
    beta2 = np.float64(0.999) if dtype == "float64" else 0.999
    adam = lambda: keras.optimizers.Adam(2e-4, beta_1=0.5, beta_2=beta2, epsilon=1e-7)
    of_generator, of_discriminator = adam(), adam()
    of_generator.build(generator.trainable)
    of_discriminator.build(discriminator.trainable)

    def cross_entropy(logits, target):
        """The mean over the samples, of logits."""
        return ops.mean(keras.losses.binary_crossentropy(target * ops.ones_like(logits), logits, from_logits=True))

    def minimize(tape, loss, network, optimizer):
        """The gradients that the optimizer was given."""
        gradients = tape.gradient(loss, [v.value for v in network.trainable])
        optimizer.apply(gradients, network.trainable)
        return gradients

    @tf.function
    def step(x, for_discriminator, for_generator):
        generated = generator(for_discriminator)
        with tf.GradientTape() as tape:
            of_real, of_generated = discriminator(x), discriminator(generated)
            real, fake = cross_entropy(of_real, 1), cross_entropy(of_generated, 0)
            loss = 0.5 * (real + fake)
        gradients = minimize(tape, loss, discriminator, of_discriminator)
        right = ops.concatenate([ops.cast(of_real > 0, x.dtype), ops.cast(of_generated <= 0, x.dtype)])
        with tf.GradientTape() as tape:
            loss = cross_entropy(discriminator(generator(for_generator)), 1)
        gradients = minimize(tape, loss, generator, of_generator) + gradients
        margin = ops.min(ops.abs(ops.concatenate([of_real, of_generated])))
        return tf.stack([real, fake, ops.mean(right), loss]), [tf.norm(g) for g in gradients], margin

    losses, first_norms, margins = [], None, []
    for number in range(STEPS):
        inputs = images(number), latents(number, 99), latents(number, 100)
        terms, gradient_norms, margin = step(*(tf.constant(values, dtype) for values in inputs))
        first_norms = first_norms or [n.numpy() for n in gradient_norms]
        losses.append(terms.numpy())
        margins.append(float(margin))
    slots = {
        network.name: [values(getattr(optimizer, attribute)) for attribute in SLOTS.values()]
        for network, optimizer in ((generator, of_generator), (discriminator, of_discriminator))}
    return {
        "entries": [t["entry"] for t in tensors], "losses": np.array(losses).astype(np.float64),
        "firstGradientNorm": first_norms, "margin": min(margins), "initial": initial,
        "final": values(t["variable"] for t in tensors), "slots": slots}


def digest(run, places, suffix=""):
    result = {
        f"losses{suffix}": run["losses"],
        f"parameterSum{suffix}": sums(run["final"]), f"parameterNorm{suffix}": norms(run["final"]),
        f"changeNorm{suffix}": norms([a - b for a, b in zip(run["final"], run["initial"])]),
        f"chosenValue{suffix}": [run["final"][t].ravel()[i] for t, i in places]}
    for network, slots in run["slots"].items():
        result[f"{network}SlotSum{suffix}"] = [sums(slot) for slot in slots]
        result[f"{network}SlotNorm{suffix}"] = [norms(slot) for slot in slots]
    return result


def record(fixture, build):
    name, exact, single = build.__name__, train(build, "float64"), train(build, "float32")
    places = chosen_places(exact["final"])
    fixture.case(
        name,
        {"source": "keras", "steps": STEPS, "batch": BATCH, "losses": TERMS, "slots": list(SLOTS),
         "tensors": exact["entries"], "chosenTensor": [t for t, _ in places],
         "chosenElement": [i for _, i in places], "rule": "adam", "learningRate": 2e-4, "beta1": 0.5,
         "beta2": 0.999, "epsilon": 1e-7},
        {"initialSum": sums(exact["initial"]), "initialNorm": norms(exact["initial"]),
         "firstGradientNorm": exact["firstGradientNorm"],
         **digest(exact, places), **digest(single, places, "Float32")})
    report(name, exact, single)


def report(name, exact, single):
    """How far Keras' float32 is from its float64."""
    print(f"{name}: {len(exact['entries'])} tensors; float32 Keras from float64:")
    for term, a, b in zip(TERMS, exact["losses"].T, single["losses"].T):
        distance = np.abs(b / a - 1)
        print(f"  {term}, {a[0]:.4f} to {a[-1]:.4f}: relative, largest {distance.max():.1e}, last {distance[-1]:.1e}")
    print(f"  the discriminator's logits stay {exact['margin']:.1e} away from 0 or more")
    for kind, of in tensors_by_kind(exact).items():
        pairs = [(a, b) for a, b in zip(of, tensors_by_kind(single)[kind])]
        difference = norms([b - a for a, b in pairs])
        size, size_float32 = norms([a for a, _ in pairs]), norms([b for _, b in pairs])
        print(f"  {kind}: relative, largest of norms {np.abs(size_float32 / size - 1).max():.1e},",
              f"of tensors {(difference / size).max():.1e};",
              f"absolute, largest of elements {max(np.abs(b - a).max() for a, b in pairs):.1e}")


def tensors_by_kind(run):
    kinds = {"weights": [], "statistics": [], **{slot: [] for slot in SLOTS}}
    for entry, values in zip(run["entries"], run["final"]):
        kinds["weights" if entry["trainable"] else "statistics"].append(values)
    kinds["changes of weights"] = [
        a - b for e, a, b in zip(run["entries"], run["final"], run["initial"]) if e["trainable"]]
    for slots in run["slots"].values():
        for slot, values in zip(SLOTS, slots):
            kinds[slot] += values
    return {kind: values for kind, values in kinds.items() if values}


def published():
    return networks([256, 512, 1024], [512, 256], batch_norm=True)


def vanilla():
    return networks([500, 500], [500, 500], batch_norm=False)


fixture = Fixture("gan-steps", seed=10)
for build in (published, vanilla):
    record(fixture, build)
fixture.write()
