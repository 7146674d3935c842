"""Writes fixture files, and differentiates what Keras and PyTorch compute.

Everything is computed in float64 from float32 inputs and rounded once at the end, so an expected value is
the right answer to the last bit and a test's tolerance is spent on Figment's own rounding alone.
"""

import json
import os
import pathlib
import struct

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
import torch

keras.config.set_floatx("float64")
torch.set_default_dtype(torch.float64)
tf.config.experimental.enable_op_determinism()
keras.utils.set_random_seed(0)


class Fixture:
    """The cases of one file: tensors `<case>/<role>` and the attributes of every case as JSON."""

    def __init__(self, name, seed):
        self.name = name
        self.generator = np.random.Generator(np.random.PCG64(seed))
        self.tensors = {}
        self.attributes = {}

    def normal(self, *shape):
        """Standard normal float32 values."""
        return self.generator.standard_normal(shape).astype(np.float32)

    def uniform(self, *shape, low=0.0, high=1.0):
        return self.generator.uniform(low, high, shape).astype(np.float32)

    def case(self, name, attributes, tensors):
        assert name not in self.attributes, f"two cases named {name}"
        self.attributes[name] = attributes
        for role, values in tensors.items():
            values = np.asarray(values, dtype=np.float32)
            assert np.isfinite(values).all(), f"{name}/{role} is not finite"
            self.tensors[f"{name}/{role}"] = values

    def write(self):
        """Writes the file by hand: the library orders metadata differently in every run."""
        header = {
            "__metadata__": {name: json.dumps(value, sort_keys=True) for name, value in self.attributes.items()}
        }
        data = b""
        for name, values in sorted(self.tensors.items()):
            content = values.astype("<f4").tobytes()
            header[name] = {
                "dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(content)]
            }
            data += content
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        path = pathlib.Path(__file__).parent / f"{self.name}.safetensors"
        path.write_bytes(struct.pack("<Q", len(text)) + text + data)
        print(f"{path.name}: {len(self.attributes)} cases, {path.stat().st_size:,} bytes")


def channels_last(values):
    """NC[D]HW → N[D]HWC."""
    return np.moveaxis(np.asarray(values), 1, -1)


def channels_first(values):
    """N[D]HWC → NC[D]HW."""
    return np.ascontiguousarray(np.moveaxis(np.asarray(values), -1, 1))


def padding_attributes(padding, size, kernel, stride, dilation=None):
    """Keras' `same` or `valid` by name and in numbers: the odd element of `same` goes to the end."""
    low, high = [0] * len(size), [0] * len(size)
    if padding == "same":
        for axis, (n, k, s, d) in enumerate(zip(size, kernel, stride, dilation or [1] * len(size))):
            total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
            low[axis], high[axis] = total // 2, total - total // 2
    return {"padding": padding, "paddingLow": low, "paddingHigh": high}


def gradients_of_keras(function, inputs, gradient=None):
    """The output of `function(*inputs)` and the gradients of `Σ output · gradient` by every input.

    `inputs` are arrays or Keras variables; `gradient` is a function of the output's shape. Returns
    (output, gradient, [gradients])."""
    values = [x.value if isinstance(x, keras.Variable) else tf.constant(x, tf.float64) for x in inputs]
    with tf.GradientTape() as tape:
        for value in values:
            tape.watch(value)
        output = function(*values)
        upstream = np.ones((), np.float32) if gradient is None else gradient(*output.shape)
        total = tf.reduce_sum(output * tf.constant(upstream, tf.float64))
    gradients = tape.gradient(total, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return output.numpy(), upstream, [g.numpy() for g in gradients]


def gradients_of_torch(function, inputs, gradient=None):
    """As `gradients_of_keras`, for a function of torch tensors."""
    values = [torch.tensor(np.asarray(x), dtype=torch.float64, requires_grad=True) for x in inputs]
    output = function(*values)
    upstream = np.ones((), np.float32) if gradient is None else gradient(*output.shape)
    total = (output * torch.tensor(upstream, dtype=torch.float64)).sum()
    gradients = torch.autograd.grad(total, values, allow_unused=True, materialize_grads=True)
    return output.detach().numpy(), upstream, [g.numpy() for g in gradients]


def sums(values):
    return np.array([v.sum() for v in values])


def norms(values):
    """Euclidean."""
    return np.array([np.sqrt((v * v).sum()) for v in values])


class Stack:
    """Keras layers one after the other, built for a batch of `shape`; batch normalization as in training."""

    def __init__(self, shape, layers):
        self.layers = layers
        for layer in layers:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x, training=True) if isinstance(layer, keras.layers.BatchNormalization) else layer(x)
        return x

    @property
    def trainable(self):
        return [v for layer in self.layers for v in layer.trainable_variables]
