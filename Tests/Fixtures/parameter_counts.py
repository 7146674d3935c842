"""How many parameters Keras counts in each network: written to parameter_counts.json.

The networks are written down here once more, layer by layer, with Keras' own layers.
"""
import json
import pathlib

import keras
from keras import layers as L


def count(*stack):
    return keras.Sequential(list(stack)).count_params()


def repeat(function, arguments):
    return [layer for argument in arguments for layer in function(*argument)]


def leaky():
    return L.LeakyReLU(negative_slope=0.2)


def gan():
    block = lambda units: [L.Dense(units), leaky(), L.BatchNormalization(momentum=0.8)]
    generator = count(L.Input([100]), *repeat(block, [(256,), (512,), (1024,)]), L.Dense(784, activation="tanh"))
    discriminator = count(
        L.Input([28, 28, 1]), L.Flatten(), L.Dense(512), leaky(), L.Dense(256), leaky(), L.Dense(1))
    vanilla = count(L.Input([100]), L.Dense(500), leaky(), L.Dense(500), leaky(), L.Dense(784))
    vanilla_discriminator = count(
        L.Input([28, 28, 1]), L.Flatten(), L.Dense(500), leaky(), L.Dense(500), leaky(), L.Dense(1))
    return {
        "gan.generator": generator, "gan.discriminator": discriminator, "gan.vanilla.generator": vanilla,
        "gan.vanilla.discriminator": vanilla_discriminator,
    }


def dcgan():
    up = lambda filters: [L.UpSampling2D(), L.Conv2D(filters, 5, padding="same"), leaky()]
    generator = count(
        L.Input([100]), L.Dense(2048), leaky(), L.Dense(16384), L.BatchNormalization(), leaky(),
        L.Reshape([8, 8, 256]), *repeat(up, [(128,), (64,), (3,)]))
    discriminator = count(
        L.Input([64, 64, 3]), L.Conv2D(128, 5, padding="same"), leaky(), L.MaxPooling2D(), L.Conv2D(256, 3), leaky(),
        L.MaxPooling2D(), L.Conv2D(512, 3), leaky(), L.MaxPooling2D(), L.Flatten(), L.Dense(1024), leaky(), L.Dense(1))
    return {"dcgan.generator": generator, "dcgan.discriminator": discriminator}


def age_cgan():
    down = lambda filters: [L.Conv2D(filters, 5, strides=2, padding="same"), L.BatchNormalization(), leaky()]
    encoder = count(
        L.Input([64, 64, 3]), L.Conv2D(32, 5, strides=2, padding="same"), leaky(), *repeat(down, [(64,), (128,), (256,)]),
        L.Flatten(), L.Dense(4096), L.BatchNormalization(), leaky(), L.Dense(100))
    up = lambda filters: [L.UpSampling2D(), L.Conv2D(filters, 5, padding="same"), L.BatchNormalization(momentum=0.8), leaky()]
    generator = count(
        L.Input([106]), L.Dense(2048), leaky(), L.Dropout(0.2), L.Dense(16384), L.BatchNormalization(), leaky(),
        L.Dropout(0.2), L.Reshape([8, 8, 256]), *repeat(up, [(128,), (64,)]), L.UpSampling2D(),
        L.Conv2D(3, 5, padding="same", activation="tanh"))
    stem = count(L.Input([64, 64, 3]), L.Conv2D(64, 3, strides=2, padding="same"), leaky())
    narrow = lambda filters: [L.Conv2D(filters, 3, strides=2, padding="same"), L.BatchNormalization(), leaky()]
    trunk = count(L.Input([32, 32, 70]), *repeat(narrow, [(128,), (256,), (512,)]), L.Flatten(), L.Dense(1))
    return {"age-cgan.encoder": encoder, "age-cgan.generator": generator, "age-cgan.discriminator": stem + trunk}


def gan3d():
    up = lambda filters: [L.Conv3DTranspose(filters, 4, strides=2, padding="same"), L.BatchNormalization(), L.ReLU()]
    generator = count(
        L.Input([1, 1, 1, 200]), L.Conv3DTranspose(512, 4), L.BatchNormalization(), L.ReLU(),
        *repeat(up, [(256,), (128,), (64,)]), L.Conv3DTranspose(1, 4, strides=2, padding="same", activation="sigmoid"))
    down = lambda filters: [L.Conv3D(filters, 4, strides=2, padding="same"), L.BatchNormalization(), leaky()]
    discriminator = count(L.Input([64, 64, 64, 1]), *repeat(down, [(64,), (128,), (256,), (512,)]), L.Conv3D(1, 4))
    return {"gan3d.generator": generator, "gan3d.discriminator": discriminator}


def srgan():
    image = L.Input([64, 64, 3])
    convolution = lambda filters, kernel=3, **options: L.Conv2D(filters, kernel, padding="same", **options)
    normalization = lambda: L.BatchNormalization(momentum=0.8)
    first = features = convolution(64, 9, activation="relu")(image)
    for _ in range(16):
        block = normalization()(convolution(64, activation="relu")(features))
        features = L.add([features, normalization()(convolution(64)(block))])
    features = L.add([first, normalization()(convolution(64)(features))])
    for _ in range(2):
        features = convolution(256, activation="relu")(L.UpSampling2D()(features))
    generator = keras.Model(image, convolution(3, 9, activation="tanh")(features)).count_params()
    block = lambda filters, stride: [convolution(filters, strides=stride), leaky(), normalization()]
    discriminator = count(
        L.Input([256, 256, 3]), convolution(64), leaky(),
        *repeat(block, [(64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2)]),
        L.Dense(1024), leaky(), L.Dense(1))
    return {"srgan.generator": generator, "srgan.discriminator": discriminator}


if __name__ == "__main__":
    counts = {"keras": keras.__version__}
    for networks in (gan(), dcgan(), age_cgan(), gan3d(), srgan()):
        counts |= {name: int(value) for name, value in networks.items()}
    path = pathlib.Path(__file__).resolve().parent / "parameter_counts.json"
    path.write_text(json.dumps(counts, indent=1) + "\n")
