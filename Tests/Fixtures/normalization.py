"""Batch, layer and instance normalization with all gradients, from Keras and PyTorch."""

import keras
import numpy as np
import torch
import torch.nn.functional as F

from fixtures import Fixture, channels_first, channels_last, gradients_of_keras, gradients_of_torch

fixture = Fixture("normalization", seed=2)
GRADIENTS = ("inputGradient", "scaleGradient", "offsetGradient")


def inputs(shape, mean=0.5):
    """Values of mean `mean` and deviation 2, a scale around 1 and an offset around 0."""
    values = (fixture.normal(*shape) * np.float32(2) + np.float32(mean)).astype(np.float32)
    return values, fixture.uniform(shape[-1], low=0.5, high=1.5), fixture.normal(shape[-1])


def statistics(channels):
    return fixture.normal(channels), fixture.uniform(channels, low=0.5, high=2)


def keras_batch(name, shape, training, momentum=0.99, epsilon=1e-3, mean=0.5):
    layer = keras.layers.BatchNormalization(momentum=momentum, epsilon=epsilon)
    layer.build(shape)
    values, scale, offset = inputs(shape, mean)
    moving = statistics(shape[-1])
    for variable, value in zip(layer.weights, (scale, offset, *moving)):
        variable.assign(value)
    output, upstream, gradients = gradients_of_keras(
        lambda x, s, o: layer(x, training=training), [values, layer.gamma, layer.beta], fixture.normal)
    tensors = {"input": values, "scale": scale, "offset": offset, "movingMean": moving[0],
               "movingVariance": moving[1], "gradient": upstream, "output": output,
               **dict(zip(GRADIENTS, gradients))}
    if training:
        tensors["newMovingMean"] = layer.moving_mean.numpy()
        tensors["newMovingVariance"] = layer.moving_variance.numpy()
    fixture.case(name, {"operation": "batchNormalization", "source": "keras", "training": training,
                        "momentum": momentum, "epsilon": epsilon}, tensors)


def torch_batch(name, shape, training, momentum=0.1, epsilon=1e-5):
    values, scale, offset = inputs(shape)
    moving = statistics(shape[-1])
    running = [torch.tensor(v, dtype=torch.float64) for v in moving]
    output, upstream, gradients = gradients_of_torch(
        lambda x, s, o: F.batch_norm(x, *running, s, o, training, momentum, epsilon),
        [channels_first(values), scale, offset], fixture.normal)
    gradients[0] = channels_last(gradients[0])
    tensors = {"input": values, "scale": scale, "offset": offset, "movingMean": moving[0],
               "movingVariance": moving[1], "gradient": channels_last(upstream), "output": channels_last(output),
               **dict(zip(GRADIENTS, gradients))}
    if training:
        tensors["newMovingMean"], tensors["newMovingVariance"] = (v.numpy() for v in running)
    fixture.case(name, {"operation": "batchNormalization", "source": "torch", "training": training,
                        "momentum": momentum, "epsilon": epsilon}, tensors)


def simple(name, operation, source, shape, epsilon, function, channels_come_first=False):
    """Layer and instance normalization: no state."""
    values, scale, offset = inputs(shape)
    first, last = (channels_first, channels_last) if channels_come_first else (np.asarray, np.asarray)
    differentiate = gradients_of_keras if source == "keras" else gradients_of_torch
    output, upstream, gradients = differentiate(function, [first(values), scale, offset], fixture.normal)
    gradients[0] = last(gradients[0])
    fixture.case(
        name, {"operation": operation, "source": source, "epsilon": epsilon},
        {"input": values, "scale": scale, "offset": offset, "gradient": last(upstream), "output": last(output),
         **dict(zip(GRADIENTS, gradients))})


def keras_layer(name, shape, epsilon=1e-3):
    def function(x, scale, offset):
        # The layer's own computation, as an operation so that scale and offset are inputs like the others.
        return keras.ops.layer_normalization(x, gamma=scale, beta=offset, axis=-1, epsilon=epsilon)

    layer = keras.layers.LayerNormalization(epsilon=epsilon)
    layer.build(shape)
    values = fixture.normal(*shape)
    layer.gamma.assign(np.full(shape[-1], 1.5))
    assert np.allclose(layer(values), function(values.astype(float), np.full(shape[-1], 1.5), np.zeros(shape[-1])))
    simple(name, "layerNormalization", "keras", shape, epsilon, function)


def torch_layer(name, shape, epsilon=1e-5):
    simple(name, "layerNormalization", "torch", shape, epsilon,
           lambda x, s, o: F.layer_norm(x, [shape[-1]], s, o, epsilon))


def torch_instance(name, shape, epsilon=1e-5):
    simple(name, "instanceNormalization", "torch", shape, epsilon,
           lambda x, s, o: F.instance_norm(x, weight=s, bias=o, eps=epsilon), channels_come_first=True)


SHAPES = {"2d": (7, 5), "4d": (3, 5, 4, 6), "5d": (2, 3, 2, 4, 5)}
for rank, shape in SHAPES.items():
    for training in (True, False):
        mode = "training" if training else "inference"
        keras_batch(f"keras-batch-{rank}-{mode}", shape, training)
        torch_batch(f"torch-batch-{rank}-{mode}", shape, training)
    keras_layer(f"keras-layer-{rank}", shape)
    torch_layer(f"torch-layer-{rank}", shape)
keras_batch("keras-batch-momentum-0.8", (4, 3, 3, 2), True, momentum=0.8, epsilon=1e-5)
# E[x²] − E[x]² in float32 would be off by a per cent here.
keras_batch("keras-batch-far-from-zero", (4, 5, 5, 3), True, mean=1000)
torch_instance("torch-instance-4d", (3, 5, 4, 6))
torch_instance("torch-instance-5d", (2, 3, 2, 4, 5))

fixture.write()
