"""Activations and losses with gradients, from Keras and PyTorch, at ordinary and at extreme values."""

import keras
import numpy as np
import tensorflow as tf
import torch
import torch.nn.functional as F

from fixtures import Fixture, gradients_of_keras, gradients_of_torch

fixture = Fixture("activations-losses", seed=4)

# Away from 0, where the derivatives of ReLU and its kin are a matter of convention (`-at-zero` has those).
ordinary = (fixture.normal(4, 3, 5) * 2).astype(np.float32)
extreme = np.array([[-100, -30, -1e-3, 1e-3, 30, 100], [100, 99, 98, -99, -100, 0.5]], np.float32)
zero = np.zeros((1, 3), np.float32)


def activation(name, operation, source, function, values, **attributes):
    differentiate = gradients_of_keras if source == "keras" else gradients_of_torch
    output, upstream, (gradient,) = differentiate(function, [values], fixture.normal)
    fixture.case(name, {"operation": operation, "source": source, **attributes},
                 {"input": values, "gradient": upstream, "output": output, "inputGradient": gradient})


ACTIVATIONS = [
    ("relu", "relu", "keras", keras.ops.relu, {}),
    ("leaky-relu-0.3", "leakyReLU", "keras", keras.layers.LeakyReLU(0.3), {"slope": 0.3}),
    ("leaky-relu-0.2", "leakyReLU", "torch", lambda x: F.leaky_relu(x, 0.2), {"slope": 0.2}),
    ("elu", "elu", "keras", lambda x: keras.ops.elu(x, 1.0), {"alpha": 1.0}),
    ("elu-0.5", "elu", "torch", lambda x: F.elu(x, 0.5), {"alpha": 0.5}),
    ("sigmoid", "sigmoid", "torch", torch.sigmoid, {}),
    ("tanh", "tanh", "torch", torch.tanh, {}),
    ("softplus", "softplus", "keras", keras.ops.softplus, {}),
    ("softmax", "softmax", "keras", lambda x: keras.ops.softmax(x, axis=-1), {"axis": -1}),
    ("log-softmax", "logSoftmax", "torch", lambda x: F.log_softmax(x, -1), {"axis": -1}),
]
for name, operation, source, function, attributes in ACTIVATIONS:
    activation(name, operation, source, function, ordinary, **attributes)
    activation(f"{name}-extreme", operation, source, function, extreme, **attributes)
activation("softmax-axis-1", "softmax", "torch", lambda x: F.softmax(x, 1), ordinary, axis=1)
activation("log-softmax-axis-1", "logSoftmax", "torch", lambda x: F.log_softmax(x, 1), ordinary, axis=1)
activation("relu-at-zero", "relu", "torch", F.relu, zero)
activation("leaky-relu-at-zero", "leakyReLU", "torch", lambda x: F.leaky_relu(x, 0.2), zero, slope=0.2)

# Parametric ReLU: a slope for every channel (Keras shares it over space by `shared_axes`).
slopes = fixture.uniform(5, low=-0.2, high=0.5)
output, upstream, gradients = gradients_of_torch(
    lambda x, a: F.prelu(x.reshape(-1, 5), a).reshape(x.shape), [ordinary, slopes], fixture.normal)
fixture.case("prelu", {"operation": "prelu", "source": "torch"},
             {"input": ordinary, "slope": slopes, "gradient": upstream, "output": output,
              "inputGradient": gradients[0], "slopeGradient": gradients[1]})


def loss(name, operation, source, function, values, target, **attributes):
    """A loss averaged to a scalar; the target is not differentiated."""
    if source == "keras":
        result, _, (gradient,) = gradients_of_keras(lambda x: function(tf.constant(target, tf.float64), x), [values])
    else:
        result, _, (gradient,) = gradients_of_torch(lambda x: function(x, torch.tensor(target).double()), [values])
    fixture.case(name, {"operation": operation, "source": source, **attributes},
                 {"input": values, "target": target, "loss": result, "inputGradient": gradient})


def mean_of(function, **options):
    return lambda target, x: tf.reduce_mean(function(target, x, **options))


losses = keras.losses
shape = (4, 3, 5)
logits, other = (fixture.normal(*shape) * 3).astype(np.float32), fixture.normal(*shape)
labels, binary = fixture.uniform(*shape), (fixture.uniform(*shape) > 0.5).astype(np.float32)
extreme_logits = np.array([[-100, -30, -1, 0, 30, 100], [100, 30, 0, -1, -30, -100]], np.float32)
extreme_labels = np.array([[0, 0, 0, 0, 0, 0], [0, 0.25, 1, 1, 1, 0.5]], np.float32)
logit_loss = mean_of(losses.binary_crossentropy, from_logits=True)
loss("bce-logits", "binaryCrossEntropyFromLogits", "keras", logit_loss, logits, labels)
loss("bce-logits-binary", "binaryCrossEntropyFromLogits", "torch", F.binary_cross_entropy_with_logits, logits,
     binary)
loss("bce-logits-extreme", "binaryCrossEntropyFromLogits", "torch", F.binary_cross_entropy_with_logits,
     extreme_logits, extreme_labels)
loss("mse", "meanSquaredError", "keras", mean_of(losses.mean_squared_error), logits, other)
loss("mse-torch", "meanSquaredError", "torch", F.mse_loss, logits, labels)
loss("mae", "meanAbsoluteError", "keras", mean_of(losses.mean_absolute_error), logits, other)

# From probabilities Keras clips to [1e-7, 1 − 1e-7]; float32 cannot hold the upper bound, so what a user
# meets is float32's rounding of it, and these numbers are made in float32.
def bce_probabilities(name, probabilities, target):
    value = tf.constant(probabilities)
    with tf.GradientTape() as tape:
        tape.watch(value)
        result = tf.reduce_mean(losses.binary_crossentropy(tf.constant(target), value))
    assert result.dtype == tf.float32
    fixture.case(name, {"operation": "binaryCrossEntropy", "source": "keras", "epsilon": 1e-7},
                 {"input": probabilities, "target": target, "loss": result.numpy(),
                  "inputGradient": tape.gradient(result, value).numpy()})


bce_probabilities("bce", fixture.uniform(*shape, low=0.02, high=0.98), labels)
bce_probabilities("bce-clipped", np.array([[0, 1, 0, 1, 1e-9, 0.5, 1e-6]], np.float32),
                  np.array([[0, 1, 1, 0, 1, 0.25, 1]], np.float32))

# Categorical cross-entropy from logits: the mean over all but the last axis.
classes = np.eye(6, dtype=np.float32)[[2, 0, 5, 5]]
spread = np.exp(fixture.normal(4, 6))
soft = (spread / spread.sum(1, keepdims=True)).astype(np.float32)
class_logits = (fixture.normal(4, 6) * 3).astype(np.float32)
loss("categorical-logits", "categoricalCrossEntropyFromLogits", "keras",
     mean_of(losses.categorical_crossentropy, from_logits=True), class_logits, classes)
loss("categorical-logits-soft", "categoricalCrossEntropyFromLogits", "torch", F.cross_entropy, class_logits, soft)
loss("categorical-logits-extreme", "categoricalCrossEntropyFromLogits", "torch", F.cross_entropy, extreme,
     np.eye(6, dtype=np.float32)[[0, 2]])

# KL divergence to the unit normal: elements −½(1 + v − μ² − eᵛ), and their mean.
def divergence(mean, log_variance):
    return -0.5 * (1 + log_variance - keras.ops.square(mean) - keras.ops.exp(log_variance))


mean, log_variance = fixture.normal(6, 3), (fixture.normal(6, 3) * 2).astype(np.float32)
elements, upstream, by_elements = gradients_of_keras(divergence, [mean, log_variance], fixture.normal)
result, _, by_mean = gradients_of_keras(lambda m, v: keras.ops.mean(divergence(m, v)), [mean, log_variance])
fixture.case("kl", {"operation": "unitNormalDivergence", "source": "keras"},
             {"mean": mean, "logVariance": log_variance, "loss": result, "meanGradient": by_mean[0],
              "logVarianceGradient": by_mean[1]})
fixture.case("kl-elements", {"operation": "unitNormalDivergenceElements", "source": "keras"},
             {"mean": mean, "logVariance": log_variance, "gradient": upstream, "output": elements,
              "meanGradient": by_elements[0], "logVarianceGradient": by_elements[1]})

fixture.write()
