"""Three training steps of a small dense GAN with each technique, from PyTorch in float64.

Weights, images, latents and uniform numbers come from Philox, so only losses and digests of all tensors and optimizer
slots are stored. PyTorch's own parts are used wherever it has them (spectral normalization, batch and layer
normalization, losses, gradients of gradients); Adam is written as Keras has it, with epsilon outside of the root, here
1e-3: at 1e-7 it would blow up the rounding of gradients that are almost 0."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations

import philox
from fixtures import Fixture, norms, sums

STEPS, BATCH, PIXELS, LATENT = 3, 12, 30, 7
GENERATOR, DISCRIMINATOR, KERNELS, KERNEL_SIZE = [9, 11], [10, 8], 3, 5
torch.set_default_dtype(torch.float64)


def tensor(values):
    return torch.from_numpy(np.asarray(values, np.float64))


def weight(position, shape):
    limit = np.float32(np.sqrt(6 / sum(shape)))
    return (np.float32(2) * philox.uniform((1234, position), *shape) - np.float32(1)) * limit


def unit(position, count):
    vector = tensor(np.float32(2) * philox.uniform((4321, position), count) - np.float32(1))
    return vector / vector.norm()


class Closeness(nn.Module):
    """Minibatch discrimination (Salimans et al., 2016)."""

    def __init__(self, features):
        super().__init__()
        self.kernel = nn.Parameter(torch.zeros(features, KERNELS * KERNEL_SIZE))

    def forward(self, x):
        rows = (x @ self.kernel).view(len(x), KERNELS, KERNEL_SIZE)
        distances = (rows[:, None] - rows[None]).abs().sum(-1)
        others = 1 - torch.eye(len(x))
        return torch.cat([x, (torch.exp(-distances) * others[:, :, None]).sum(1)], 1)


def stack(sizes, normalization, closeness=False, spectral=False, tanh=False):
    layers = []
    for position, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        last = position == len(sizes) - 2
        if last and closeness:
            layers.append(Closeness(inputs))
            inputs += KERNELS
        dense = nn.Linear(inputs, outputs)
        layers.append(parametrizations.spectral_norm(dense) if spectral else dense)
        if not last:
            layers.append(nn.LeakyReLU(0.2))
            # Keras' momentum of 0.8 is PyTorch's 0.2.
            layers += {"batch": [nn.BatchNorm1d(outputs, 1e-3, 0.2)], "layer": [nn.LayerNorm(outputs, 1e-3)], "none": []}[
                normalization]
    return nn.Sequential(*layers, *([nn.Tanh()] if tanh else []))


class Parts:
    """The tensors of a network by our order and layout: names, and getters and setters."""

    def __init__(self, name, network):
        self.entries = []
        for index, layer in enumerate(network):
            add = lambda role, t, transposes=False: self.entries.append((f"{name}.{index}.{role}", t, transposes))
            if isinstance(layer, nn.Linear):
                if hasattr(layer, "parametrizations"):
                    norm = layer.parametrizations.weight
                    add("weight", norm.original, True)
                    add("bias", layer.bias)
                    add("outputVector", norm[0]._u)
                    add("inputVector", norm[0]._v)
                else:
                    add("weight", layer.weight, True)
                    add("bias", layer.bias)
            elif isinstance(layer, Closeness):
                add("weight", layer.kernel)
            elif isinstance(layer, nn.BatchNorm1d):
                for role in ("weight", "bias", "running_mean", "running_var"):
                    add(role, getattr(layer, role))
            elif isinstance(layer, nn.LayerNorm):
                add("weight", layer.weight)
                add("bias", layer.bias)

    def initialize(self, first):
        with torch.no_grad():
            for offset, (name, t, transposes) in enumerate(self.entries):
                if t.dim() > 1:
                    shape = tuple(t.shape)[::-1] if transposes else tuple(t.shape)
                    values = tensor(weight(first + offset, shape))
                    t.copy_(values.T if transposes else values)
                elif name.endswith("Vector"):
                    t.copy_(unit(first + offset, len(t)))
                elif name.endswith("bias"):
                    t.zero_()

    def values(self):
        return [(t.T if transposes else t).detach().numpy().copy() for _, t, transposes in self.entries]


class Adam:
    def __init__(self, parameters):
        self.parameters, self.step = parameters, 0
        self.m, self.v = ([torch.zeros_like(p) for p in parameters] for _ in range(2))

    def minimize(self, loss):
        self.step += 1
        rate = 2e-4 * np.sqrt(1 - 0.999 ** self.step) / (1 - 0.5 ** self.step)
        gradients = torch.autograd.grad(loss, self.parameters)
        with torch.no_grad():
            for p, g, m, v in zip(self.parameters, gradients, self.m, self.v):
                m.mul_(0.5).add_(g, alpha=0.5)
                v.mul_(0.999).addcmul_(g, g, value=0.001)
                p.sub_(rate * m / (v.sqrt() + 1e-3))


class Run:
    def __init__(self, normalization="batch", discriminator_normalization="none", loss="cross-entropy", real=(1, 1),
                 generated=(0, 0), noisy=0, penalty=0, r1=0, clip=0, spectral=False, matching=False, closeness=False,
                 history=0, average=0, steps=1, gate=1):
        self.__dict__.update(locals())
        self.uniforms = self.latents = 0
        self.generator = stack([LATENT, *GENERATOR, PIXELS], normalization, tanh=True)
        self.discriminator = stack([PIXELS, *DISCRIMINATOR, 1], discriminator_normalization, closeness, spectral)
        self.parts = [Parts("generator", self.generator), Parts("discriminator", self.discriminator)]
        self.parts[0].initialize(0)
        self.parts[1].initialize(len(self.parts[0].entries))
        trainable = lambda parts: [t for _, t, _ in parts.entries if t.requires_grad]
        self.adam = {"generator": Adam(trainable(self.parts[0])), "discriminator": Adam(trainable(self.parts[1]))}
        copies = lambda tensors: [t.detach().clone() for t in tensors]
        self.averaged = copies(t for _, t, _ in self.parts[0].entries)
        self.means = {name: [torch.zeros_like(p) for p in adam.parameters] for name, adam in self.adam.items()}
        self.accuracy = 0.0

    def uniform(self, *shape):
        self.uniforms += 1
        return tensor(philox.uniform((101, self.uniforms - 1), *shape))

    def latent(self, count):
        self.latents += 1
        u = philox.uniform((100, self.latents - 1), count, LATENT)
        return tensor((np.float32(2) * u - np.float32(1)) * np.float32(1.7))

    def generated_from(self, latents, with_gradient):
        """PyTorch's moving variance follows the unbiased one, Keras' and ours the biased one."""
        norms = [layer for layer in self.generator if isinstance(layer, nn.BatchNorm1d)]
        old = [norm.running_var.clone() for norm in norms]
        with torch.set_grad_enabled(with_gradient):
            samples = self.generator(latents)
        share = (len(latents) - 1) / len(latents)
        for norm, before in zip(norms, old):
            norm.running_var.data.copy_(0.8 * before + (norm.running_var - 0.8 * before) * share)
        return samples

    def judge(self, samples):
        """Logits, and what the last layer saw."""
        features = self.discriminator[:-1](samples)
        return self.discriminator[-1](features), features

    def labels(self, of_real, of_generated):
        def drawn(bounds, like):
            low, high = bounds
            return torch.full_like(like, low) if low == high else low + (high - low) * self.uniform(*like.shape)

        real, generated = drawn(self.real, of_real), drawn(self.generated, of_generated)
        if not self.noisy:
            return real, generated
        exchange = lambda own, other: torch.where(self.uniform(*own.shape) < self.noisy, other, own)
        return exchange(real, generated), exchange(generated, real)

    def history_term(self, name):
        """Every mean with the present values in it; `step` counts those of this network."""
        adam, total = self.adam[name], 0
        for mean, parameter in zip(self.means[name], adam.parameters):
            mean += (parameter.detach() - mean) / (adam.step + 1)
            total = total + ((parameter - mean) ** 2).sum()
        return self.history * total

    def discriminator_step(self, real, terms):
        generated = self.generated_from(self.latent(len(real)), False)
        rests = self.accuracy > self.gate
        if self.r1:
            real = real.clone().requires_grad_()
        of_real, of_generated = self.judge(real)[0], self.judge(generated)[0]
        border = 0.5 if self.loss == "least-squares" else 0
        self.accuracy = 0.5 * ((of_real > border).double().mean() + (of_generated <= border).double().mean()).item()
        if self.loss != "wasserstein":
            terms.append(("accuracy", self.accuracy))
        if rests:
            return
        half = 1
        if self.loss == "cross-entropy":
            a, b = self.labels(of_real, of_generated)
            losses, half = [F.binary_cross_entropy_with_logits(of_real, a),
                            F.binary_cross_entropy_with_logits(of_generated, b)], 0.5
        elif self.loss == "least-squares":
            a, b = self.labels(of_real, of_generated)
            losses, half = [F.mse_loss(of_real, a), F.mse_loss(of_generated, b)], 0.5
        elif self.loss == "hinge":
            losses = [F.relu(1 - of_real).mean(), F.relu(1 + of_generated).mean()]
        else:
            losses = [-of_real.mean(), of_generated.mean()]
        terms += [("real", losses[0].item()), ("generated", losses[1].item())]
        loss = half * (losses[0] + losses[1])
        slope = lambda logits, x: torch.autograd.grad(logits.sum(), x, create_graph=True)[0]
        penalties = []
        if self.r1:
            penalties.append(self.r1 / 2 * (slope(of_real, real) ** 2).sum(1).mean())
        if self.penalty:
            share = self.uniform(len(real), 1)
            between = (generated + share * (real.detach() - generated)).requires_grad_()
            norms = slope(self.judge(between)[0], between).norm(dim=1)
            penalties.append(self.penalty * ((norms - 1) ** 2).mean())
        if penalties:
            terms.append(("penalty", sum(penalties).item()))
            loss = loss + sum(penalties)
        if self.history:
            loss = loss + self.history_term("discriminator")
        self.adam["discriminator"].minimize(loss)
        if self.clip:
            with torch.no_grad():
                for parameter in self.adam["discriminator"].parameters:
                    parameter.clamp_(-self.clip, self.clip)

    def generator_step(self, real, terms):
        samples = self.generated_from(self.latent(len(real)), True)
        logits, features = self.judge(samples)
        if self.matching:
            with torch.no_grad():
                wanted = self.judge(real)[1].mean(0)
            loss = ((features.mean(0) - wanted) ** 2).sum()
        elif self.loss == "cross-entropy":
            loss = F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
        elif self.loss == "least-squares":
            loss = 0.5 * F.mse_loss(logits, torch.ones_like(logits))
        else:
            loss = -logits.mean()
        terms.append(("generator", loss.item()))
        if self.history:
            loss = loss + self.history_term("generator")
        self.adam["generator"].minimize(loss)
        with torch.no_grad():
            for mean, (name, value, _) in zip(self.averaged, self.parts[0].entries):
                mean.copy_(value if "running" in name else self.average * mean + (1 - self.average) * value)

    def step(self, number):
        images = tensor(np.float32(2) * philox.uniform((77, number), BATCH, PIXELS) - np.float32(1))
        share = -(-BATCH // self.steps)
        terms = []
        for start in range(0, BATCH, share):
            self.discriminator_step(images[start:start + share], terms)
        self.generator_step(images[:share], terms)
        return terms


CASES = {
    "published": {},
    "smoothed": {"real": (0.9, 0.9)},
    "random-labels": {"real": (0.8, 1), "generated": (0, 0.2)},
    "noisy-labels": {"noisy": 0.3, "real": (0.9, 0.9)},
    "least-squares": {"loss": "least-squares"},
    "hinge": {"loss": "hinge"},
    "wasserstein-clipping": {"loss": "wasserstein", "clip": 0.1, "steps": 2},
    "wasserstein-penalty": {"loss": "wasserstein", "penalty": 10},
    "r1": {"r1": 10},
    "both-penalties": {"loss": "hinge", "penalty": 5, "r1": 2},
    "spectral": {"loss": "hinge", "spectral": True},
    "spectral-penalty": {"loss": "wasserstein", "spectral": True, "penalty": 10},
    "feature-matching": {"matching": True},
    "minibatch": {"closeness": True},
    "minibatch-matching": {"closeness": True, "matching": True, "r1": 1},
    "historical": {"history": 3},
    "average": {"average": 0.75},
    "discriminator-steps": {"steps": 3},
    "gate": {"gate": 0.6},
    "layer": {"normalization": "layer", "discriminator_normalization": "layer", "loss": "wasserstein", "penalty": 10},
}

numbers = lambda tensors: [t.detach().numpy() for t in tensors]

fixture = Fixture("gan-techniques", seed=11)
for name, options in CASES.items():
    run = Run(**options)
    steps = [run.step(number) for number in range(STEPS)]
    values = run.parts[0].values() + run.parts[1].values()
    roles = {"parameterSum": sums(values), "parameterNorm": norms(values)}
    for network, adam in run.adam.items():
        roles[f"{network}SlotNorm"] = norms(numbers(adam.m + adam.v))
    if run.average:
        roles["averageSum"], roles["averageNorm"] = sums(numbers(run.averaged)), norms(numbers(run.averaged))
    if run.history:
        for network, means in run.means.items():
            roles[f"{network}HistoryNorm"] = norms(numbers(means))
    roles["terms"] = [value for step in steps for _, value in step]
    fixture.case(
        name,
        {"source": "torch", "terms": " ".join(term for step in steps for term, _ in step),
         **{key: list(value) if isinstance(value, tuple) else value for key, value in options.items()}},
        roles)
    print(name, [[f"{term} {value:.4f}" for term, value in step] for step in steps][-1])
fixture.write()
