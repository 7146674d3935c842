"""One step of both networks of the 3D-GAN, from PyTorch in float64: 64³ with the published learning rates, the small one, and
tiny ones with the original's normalized outputs and with techniques that need slopes of slopes. Weights, volumes, latents and
uniform numbers come from Philox; digests are stored. Adam has an epsilon of 1e-3: see `adversarial_techniques.py`."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import philox
from fixtures import Fixture, norms, sums
from torch_networks import Adam, BatchNorm, initialize, numbers, tensors, uniform


class LayerNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return F.layer_norm(x.movedim(1, -1), self.weight.shape, self.weight, self.bias, 1e-3).movedim(-1, 1)


def networks(latents, filters, kind, normalizes_outputs):
    normalized = {"batch": lambda n: [BatchNorm(n)], "layer": lambda n: [LayerNorm(n)]}[kind]
    generator = [nn.ConvTranspose3d(latents, filters[0], 4), *normalized(filters[0]), nn.ReLU()]
    for inputs, outputs in zip(filters, filters[1:]):
        generator += [nn.ConvTranspose3d(inputs, outputs, 4, 2, 1), *normalized(outputs), nn.ReLU()]
    generator += [nn.ConvTranspose3d(filters[-1], 1, 4, 2, 1), *([BatchNorm(1)] if normalizes_outputs else []), nn.Sigmoid()]
    discriminator, channels = [], 1
    for outputs in reversed(filters):
        discriminator += [nn.Conv3d(channels, outputs, 4, 2, 1), *normalized(outputs), nn.LeakyReLU(0.2)]
        channels = outputs
    discriminator += [nn.Conv3d(channels, 1, 4), *([BatchNorm(1)] if normalizes_outputs else [])]
    return nn.Sequential(*generator), nn.Sequential(*discriminator)


def case(name, filters, batch, rates, latents=200, kind="batch", normalizes_outputs=False, penalty=0, r1=0):
    generator, discriminator = networks(latents, filters, kind, normalizes_outputs)
    initialize(tensors(generator, discriminator))
    of_discriminator, of_generator = Adam([discriminator], rates[0]), Adam([generator], rates[1])
    side = 4 << len(filters)
    latent = lambda n: uniform((100, n), batch, latents, limit=np.float32(1.7)).view(batch, latents, 1, 1, 1)
    volumes = torch.from_numpy(philox.uniform((77, 0), batch, side, side, side).astype(np.float64))[:, None]
    if r1:
        volumes.requires_grad_()
    slope = lambda logits, x: torch.autograd.grad(logits.sum(), x, create_graph=True)[0]

    with torch.no_grad():
        generated = generator(latent(0))
    of_real, of_generated = discriminator(volumes), discriminator(generated)
    accuracy = (0.5 * ((of_real > 0).double().mean() + (of_generated <= 0).double().mean())).item()
    real = F.binary_cross_entropy_with_logits(of_real, torch.ones_like(of_real))
    fake = F.binary_cross_entropy_with_logits(of_generated, torch.zeros_like(of_generated))
    loss, terms = 0.5 * (real + fake), [real.item(), fake.item()]
    if penalty:
        share = torch.from_numpy(philox.uniform((101, 0), batch, 1, 1, 1, 1).astype(np.float64))
        between = (generated + share * (volumes.detach() - generated)).requires_grad_()
        size = slope(discriminator(between), between).flatten(1).norm(dim=1)
        terms.append(r1 / 2 * (slope(of_real, volumes) ** 2).flatten(1).sum(1).mean().item()
                     + penalty * ((size - 1) ** 2).mean().item())
        loss = loss + r1 / 2 * (slope(of_real, volumes) ** 2).flatten(1).sum(1).mean() + penalty * ((size - 1) ** 2).mean()
    of_discriminator.minimize(loss)
    judged = discriminator(generator(latent(1)))
    loss = F.binary_cross_entropy_with_logits(judged, torch.ones_like(judged))
    terms += [accuracy, loss.item()]
    of_generator.minimize(loss)

    after = numbers(tensors(generator, discriminator))
    fixture.case(
        name, {"source": "pytorch", "batch": batch, "filters": filters, "latents": latents, "normalization": kind,
               "normalizesOutputs": int(normalizes_outputs), "penalty": penalty, "r1": r1, "rates": rates},
        {"losses": terms, "parameterSum": sums(after), "parameterNorm": norms(after),
         "generatorSlotNorm": norms(numbers(of_generator.m + of_generator.v)),
         "discriminatorSlotNorm": norms(numbers(of_discriminator.m + of_discriminator.v))})
    print(name, [f"{value:.5f}" for value in terms])


fixture = Fixture("gan3d-step", seed=13)
case("published", [512, 256, 128, 64], 2, [1e-5, 2.5e-3])
case("small", [128, 64, 32], 3, [2e-4, 2e-4])
case("original", [6, 4], 5, [1e-5, 2.5e-3], latents=5, normalizes_outputs=True)
case("penalties", [6, 4], 3, [2e-4, 2e-4], latents=5, kind="layer", penalty=10, r1=10)
fixture.write()
