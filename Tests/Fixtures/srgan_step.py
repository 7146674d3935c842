"""One step of each stage of the super-resolution GAN, from PyTorch in float64: the generators of all three presets, both
scales, both errors of pixels, with and without a weight for images reduced again. Weights and images come from Philox; digests
are stored. Adam has an epsilon of 1e-3: see `adversarial_techniques.py`."""

import torch
import torch.nn.functional as F
from torch import nn

from fixtures import Fixture, norms, sums
from torch_networks import Adam, BatchNorm, initialize, numbers, tensors, uniform

BATCH, SIDE, BLOCKS = 2, 8, 2


class Strided(nn.Conv2d):
    """Keras' `same` with kernel 3, stride 2 and even extents puts the one pixel of padding at the end."""

    def forward(self, x):
        return super().forward(F.pad(x, (0, 1, 0, 1)))


class Shuffle(nn.Module):
    """TensorFlow's `depth_to_space`: the channels of a pixel's four parts one after the other."""

    def forward(self, x):
        n, channels, height, width = x.shape
        parts = x.view(n, 2, 2, channels // 4, height, width)
        return parts.permute(0, 3, 4, 1, 5, 2).reshape(n, channels // 4, 2 * height, 2 * width)


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


def prelu(channels):
    layer = nn.PReLU(channels)
    nn.init.zeros_(layer.weight)
    return layer


class Generator(nn.Module):
    def __init__(self, preset, doublings):
        super().__init__()
        shuffles, upsampled = preset == "paper", {"published": 256, "paper": 64, "small": 64}[preset]
        same = lambda i, o, k=3: nn.Conv2d(i, o, k, padding=k // 2)
        rectifier = (lambda channels: nn.ReLU()) if preset == "published" else prelu
        block = lambda: Residual(same(64, 64), rectifier(64), BatchNorm(64, 0.8), same(64, 64), BatchNorm(64, 0.8))
        self.head = nn.Sequential(same(3, 64, 9), rectifier(64))
        self.body = nn.Sequential(*[block() for _ in range(BLOCKS)], same(64, 64), BatchNorm(64, 0.8))
        layers, channels = [], 64
        for _ in range(doublings):
            layers += [same(64, 256), Shuffle()] if shuffles else [nn.Upsample(scale_factor=2), same(channels, upsampled)]
            layers.append(rectifier(upsampled))
            channels = upsampled
        self.tail = nn.Sequential(*layers, same(channels, 3, 9), nn.Tanh())

    def forward(self, x):
        features = self.head(x)
        return self.tail(features + self.body(features))


def discriminator():
    leaky = lambda: nn.LeakyReLU(0.2)
    layers, channels = [nn.Conv2d(3, 64, 3, padding=1), leaky()], 64
    for filters, stride in ((64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2)):
        convolution = Strided(channels, filters, 3, stride=2) if stride == 2 else nn.Conv2d(channels, filters, 3, padding=1)
        layers += [convolution, leaky(), BatchNorm(filters, 0.8)]
        channels = filters
    return nn.Sequential(*layers, nn.Conv2d(512, 1024, 1), leaky(), nn.Conv2d(1024, 1, 1))


def images(key, side):
    return uniform((key, 0), BATCH, side, side, 3).permute(0, 3, 1, 2)


def case(name, preset, scale, absolute, rate, beta1, consistency=0, key=77):
    small, large = images(key, SIDE), images(key + 1, scale * SIDE)
    error = F.l1_loss if absolute else F.mse_loss
    roles = {}

    def networks():
        generator, judge = Generator(preset, {2: 1, 4: 2}[scale]), discriminator()
        initialize(tensors(generator, judge))
        return generator, judge

    generator, judge = networks()
    pretraining_rate = 5e-4 if preset == "small" else rate
    adam = Adam([generator], pretraining_rate, beta1)
    loss = error(generator(small), large)
    adam.minimize(loss)
    after = numbers(tensors(generator))
    roles |= {"pretrainLosses": [loss.item()], "pretrainSum": sums(after), "pretrainNorm": norms(after),
              "pretrainSlotNorm": norms(numbers(adam.m + adam.v))}

    generator, judge = networks()
    of_judge, of_generator = Adam([judge], rate, beta1), Adam([generator], rate, beta1)
    generated = generator(small)
    of_real, of_generated = judge(large), judge(generated.detach())
    accuracy = 0.5 * ((of_real > 0).double().mean() + (of_generated <= 0).double().mean())
    entropy = lambda logits, label: F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
    real, fake = entropy(of_real, 1.0), entropy(of_generated, 0.0)
    of_judge.minimize(0.5 * (real + fake))
    reduced = lambda images: F.avg_pool2d(images, scale)
    game = entropy(judge(generated), 1.0)
    content = error(generated, large) + consistency * F.mse_loss(reduced(generated), reduced(large))
    of_generator.minimize(content + 1e-3 * game)
    after = numbers(tensors(generator, judge))
    losses = [t.item() for t in (real, fake, accuracy, game, content)]
    roles |= {"losses": losses, "parameterSum": sums(after), "parameterNorm": norms(after),
              "generatorSlotNorm": norms(numbers(of_generator.m + of_generator.v)),
              "discriminatorSlotNorm": norms(numbers(of_judge.m + of_judge.v))}
    fixture.case(name, {"source": "pytorch", "preset": preset, "scale": scale, "absolute": int(absolute),
                        "learningRates": [pretraining_rate, rate], "beta1": beta1, "key": key}, roles)
    print(name, [f"{value:.5f}" for value in roles["pretrainLosses"] + losses])


# Of a discriminator that sees few places, a batch normalization can blow rounding up: with images 77 and 78 of `small` PyTorch's
# own float32 is off by 4e-3.
fixture = Fixture("srgan-step", seed=14)
case("published", "published", 4, False, 2e-4, 0.5)
case("published-double", "published", 2, True, 2e-4, 0.5)
case("paper", "paper", 4, False, 1e-4, 0.9)
case("paper-double", "paper", 2, True, 1e-4, 0.9)
case("small", "small", 4, False, 1e-4, 0.9, consistency=1, key=81)
case("small-double", "small", 2, True, 1e-4, 0.9, consistency=1, key=81)
fixture.write()
