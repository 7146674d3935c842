"""One step of both networks of the deep convolutional GAN, from Keras in float64: the published preset, 64×64 with SGD; the
small one, 32×32 with Adam (epsilon 1e-3: see `adversarial_techniques.py`); and the default one, whose generator is normalized
throughout, with R1, in the small one's sizes. Weights, images, latents and labels come from Philox; digests are stored.

The small one's latents are the sixth and seventh draws: with those before, some activation in front of a LeakyReLU is 0 but for
rounding, and which side of it a device is on changes gradients by 0.3 %. With these none is nearer to 0 than 1.7e-5."""

import keras
import numpy as np
import tensorflow as tf

import philox
from fixtures import Fixture, Stack, norms, sums

BATCH, LATENT = 3, 100
layers, ops = keras.layers, keras.ops
keras.config.set_floatx("float64")
keras.config.set_dtype_policy("float64")


def networks(side, units, generator_filters, discriminator_filters, discriminator_units, normalized=False):
    leaky = lambda: layers.LeakyReLU(0.2)
    seed = (side // 8, side // 8, generator_filters[0])
    stack = [layers.Dense(units), leaky(), layers.Dense(int(np.prod(seed))), layers.BatchNormalization(), leaky(),
             layers.Reshape(seed)]
    for filters in generator_filters[1:]:
        stack += [layers.UpSampling2D(), layers.Conv2D(filters, 5, padding="same")]
        stack += [layers.BatchNormalization(momentum=0.8), leaky()] if normalized else [leaky()]
    generator = Stack((BATCH, LATENT), stack + [layers.UpSampling2D(), layers.Conv2D(3, 5, padding="same", activation="tanh")])
    stack = []
    for filters, size, padding in zip(discriminator_filters, (5, 3, 3), ("same", "valid", "valid")):
        stack += [layers.Conv2D(filters, size, padding=padding), leaky(), layers.MaxPooling2D()]
    return generator, Stack((BATCH, side, side, 3), stack + [
        layers.Flatten(), layers.Dense(discriminator_units), leaky(), layers.Dense(1)])


def initialize(variables):
    for position, variable in enumerate(variables):
        shape = tuple(variable.shape)
        if len(shape) > 1:
            u = philox.uniform((1234, position), *shape)
            limit = np.float32(np.sqrt(6 / (np.prod(shape[:-2]) * (shape[-2] + shape[-1]))))
            variable.assign((np.float32(2) * u - np.float32(1)) * limit)


weights = lambda *networks: [v for network in networks for layer in network.layers for v in layer.weights]
read = lambda variables: [v.numpy() for v in variables]


def case(name, side, sizes, optimizer, labels_of_generated, first_latent=0, normalized=False, r1=0):
    generator, discriminator = networks(side, *sizes, normalized)
    initialize(weights(generator, discriminator))
    of_generator, of_discriminator = optimizer(), optimizer()
    latent = lambda n: (np.float32(2) * philox.uniform((100, first_latent + n), BATCH, LATENT) - np.float32(1)) * np.float32(1.7)
    images = tf.constant(np.float32(2) * philox.uniform((77, 0), BATCH, side, side, 3) - np.float32(1), tf.float64)
    real_labels = np.float64(0.8) + np.float64(0.2) * philox.uniform((101, 0), BATCH, 1)
    generated_labels = labels_of_generated(lambda: philox.uniform((101, 1), BATCH, 1).astype(np.float64))
    entropy = lambda labels, logits: ops.mean(
        keras.losses.binary_crossentropy(tf.constant(labels, tf.float64), logits, from_logits=True))

    def minimize(tape, loss, network, optimizer):
        optimizer.build(network.trainable)
        optimizer.apply(tape.gradient(loss, [v.value for v in network.trainable]), network.trainable)

    generated = generator(tf.constant(latent(0), tf.float64))
    with tf.GradientTape() as tape:
        with tf.GradientTape() as slope:
            slope.watch(images)
            of_real = discriminator(images)
            total = ops.sum(of_real)
        of_generated = discriminator(generated)
        real, fake = entropy(real_labels, of_real), entropy(generated_labels, of_generated)
        penalty = r1 / 2 * ops.mean(ops.sum(slope.gradient(total, images) ** 2, axis=(1, 2, 3)))
        loss = 0.5 * (real + fake) + penalty
    minimize(tape, loss, discriminator, of_discriminator)
    accuracy = 0.5 * (np.mean(of_real.numpy() > 0) + np.mean(of_generated.numpy() <= 0))
    with tf.GradientTape() as tape:
        loss = entropy(np.ones((BATCH, 1)), discriminator(generator(tf.constant(latent(1), tf.float64))))
    minimize(tape, loss, generator, of_generator)

    after = read(weights(generator, discriminator))
    slots = lambda o: read(o.momentums) if hasattr(o, "momentums") else read(o._momentums + o._velocities)
    fixture.case(
        name, {"source": "keras", "batch": BATCH},
        {"losses": [float(real), float(fake), *([float(penalty)] if r1 else []), accuracy, float(loss)],
         "parameterSum": sums(after), "parameterNorm": norms(after),
         "generatorSlotNorm": norms(slots(of_generator)), "discriminatorSlotNorm": norms(slots(of_discriminator))})
    print(name, [f"{float(value):.5f}" for value in (real, fake, penalty, accuracy, loss)])


fixture = Fixture("dcgan-step", seed=12)
case("published", 64, (2048, [256, 128, 64], [128, 256, 512], 1024),
     lambda: keras.optimizers.SGD(5e-4, momentum=np.float64(0.9), nesterov=True), lambda draw: np.float64(0.2) * draw())
small = (32, (512, [128, 64, 32], [64, 128, 256], 512),
         lambda: keras.optimizers.Adam(2e-4, beta_1=0.5, beta_2=np.float64(0.999), epsilon=1e-3), lambda draw: np.zeros((BATCH, 1)))
case("small", *small, first_latent=5)
case("smoothed", *small, first_latent=5, normalized=True, r1=3)
fixture.write()
