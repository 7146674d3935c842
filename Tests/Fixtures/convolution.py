"""Convolution and transposed convolution, 2-D and 3-D, with all gradients, from Keras and PyTorch."""

import keras
import numpy as np
import torch.nn.functional as F

from fixtures import (
    Fixture, channels_first, channels_last, gradients_of_keras, gradients_of_torch, padding_attributes)

fixture = Fixture("convolution", seed=1)
ROLES = ("inputGradient", "filterGradient", "biasGradient")


def record(name, operation, source, windows, tensors, gradients, **extra):
    fixture.case(
        name, {"operation": operation, "source": source, **windows, **extra},
        {**tensors, **dict(zip(ROLES, gradients))})


def from_keras(name, input_shape, kernel, filters, stride=1, dilation=1, padding="same", transposed=False,
               activation=None):
    """A Keras layer; sizes are one number or one for each spatial axis."""
    rank = len(input_shape) - 2
    each = lambda value: [value] * rank if isinstance(value, int) else list(value)
    kernel, stride, dilation = each(kernel), each(stride), each(dilation)
    kinds = {(2, False): keras.layers.Conv2D, (3, False): keras.layers.Conv3D,
             (2, True): keras.layers.Conv2DTranspose, (3, True): keras.layers.Conv3DTranspose}
    layer = kinds[rank, transposed](
        filters, kernel, strides=stride, dilation_rate=dilation, padding=padding, activation=activation)
    layer.build(input_shape)
    values = fixture.normal(*input_shape)
    weight, bias = fixture.normal(*layer.kernel.shape), fixture.normal(filters)
    layer.kernel.assign(weight)
    layer.bias.assign(bias)
    output, upstream, gradients = gradients_of_keras(
        lambda x, w, b: layer(x), [values, layer.kernel, layer.bias], fixture.normal)

    # The padding of the convolution that runs from the larger side to the smaller one.
    large = output.shape[1:-1] if transposed else input_shape[1:-1]
    windows = {"stride": stride, "dilation": dilation,
               **padding_attributes(padding, large, kernel, stride, dilation)}
    record(
        name, "transposedConvolution" if transposed else "convolution", "keras", windows,
        {"input": values, "filter": weight, "bias": bias, "gradient": upstream, "output": output}, gradients,
        activation=activation or "identity")


def from_torch(name, input_shape, kernel, filters, stride, low, high=None, dilation=None, output_padding=None):
    """Explicit padding; transposed when `output_padding` is given. Shapes are channels-last."""
    rank = len(input_shape) - 2
    dilation, high = dilation or [1] * rank, high or low
    transposed = output_padding is not None
    channels = input_shape[-1]
    values = fixture.normal(*input_shape)
    weight = fixture.normal(*kernel, *((filters, channels) if transposed else (channels, filters)))
    bias = fixture.normal(filters)

    # HWIO → OIHW, and HWOI → IOHW: the last two axes, exchanged, come first.
    first = lambda w: np.ascontiguousarray(np.moveaxis(w, (-1, -2), (0, 1)))
    last = lambda w: np.moveaxis(w, (0, 1), (-1, -2))

    def forward(x, w, b):
        if transposed:
            function = F.conv_transpose2d if rank == 2 else F.conv_transpose3d
            return function(x, w, b, stride=stride, padding=low, output_padding=output_padding, dilation=dilation)
        edges = [edge for axis in reversed(range(rank)) for edge in (low[axis], high[axis])]
        function = F.conv2d if rank == 2 else F.conv3d
        return function(F.pad(x, edges), w, b, stride=stride, dilation=dilation)

    output, upstream, (by_input, by_weight, by_bias) = gradients_of_torch(
        forward, [channels_first(values), first(weight), bias], fixture.normal)
    windows = {"stride": stride, "dilation": dilation, "padding": "explicit", "paddingLow": low, "paddingHigh": high}
    extra = {"outputPadding": output_padding} if transposed else {}
    record(
        name, "transposedConvolution" if transposed else "convolution", "torch", windows,
        {"input": values, "filter": weight, "bias": bias, "gradient": channels_last(upstream),
         "output": channels_last(output)},
        [channels_last(by_input), last(by_weight), by_bias], activation="identity", **extra)


# 2-D, Keras.
from_keras("keras-2d-k1", (2, 5, 4, 3), 1, 5)
from_keras("keras-2d-k1-s2-same", (2, 5, 4, 2), 1, 3, stride=2)
from_keras("keras-2d-k2-same", (2, 5, 4, 3), 2, 2)
from_keras("keras-2d-k3-same", (2, 6, 5, 3), 3, 8)
from_keras("keras-2d-k3-valid", (2, 6, 5, 8), 3, 1, padding="valid")
from_keras("keras-2d-k3-s2-same-odd", (2, 7, 5, 2), 3, 5, stride=2)
from_keras("keras-2d-k3-s2-same-even", (2, 6, 8, 3), 3, 2, stride=2)
from_keras("keras-2d-k3-s2-valid", (1, 8, 7, 3), 3, 5, stride=2, padding="valid")
from_keras("keras-2d-k3-s3-same", (2, 7, 8, 1), 3, 3, stride=3)
from_keras("keras-2d-k2-s3-valid", (2, 8, 7, 2), 2, 3, stride=3, padding="valid")
from_keras("keras-2d-k4-s2-same", (2, 8, 7, 3), 4, 5, stride=2)
from_keras("keras-2d-k5-same", (1, 6, 7, 3), 5, 3)
from_keras("keras-2d-k5-s2-same", (1, 9, 8, 2), 5, 3, stride=2)
from_keras("keras-2d-k7-same", (1, 8, 9, 3), 7, 2)
from_keras("keras-2d-k7-larger-than-input", (1, 4, 3, 1), 7, 2)
from_keras("keras-2d-k3x5-s2x1-same", (2, 7, 6, 2), (3, 5), 3, stride=(2, 1))
from_keras("keras-2d-k3-relu", (2, 5, 5, 3), 3, 5, activation="relu")
# TensorFlow has no gradient of a dilated convolution on the CPU, so PyTorch has those.

# 3-D, Keras.
from_keras("keras-3d-k1", (1, 3, 2, 4, 3), 1, 2)
from_keras("keras-3d-k2-s2-valid", (2, 4, 5, 3, 2), 2, 3, stride=2, padding="valid")
from_keras("keras-3d-k3-same", (1, 3, 4, 5, 2), 3, 5)
from_keras("keras-3d-k3-s2-same", (1, 5, 4, 3, 3), 3, 2, stride=2)
from_keras("keras-3d-k4-s2-same", (1, 6, 5, 4, 1), 4, 3, stride=2)
from_keras("keras-3d-k4-valid", (2, 4, 4, 4, 2), 4, 1, padding="valid")

# Transposed, Keras.
from_keras("keras-transposed-2d-k3-same", (2, 4, 5, 3), 3, 2, transposed=True)
from_keras("keras-transposed-2d-k3-valid", (1, 4, 5, 3), 3, 2, padding="valid", transposed=True)
from_keras("keras-transposed-2d-k3-s2-same", (2, 4, 3, 5), 3, 3, stride=2, transposed=True)
from_keras("keras-transposed-2d-k3-s2-valid", (1, 4, 3, 3), 3, 2, stride=2, padding="valid", transposed=True)
from_keras("keras-transposed-2d-k4-s2-same", (2, 3, 4, 3), 4, 2, stride=2, transposed=True)
from_keras("keras-transposed-2d-k5-s2-same", (1, 3, 4, 3), 5, 1, stride=2, transposed=True)
from_keras("keras-transposed-2d-k5-s3-same", (1, 3, 4, 2), 5, 3, stride=3, transposed=True)
from_keras("keras-transposed-2d-k2-s3-same", (1, 3, 4, 2), 2, 3, stride=3, transposed=True)
from_keras("keras-transposed-2d-k2-s3-valid", (1, 3, 4, 2), 2, 3, stride=3, padding="valid", transposed=True)
from_keras("keras-transposed-2d-k1-s1", (1, 3, 4, 2), 1, 3, transposed=True)
from_keras("keras-transposed-2d-k3-s2-relu", (1, 4, 3, 3), 3, 2, stride=2, transposed=True, activation="relu")
from_keras("keras-transposed-3d-k3-same", (1, 3, 2, 4, 2), 3, 2, transposed=True)
from_keras("keras-transposed-3d-k4-valid", (2, 1, 1, 1, 5), 4, 2, padding="valid", transposed=True)
from_keras("keras-transposed-3d-k4-s2-same", (1, 2, 3, 2, 3), 4, 2, stride=2, transposed=True)
from_keras("keras-transposed-3d-k3-s2-same", (1, 2, 2, 3, 2), 3, 1, stride=2, transposed=True)

# 2-D and 3-D, PyTorch.
from_torch("torch-2d-k3-p1", (2, 5, 6, 3), [3, 3], 5, [1, 1], [1, 1])
from_torch("torch-2d-k3-s2-p1", (2, 7, 6, 2), [3, 3], 3, [2, 2], [1, 1])
from_torch("torch-2d-k3-p2-more-than-needed", (1, 4, 3, 2), [3, 3], 3, [1, 1], [2, 2])
from_torch("torch-2d-k3-p-uneven", (2, 5, 4, 3), [3, 3], 2, [1, 1], [0, 2], [1, 0])
from_torch("torch-2d-k4-s3-p1x0", (1, 8, 9, 3), [4, 2], 2, [3, 2], [1, 0])
from_torch("torch-2d-k3-d2-p2", (2, 7, 6, 3), [3, 3], 5, [1, 1], [2, 2], dilation=[2, 2])
from_torch("torch-2d-k3-d2-p0", (1, 8, 7, 2), [3, 3], 3, [1, 1], [0, 0], dilation=[2, 2])
from_torch("torch-2d-k3-s2-d2-p1", (1, 9, 8, 3), [3, 3], 2, [2, 2], [1, 1], dilation=[2, 2])
from_torch("torch-2d-k2-d3x2-p1", (1, 7, 6, 3), [2, 3], 2, [1, 1], [1, 1], dilation=[3, 2])
from_torch("torch-3d-k3-p1", (1, 4, 3, 5, 2), [3, 3, 3], 3, [1, 1, 1], [1, 1, 1])
from_torch("torch-3d-k3-s2-p1-d2", (1, 7, 6, 5, 2), [3, 2, 3], 2, [2, 1, 2], [1, 0, 2], dilation=[2, 1, 2])
from_torch("torch-3d-k4-s2-p1", (1, 6, 4, 5, 3), [4, 4, 4], 2, [2, 2, 2], [1, 1, 1])
none = [0, 0]
from_torch("torch-transposed-2d-k3-p1", (2, 4, 5, 3), [3, 3], 2, [1, 1], [1, 1], output_padding=none)
from_torch("torch-transposed-2d-k4-s2-p1", (2, 4, 3, 3), [4, 4], 2, [2, 2], [1, 1], output_padding=none)
from_torch("torch-transposed-2d-k3-s2-p1-o1", (2, 4, 3, 5), [3, 3], 2, [2, 2], [1, 1], output_padding=[1, 1])
from_torch("torch-transposed-2d-k5-s3-p2-o2x1", (1, 3, 4, 2), [5, 4], 3, [3, 3], [2, 1], output_padding=[2, 1])
from_torch("torch-transposed-2d-k3-s2-d2-p1-o1", (1, 3, 4, 2), [3, 3], 3, [2, 2], [1, 1], dilation=[2, 2],
           output_padding=[1, 1])
from_torch("torch-transposed-2d-k1-s2-o1", (1, 3, 4, 2), [1, 1], 3, [2, 2], [0, 0], output_padding=[1, 1])
from_torch("torch-transposed-3d-k3-s2-p1-o1", (1, 2, 3, 2, 2), [3, 3, 3], 2, [2, 2, 2], [1, 1, 1],
           output_padding=[1, 1, 1])
from_torch("torch-transposed-3d-k4-s2-p1", (1, 2, 3, 2, 2), [4, 4, 4], 1, [2, 2, 2], [1, 1, 1],
           output_padding=[0, 0, 0])

fixture.write()
