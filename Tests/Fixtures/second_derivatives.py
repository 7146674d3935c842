"""Gradients of gradients, from PyTorch's double backward: single operations, and WGAN-GP's penalty."""

import numpy as np
import torch
import torch.nn.functional as F

from fixtures import Fixture, channels_first, channels_last

fixture = Fixture("second-derivatives", seed=6)
double = lambda x: torch.tensor(np.asarray(x), dtype=torch.float64, requires_grad=True)


def case(name, operation, function, *inputs, space=False, **attributes):
    """With s = Σᵢ Σ directionᵢ · ∂(Σ gradient · function(inputs))/∂inputᵢ, the gradients of s by every
    input and by `gradient`. `space` marks a first input that PyTorch wants channels-first."""
    roles = ["input", "filter", "bias"] if operation.endswith("onvolution") else ["input", "scale", "offset"]
    if operation in ("add", "multiply", "divide", "matrixProduct", "power"):
        roles = ["left", "right"]
    first = lambda i, x: channels_first(x) if space and i == 0 else x
    last = lambda i, x: channels_last(x) if space and i == 0 else x
    values = [double(first(i, x)) for i, x in enumerate(inputs)]
    directions = [fixture.normal(*x.shape) for x in inputs]
    output = function(*values)
    upstream = double(fixture.normal(*output.shape))
    gradients = torch.autograd.grad((output * upstream).sum(), values, create_graph=True)
    total = sum((g * double(first(i, d)).detach()).sum() for i, (g, d) in enumerate(zip(gradients, directions)))
    second = torch.autograd.grad(total, [*values, upstream], allow_unused=True, materialize_grads=True)
    outer = channels_last if space else np.asarray
    tensors = {"gradient": outer(upstream.detach().numpy()), "value": total.item(),
               "gradientSecondGradient": outer(second[-1].numpy())}
    for i, role in zip(range(len(inputs)), roles):
        tensors[role] = inputs[i]
        tensors[f"{role}Direction"] = directions[i]
        tensors[f"{role}SecondGradient"] = last(i, second[i].numpy())
    fixture.case(name, {"operation": operation, "source": "torch", **attributes}, tensors)


normal, uniform = fixture.normal, fixture.uniform
positive = uniform(3, 4, low=0.5, high=3)
for operation, function in {
    "exp": torch.exp, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "softplus": F.softplus,
    "square": torch.square, "sine": torch.sin, "elu": F.elu,
}.items():
    case(operation, operation, function, normal(3, 4), **({"alpha": 1.0} if operation == "elu" else {}))
for operation, function in {"log": torch.log, "squareRoot": torch.sqrt, "reciprocal": torch.reciprocal}.items():
    case(operation, operation, function, positive)
case("leaky-relu", "leakyReLU", lambda x: F.leaky_relu(x, 0.2), normal(3, 4), slope=0.2)
case("power", "power", torch.pow, positive, normal(4))
case("multiply", "multiply", torch.mul, normal(3, 4), normal(4))
case("divide", "divide", torch.div, normal(3, 4), positive)
case("matrix-product", "matrixProduct", torch.matmul, normal(3, 4), normal(4, 2))
case("matrix-product-batch", "matrixProduct", torch.matmul, normal(2, 3, 4), normal(2, 4, 2))
case("variance", "variance", lambda x: x.var(0, correction=0), normal(5, 3), axes=[0], keepsAxes=False)
case("log-sum-exp", "logSumExp", lambda x: x.logsumexp(-1), normal(3, 5), axes=[-1], keepsAxes=False)
case("softmax", "softmax", lambda x: F.softmax(x, -1), normal(3, 5), axis=-1)
case("log-softmax", "logSoftmax", lambda x: F.log_softmax(x, -1), normal(3, 5), axis=-1)
case("convolution", "convolution", lambda x, w, b: F.conv2d(x, w.permute(3, 2, 0, 1), b, stride=2, padding=1),
     normal(2, 5, 4, 2), normal(3, 3, 2, 3), normal(3), space=True, stride=[2, 2], dilation=[1, 1],
     padding="explicit", paddingLow=[1, 1], paddingHigh=[1, 1])
case("transposed-convolution", "transposedConvolution",
     lambda x, w, b: F.conv_transpose2d(x, w.permute(3, 2, 0, 1), b, stride=2, padding=1),
     normal(1, 3, 4, 2), normal(4, 4, 3, 2), normal(3), space=True, stride=[2, 2], dilation=[1, 1],
     padding="explicit", paddingLow=[1, 1], paddingHigh=[1, 1], outputPadding=[0, 0])
pooling = {"size": [2, 2], "stride": [2, 2], "padding": "valid", "paddingLow": [0, 0], "paddingHigh": [0, 0]}
case("maximum-pooling", "maximumPooling", lambda x: F.max_pool2d(x, 2) ** 2, normal(2, 4, 4, 2), space=True,
     then="square", **pooling)
case("average-pooling", "averagePooling", lambda x: F.avg_pool2d(x, 2) ** 2, normal(2, 4, 4, 2), space=True,
     then="square", countsPadding=False, **pooling)
case("upsampling", "upsampling", lambda x: F.interpolate(x, scale_factor=2, mode="nearest") ** 2,
     normal(2, 2, 3, 2), space=True, then="square", factors=[2, 2], interpolation="nearest")
case("upsampling-bilinear", "upsampling",
     lambda x: F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False) ** 2,
     normal(2, 2, 3, 2), space=True, then="square", factors=[2, 2], interpolation="bilinear")
case("batch-normalization", "batchNormalization",
     lambda x, s, o: F.batch_norm(x, None, None, s, o, True, 0.1, 1e-3),
     normal(3, 2, 4, 2), uniform(2, low=0.5, high=1.5), normal(2), space=True, epsilon=1e-3)
case("layer-normalization", "layerNormalization", lambda x, s, o: F.layer_norm(x, [5], s, o, 1e-3),
     normal(4, 5), uniform(5, low=0.5, high=1.5), normal(5), epsilon=1e-3)


def penalty(name, network, parameters, images, space=False, **attributes):
    """WGAN-GP (Gulrajani et al., 2017): mean over the samples of (‖∂D(x)/∂x‖₂ − 1)²."""
    values = {role: double(value) for role, value in parameters.items()}
    x = double(channels_first(images) if space else images)
    scores = network(x, values)
    (slope,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
    result = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
    gradients = torch.autograd.grad(result, [*values.values(), x], allow_unused=True, materialize_grads=True)
    last = channels_last if space else np.asarray
    fixture.case(
        name, {"operation": "gradientPenalty", "source": "torch", **attributes},
        {"input": images, "scores": scores.detach().numpy(), "scoreInputGradient": last(slope.detach().numpy()),
         "loss": result.item(), "inputGradient": last(gradients[-1].numpy()), **parameters,
         **{f"{role}Gradient": g.numpy() for role, g in zip(values, gradients)}})


ACTIVATIONS = {"leakyReLU": lambda x: F.leaky_relu(x, 0.2), "tanh": torch.tanh, "softplus": F.softplus}
for word, activation in ACTIVATIONS.items():
    penalty(
        f"penalty-dense-{word}",
        lambda x, p: activation(x @ p["filter0"] + p["bias0"]) @ p["filter1"] + p["bias1"],
        {"filter0": normal(6, 9), "bias0": normal(9), "filter1": normal(9, 1), "bias1": normal(1)},
        normal(5, 6), activation=word, **({"slope": 0.2} if word == "leakyReLU" else {}))


def convolutional(x, p):
    """Conv k3 s2 same → leaky ReLU 0.2 → conv k3 s1 same → leaky ReLU 0.2 → flatten (NHWC) → dense 1."""
    x = F.leaky_relu(F.conv2d(F.pad(x, [0, 1, 0, 1]), p["filter0"].permute(3, 2, 0, 1), p["bias0"], stride=2), 0.2)
    x = F.leaky_relu(F.conv2d(x, p["filter1"].permute(3, 2, 0, 1), p["bias1"], padding=1), 0.2)
    return x.permute(0, 2, 3, 1).flatten(1) @ p["filter2"] + p["bias2"]


penalty("penalty-convolutional", convolutional, {
    "filter0": normal(3, 3, 2, 4) * np.float32(0.3), "bias0": normal(4), "filter1": normal(3, 3, 4, 3) * np.float32(0.3),
    "bias1": normal(3), "filter2": normal(27, 1), "bias2": normal(1)}, normal(3, 6, 6, 2), space=True, slope=0.2)

fixture.write()
