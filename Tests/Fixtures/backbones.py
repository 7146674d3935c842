"""Feature networks of Keras Applications with weights that every program can make: chosen values of every named layer, and of
the gradient of the last one by the image, through Keras' preprocessing."""

import keras
import numpy as np
import tensorflow as tf

import philox
from fixtures import Fixture

CHOSEN = 128
applications = keras.applications


def name_key(name):
    """FNV-1a, 32 bits."""
    value = 2166136261
    for byte in name.encode():
        value = (value ^ byte) * 16777619 % 2**32
    return value


def initialize(model):
    """Weight r of a layer is made of u = draw((name_key(layer), r)): kernels `(2u − 1) √(6 / fanIn)`, biases `(2u − 1) / 10`,
    offsets and moving means of normalizations `(2u − 1) / 5`, moving variances `1/2 + u`, all in float32."""
    for layer in model.layers:
        for r, variable in enumerate(layer.weights):
            u = philox.uniform((name_key(layer.name), r), *variable.shape)
            signed = np.float32(2) * u - np.float32(1)
            if variable.name == "kernel":
                values = signed * np.float32(np.sqrt(6 / np.prod(variable.shape[:-1])))
            elif variable.name == "bias":
                values = signed * np.float32(0.1)
            elif variable.name == "moving_variance":
                values = np.float32(0.5) + u
            else:
                values = signed * np.float32(0.2)
            variable.assign(values)


def chosen(values):
    values = np.asarray(values).ravel()
    count = min(CHOSEN, len(values))
    return values[np.arange(count) * len(values) // count]


def case(fixture, name, make, preprocess, side, outputs):
    keras.backend.clear_session()
    model = make(side)
    initialize(model)
    names, tensors = zip(*outputs(model))
    network = keras.Model(model.input, list(tensors))
    images = tf.constant(255 * philox.uniform((77, 0), 2, side, side, 3).astype(np.float64))
    with tf.GradientTape() as tape:
        tape.watch(images)
        results = network(preprocess(images + 0), training=False)
        last = results[-1]
        weights = philox.uniform((78, 0), *last.shape)
        total = tf.reduce_sum(last * weights)
    values = {name: chosen(result) for name, result in zip(names, results)}
    values["gradient"] = chosen(tape.gradient(total, images))
    fixture.case(name, {"layers": list(names), "side": side, "parameters": model.count_params()}, values)


def named(model, *names):
    return [(name, model.get_layer(name).output) for name in names]


def vgg(model):
    return [(layer.name, layer.output) for layer in model.layers[1:]]


def inception(model):
    pools = named(model, "max_pooling2d", "max_pooling2d_1")
    return pools + named(model, *(f"mixed{i}" for i in range(11))) + named(model, "avg_pool", "predictions")


def inception_resnet(model):
    blocks = [f"block35_{i}_ac" for i in range(1, 11)], [f"block17_{i}_ac" for i in range(1, 21)], [f"block8_{i}_ac" for i in range(1, 10)]
    return (
        named(model, "max_pooling2d", "max_pooling2d_1", "mixed_5b", *blocks[0], "mixed_6a", *blocks[1], "mixed_7a", *blocks[2])
        + [("block8_10", model.get_layer("conv_7b").input)] + named(model, "conv_7b_ac"))


def make():
    fixture = Fixture("backbones", 0)
    for name, network, module in [("VGG16", applications.VGG16, applications.vgg16), ("VGG19", applications.VGG19, applications.vgg19)]:
        case(fixture, name, lambda side: network(include_top=False, weights=None, input_shape=(side, side, 3)),
             module.preprocess_input, 32, vgg)
    case(fixture, "InceptionV3",
         lambda side: applications.InceptionV3(
             weights=None, input_shape=(side, side, 3), classes=10, classifier_activation=None),
         applications.inception_v3.preprocess_input, 75, inception)
    case(fixture, "InceptionResNetV2",
         lambda side: applications.InceptionResNetV2(include_top=False, weights=None, input_shape=(side, side, 3)),
         applications.inception_resnet_v2.preprocess_input, 75, inception_resnet)
    fixture.write()


if __name__ == "__main__":
    make()
