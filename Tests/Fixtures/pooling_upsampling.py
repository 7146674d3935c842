"""Pooling and upsampling with gradients, from Keras and PyTorch."""

import keras
import numpy as np
import tensorflow as tf
import torch.nn.functional as F

from fixtures import Fixture, channels_first, channels_last, gradients_of_keras, gradients_of_torch, padding_attributes

fixture = Fixture("pooling-upsampling", seed=3)


def from_keras(name, operation, layer, shape, **attributes):
    values = fixture.normal(*shape)
    output, upstream, (gradient,) = gradients_of_keras(layer, [values], fixture.normal)
    fixture.case(name, {"operation": operation, "source": "keras", **attributes},
                 {"input": values, "gradient": upstream, "output": output, "inputGradient": gradient})


def from_torch(name, operation, function, shape, values=None, **attributes):
    values = fixture.normal(*shape) if values is None else values
    output, upstream, (gradient,) = gradients_of_torch(function, [channels_first(values)], fixture.normal)
    fixture.case(
        name, {"operation": operation, "source": "torch", **attributes},
        {"input": values, "gradient": channels_last(upstream), "output": channels_last(output),
         "inputGradient": channels_last(gradient)})


def keras_pooling(name, operation, shape, size, stride, padding):
    kinds = {("maximumPooling", 4): keras.layers.MaxPooling2D, ("maximumPooling", 5): keras.layers.MaxPooling3D,
             ("averagePooling", 4): keras.layers.AveragePooling2D,
             ("averagePooling", 5): keras.layers.AveragePooling3D}
    # TensorFlow pools three axes in float32 only, and leaves padding out of an average.
    layer = kinds[operation, len(shape)](
        size, strides=stride, padding=padding, dtype="float32" if len(shape) == 5 else None)
    counts = {"countsPadding": False} if operation == "averagePooling" else {}
    from_keras(name, operation, lambda x: tf.cast(layer(tf.cast(x, layer.compute_dtype)), tf.float64), shape,
               size=size, stride=stride, **padding_attributes(padding, shape[1:-1], size, stride), **counts)


for operation, word in (("maximumPooling", "max"), ("averagePooling", "average")):
    keras_pooling(f"keras-{word}-2d-k2-valid", operation, (2, 6, 7, 3), [2, 2], [2, 2], "valid")
    keras_pooling(f"keras-{word}-2d-k2-same", operation, (2, 5, 7, 3), [2, 2], [2, 2], "same")
    keras_pooling(f"keras-{word}-2d-k3-s2-same", operation, (2, 6, 5, 5), [3, 3], [2, 2], "same")
    keras_pooling(f"keras-{word}-2d-k3-s1-same", operation, (1, 5, 4, 2), [3, 3], [1, 1], "same")
    keras_pooling(f"keras-{word}-2d-k3x2-s2x1-valid", operation, (2, 7, 5, 2), [3, 2], [2, 1], "valid")
    keras_pooling(f"keras-{word}-2d-k2-s3-valid", operation, (1, 8, 7, 2), [2, 2], [3, 3], "valid")
    keras_pooling(f"keras-{word}-3d-k2-valid", operation, (2, 4, 5, 4, 3), [2, 2, 2], [2, 2, 2], "valid")
    keras_pooling(f"keras-{word}-3d-k3-s2-same", operation, (1, 4, 5, 3, 2), [3, 3, 3], [2, 2, 2], "same")


def torch_maximum(name, shape, size, stride, padding, **extra):
    function = F.max_pool2d if len(shape) == 4 else F.max_pool3d
    from_torch(name, "maximumPooling", lambda x: function(x, size, stride, padding), shape, size=size,
               stride=stride, padding="explicit", paddingLow=padding, paddingHigh=padding, **extra)


def torch_average(name, shape, size, stride, padding, counts_padding):
    function = F.avg_pool2d if len(shape) == 4 else F.avg_pool3d
    from_torch(name, "averagePooling",
               lambda x: function(x, size, stride, padding, count_include_pad=counts_padding), shape, size=size,
               stride=stride, padding="explicit", paddingLow=padding, paddingHigh=padding,
               countsPadding=counts_padding)


torch_maximum("torch-max-2d-k3-s2-p1", (2, 6, 5, 3), [3, 3], [2, 2], [1, 1])
torch_maximum("torch-max-2d-k3-s1-p1x0", (1, 4, 5, 2), [3, 2], [1, 1], [1, 0])
torch_maximum("torch-max-3d-k3-s2-p1", (1, 4, 3, 5, 2), [3, 3, 3], [2, 2, 2], [1, 1, 1])
# Equal elements: the first of a window wins the output and all of the gradient; padding never does.
torch_maximum("torch-max-2d-ties", (1, 5, 4, 2), [3, 3], [2, 2], [1, 1], values=np.zeros((1, 5, 4, 2), np.float32))
torch_maximum("torch-max-2d-negative", (1, 4, 5, 2), [3, 3], [2, 2], [1, 1],
              values=-1 - fixture.uniform(1, 4, 5, 2))
for counts in (True, False):
    word = "counted" if counts else "left-out"
    torch_average(f"torch-average-2d-k3-s2-p1-{word}", (2, 6, 5, 3), [3, 3], [2, 2], [1, 1], counts)
    torch_average(f"torch-average-2d-k4-s3-p2x1-{word}", (1, 7, 6, 2), [4, 3], [3, 2], [2, 1], counts)
    torch_average(f"torch-average-3d-k3-s2-p1-{word}", (1, 4, 3, 5, 2), [3, 3, 3], [2, 2, 2], [1, 1, 1], counts)

layers = keras.layers
from_keras("keras-global-max-2d", "globalMaximumPooling", layers.GlobalMaxPooling2D(), (3, 4, 5, 2))
from_keras("keras-global-max-3d", "globalMaximumPooling", layers.GlobalMaxPooling3D(), (2, 3, 4, 2, 3))
from_keras("keras-global-average-2d", "globalAveragePooling", layers.GlobalAveragePooling2D(), (3, 4, 5, 2))
from_keras("keras-global-average-3d", "globalAveragePooling", layers.GlobalAveragePooling3D(), (2, 3, 4, 2, 3))

for factors in ([2, 2], [3, 3], [2, 3]):
    word = "x".join(map(str, factors))
    from_keras(f"keras-nearest-2d-{word}", "upsampling", layers.UpSampling2D(factors), (2, 3, 4, 3),
               factors=factors, interpolation="nearest")
    from_keras(f"keras-bilinear-2d-{word}", "upsampling", layers.UpSampling2D(factors, interpolation="bilinear"),
               (2, 3, 4, 3), factors=factors, interpolation="bilinear")
    # TensorFlow resizes in float32 whatever it is given; PyTorch has the exact numbers.
    from_torch(f"torch-bilinear-2d-{word}", "upsampling",
               lambda x: F.interpolate(x, scale_factor=factors, mode="bilinear", align_corners=False),
               (2, 4, 3, 2), factors=factors, interpolation="bilinear")
from_keras("keras-bilinear-2d-one-row", "upsampling", layers.UpSampling2D(2, interpolation="bilinear"),
           (1, 1, 3, 2), factors=[2, 2], interpolation="bilinear")
for factors in ([2, 2, 2], [3, 1, 2]):
    from_keras(f"keras-nearest-3d-{'x'.join(map(str, factors))}", "upsampling", layers.UpSampling3D(factors),
               (1, 2, 3, 2, 3), factors=factors, interpolation="nearest")

fixture.write()
