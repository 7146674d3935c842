"""What the scripts that take a step of convolutional networks in PyTorch have in common: Keras' batch normalization, weights from
Philox in our layout, and the first step of Adam as Keras has it. Its epsilon is 1e-3: see `adversarial_techniques.py`."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import philox

torch.set_default_dtype(torch.float64)


class BatchNorm(nn.Module):
    """With Keras' numbers; the moving variance follows the biased one, as Keras' and ours do. For `[N, C, …]`."""

    def __init__(self, channels, momentum=0.99):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.momentum = momentum

    def forward(self, x):
        if not self.training:
            return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, eps=1e-3)
        with torch.no_grad():
            variance, mean = torch.var_mean(x, (0, *range(2, x.dim())), correction=0)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * variance
        return F.batch_norm(x, None, None, self.weight, self.bias, True, eps=1e-3)


# From PyTorch's orders of dimensions, [out, in, …] and transposed [in, out, …], to ours, […, in, out] and […, out, in]:
# both move the first two to the end, the second first.
ours = lambda t: t.permute(*range(2, t.dim()), 1, 0)
theirs = lambda t: t.permute(t.dim() - 1, t.dim() - 2, *range(t.dim() - 2))
numbers = lambda values: [(ours(t) if t.dim() > 1 else t).detach().numpy() for t in values]


def tensors(*networks):
    """In the order of layers; of each its weight, bias and statistics."""
    return [getattr(layer, role) for network in networks for layer in network.modules() if not list(layer.children())
            for role in ("weight", "bias", "running_mean", "running_var") if hasattr(layer, role)]


def initialize(values):
    """Weights from Philox, by their places; biases 0; what is 1 at first stays so."""
    for position, t in enumerate(values):
        if t.dim() > 1:
            shape = tuple(ours(t).shape)
            limit = np.float32(np.sqrt(6 / (np.prod(shape[:-2]) * (shape[-2] + shape[-1]))))
            t.data.copy_(theirs(uniform((1234, position), *shape, limit=limit)))
        elif isinstance(t, nn.Parameter) and not (t == 1).all():
            t.data.zero_()


def uniform(key, *shape, limit=np.float32(1)):
    """In [−limit, limit)."""
    return torch.from_numpy(((np.float32(2) * philox.uniform(key, *shape) - np.float32(1)) * limit).astype(np.float64))


class Adam:
    def __init__(self, parts, rate=2e-4, beta1=0.5):
        self.parameters, self.rate, self.beta1 = [p for part in parts for p in part.parameters()], rate, beta1

    def minimize(self, loss):
        minimize(loss, self)

    def step(self, gradients):
        """The first one, whose averages are the gradient's shares."""
        self.m, self.v = [(1 - self.beta1) * g for g in gradients], [0.001 * g * g for g in gradients]
        rate = self.rate * np.sqrt(0.001) / (1 - self.beta1)
        with torch.no_grad():
            for p, m, v in zip(self.parameters, self.m, self.v):
                p.sub_(rate * m / (v.sqrt() + 1e-3))


def minimize(loss, *adams):
    """A step of each, down the gradient in front of all of them."""
    gradients = iter(torch.autograd.grad(loss, [parameter for adam in adams for parameter in adam.parameters]))
    for adam in adams:
        adam.step([next(gradients) for _ in adam.parameters])
