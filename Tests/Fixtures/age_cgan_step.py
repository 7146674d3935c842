"""One step of each stage of the age-conditional GAN, from PyTorch in float64, with narrow networks; a small convolution stands in
for the face network. Weights, images, latents and labels come from Philox; digests are stored. Adam has an epsilon of 1e-3: see
`adversarial_techniques.py`."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import philox
from fixtures import Fixture, norms, sums
from torch_networks import Adam, BatchNorm, initialize, minimize, numbers, tensors, uniform

BATCH, LATENT, CLASSES = 3, 5, 6
GENERATOR, DISCRIMINATOR, ENCODER, UNITS, ENCODER_UNITS = [8, 6, 4], [4, 5, 6, 7], [3, 4, 5, 6], 9, 10
leaky = lambda: nn.LeakyReLU(0.2)


class Conv(nn.Conv2d):
    """Keras' `same` on even extents with stride 2: the odd pixel of padding at the end."""

    def __init__(self, inputs, outputs, size, stride=1):
        super().__init__(inputs, outputs, size, stride)
        total = size - stride
        self.pads = (total // 2, total - total // 2) * 2

    def forward(self, x):
        return super().forward(F.pad(x, self.pads))


class Channels(nn.Module):
    """Features `[N, height · width · C]`, channels last, to `[N, C, height, width]`; or back."""

    def __init__(self, shape=None):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        if self.shape is None:
            return x.permute(0, 2, 3, 1).flatten(1)
        return x.view(-1, *self.shape).permute(0, 3, 1, 2)


def networks():
    encoder, channels = [Conv(3, ENCODER[0], 5, 2), leaky()], ENCODER[0]
    for filters in ENCODER[1:]:
        encoder += [Conv(channels, filters, 5, 2), BatchNorm(filters), leaky()]
        channels = filters
    encoder += [Channels(), nn.Linear(16 * channels, ENCODER_UNITS), BatchNorm(ENCODER_UNITS), leaky(), nn.Linear(ENCODER_UNITS, LATENT)]
    seed = 64 * GENERATOR[0]
    generator = [nn.Linear(LATENT + CLASSES, UNITS), leaky(), nn.Linear(UNITS, seed), BatchNorm(seed), leaky(), Channels((8, 8, GENERATOR[0]))]
    for inputs, outputs in zip(GENERATOR, GENERATOR[1:]):
        generator += [nn.Upsample(scale_factor=2), Conv(inputs, outputs, 5), BatchNorm(outputs, 0.8), leaky()]
    generator += [nn.Upsample(scale_factor=2), Conv(GENERATOR[2], 3, 5), nn.Tanh()]
    stem, trunk, channels = nn.Sequential(Conv(3, DISCRIMINATOR[0], 3, 2), leaky()), [], DISCRIMINATOR[0] + CLASSES
    for filters in DISCRIMINATOR[1:]:
        trunk += [Conv(channels, filters, 3, 2), BatchNorm(filters), leaky()]
        channels = filters
    trunk += [Channels(), nn.Linear(16 * channels, 1)]
    return nn.Sequential(*encoder), nn.Sequential(*generator), stem, nn.Sequential(*trunk)


latent = lambda n, count=BATCH: uniform((100, n), count, LATENT, limit=np.float32(1.7))
images = uniform((77, 0), BATCH, 64, 64, 3).permute(0, 3, 1, 2)
one_hot = lambda labels: F.one_hot(torch.tensor(labels), CLASSES).double()
LABELS, DRAWN = [1, 4, 0], [5, 2, 3]
distance = lambda a, b: (((a - b) ** 2).flatten(1).sum(1) + 1e-8).sqrt().mean()
fixture = Fixture("age-cgan-step", seed=15)


def start():
    encoder, generator, stem, trunk = networks()
    initialize(tensors(encoder, generator, stem, trunk))
    made = lambda z, labels: generator(torch.cat([z, one_hot(labels)], 1))

    def judge(x, labels):
        planes = one_hot(labels)[:, :, None, None].expand(-1, -1, 32, 32)
        return trunk(torch.cat([stem(x), planes], 1))

    return encoder, generator, stem, trunk, made, judge


def case(name, losses, networks, adams):
    after = numbers(tensors(*networks))
    roles = {"losses": [loss.item() for loss in losses], "parameterSum": sums(after), "parameterNorm": norms(after)}
    for learner, adam in adams.items():
        roles[f"{learner}SlotNorm"] = norms(numbers(adam.m + adam.v))
    fixture.case(name, {"source": "pytorch"}, roles)
    print(name, [f"{loss.item():.5f}" for loss in losses])


entropy = lambda logits, label: F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def game(stem, trunk, generator, made, judge, mismatched, latent=latent):
    """The losses, the accuracy and both learners. `mismatched` is the share that images under wrong labels have in what is to be
    refused."""
    of_judge, of_generator = Adam([stem, trunk]), Adam([generator])
    with torch.no_grad():
        generated = made(latent(0), LABELS)
    of_real, of_generated = judge(images, LABELS), judge(generated, LABELS)
    accuracy = 0.5 * ((of_real > 0).double().mean() + (of_generated <= 0).double().mean())
    real, fake = entropy(of_real, 1.0), entropy(of_generated, 0.0)
    losses, refused = [real, fake], fake
    if mismatched:
        drawn = [int(value) for value in np.float32(CLASSES - 1) * philox.uniform((101, 0), BATCH)]
        wrong = entropy(judge(images, [other + (other >= own) for other, own in zip(drawn, LABELS)]), 0.0)
        losses, refused = [real, fake, wrong], (1 - mismatched) * fake + mismatched * wrong
    of_judge.minimize(0.5 * (real + refused))
    played = entropy(judge(made(latent(1), DRAWN), DRAWN), 1.0)
    of_generator.minimize(played)
    return [*losses, accuracy, played], {"discriminator": of_judge, "generator": of_generator}


for name, mismatched in ("gan", 0), ("gan-mismatched", 0.25):
    encoder, generator, stem, trunk, made, judge = start()
    losses, learners = game(stem, trunk, generator, made, judge, mismatched)
    case(name, losses, (encoder, generator, stem, trunk), learners)

encoder, generator, stem, trunk, made, judge = start()
adam = Adam([encoder])
generator.eval()
with torch.no_grad():
    generated = made(latent(0), DRAWN)
loss = distance(encoder(generated), latent(0))
adam.minimize(loss)
case("encoder", [loss], (encoder, generator, stem, trunk), {"encoder": adam})

encoder, generator, stem, trunk, made, judge = start()
adam = Adam([encoder, generator])
# In place of a face network: a plane of every 16 by 16 pixels.
face = lambda x: F.avg_pool2d(x, 16).permute(0, 2, 3, 1).flatten(1)
loss = distance(face(made(encoder(images), LABELS)), face(images))
adam.minimize(loss)
case("identity", [loss], (encoder, generator, stem, trunk), {"identity": adam})

# The encoder alone, by pixels too.
encoder, generator, stem, trunk, made, judge = start()
adam = Adam([encoder])
generator.eval()
anew = made(encoder(images), LABELS)
loss, pixels = distance(face(anew), face(images)), F.mse_loss(anew, images)
adam.minimize(loss + 10 * pixels)
case("identity-encoder", [loss, pixels], (encoder, generator, stem, trunk), {"identity": adam})

# Both, while the game goes on: half of its latents are those that the encoder, in evaluation mode, finds in the images.
encoder, generator, stem, trunk, made, judge = start()


def half_found(n):
    encoder.eval()
    with torch.no_grad():
        found = encoder(images[:BATCH // 2])
    encoder.train()
    return torch.cat([found, latent(n, BATCH - BATCH // 2)])


losses, learners = game(stem, trunk, generator, made, judge, 0.25, half_found)
learners["identity"], learners["identity-generator"] = Adam([encoder]), Adam([generator])
anew = made(encoder(images), LABELS)
loss, pixels = distance(face(anew), face(images)), F.mse_loss(anew, images)
minimize(loss + 10 * pixels, learners["identity"], learners["identity-generator"])
case("identity-game", [*losses, loss, pixels], (encoder, generator, stem, trunk), learners)

# The model's own face network, on three people at two ages.
recognizer, channels = [], 3
for filters in (32, 64, 128, 256):
    recognizer += [Conv(channels, filters, 3, 2), BatchNorm(filters), leaky()]
    channels = filters
recognizer = nn.Sequential(*recognizer, Channels(), nn.Linear(16 * channels, 128))
initialize(tensors(recognizer))
adam, people = Adam([recognizer]), torch.arange(3)
vectors = F.normalize(recognizer(uniform((77, 1), 6, 64, 64, 3).permute(0, 3, 1, 2)))
cosines = vectors[:3] @ vectors[3:].T / 0.1
loss = 0.5 * (F.cross_entropy(cosines, people) + F.cross_entropy(cosines.T, people))
accuracy = (cosines.argmax(1) == people).double().mean()
adam.minimize(loss)
case("recognition", [loss, accuracy], (recognizer,), {"recognition": adam})
fixture.write()
