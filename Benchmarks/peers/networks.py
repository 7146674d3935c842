"""The models' networks in PyTorch, layer by layer as Sources/Models has them."""
import torch
import torch.nn.functional as F
from torch import nn


def leaky():
    return nn.LeakyReLU(0.2)


def down(inputs, outputs, size=3):
    """A convolution that halves images, and what comes behind it."""
    return [nn.Conv2d(inputs, outputs, size, stride=2, padding=size // 2), nn.BatchNorm2d(outputs), leaky()]


class Shape(nn.Module):
    """[N, features] to [N, *shape], in the memory format of the run."""

    def __init__(self, *shape, channels_last=False):
        super().__init__()
        self.shape, self.channels_last = shape, channels_last

    def forward(self, x):
        x = x.view(-1, *self.shape)
        return x.contiguous(memory_format=torch.channels_last) if self.channels_last and x.dim() == 4 else x


class Autoencoder(nn.Module):
    def __init__(self, channels_last):
        super().__init__()
        slope = lambda: nn.LeakyReLU(0.3)
        self.network = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), slope(), nn.Conv2d(32, 64, 3, stride=2, padding=1), slope(),
            nn.Conv2d(64, 64, 3, stride=2, padding=1), slope(), nn.Conv2d(64, 64, 3, padding=1), slope(),
            nn.Flatten(), nn.Linear(3136, 2), nn.Linear(2, 3136), Shape(64, 7, 7, channels_last=channels_last),
            nn.ConvTranspose2d(64, 64, 3, padding=1), slope(),
            nn.ConvTranspose2d(64, 64, 3, stride=2, padding=1, output_padding=1), slope(),
            nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1), slope(),
            nn.ConvTranspose2d(32, 1, 3, padding=1), nn.Sigmoid())

    def forward(self, images):
        return self.network(images)


class VariationalAutoencoder(nn.Module):
    def __init__(self, channels_last):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(),
            nn.Flatten(), nn.Linear(14 * 14 * 64, 32), nn.ReLU())
        self.mean, self.log_variance = nn.Linear(32, 2), nn.Linear(32, 2)
        self.decoder = nn.Sequential(
            nn.Linear(2, 14 * 14 * 64), nn.ReLU(), Shape(64, 14, 14, channels_last=channels_last),
            nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1), nn.ReLU(),
            nn.Conv2d(32, 1, 3, padding=1))

    def forward(self, images):
        features = self.trunk(images)
        mean, log_variance = self.mean(features), self.log_variance(features)
        latents = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        return self.decoder(latents), mean, log_variance


def dense_gan():
    block = lambda i, o: [nn.Linear(i, o), leaky(), nn.BatchNorm1d(o)]
    generator = nn.Sequential(
        *block(100, 256), *block(256, 512), *block(512, 1024), nn.Linear(1024, 784), nn.Tanh(), Shape(1, 28, 28))
    discriminator = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 512), leaky(), nn.Linear(512, 256), leaky(), nn.Linear(256, 1))
    return generator, discriminator


def dcgan(channels_last):
    up = lambda i, o: [nn.Upsample(scale_factor=2), nn.Conv2d(i, o, 5, padding=2)]
    generator = nn.Sequential(
        nn.Linear(100, 2048), leaky(), nn.Linear(2048, 16384), nn.BatchNorm1d(16384), leaky(),
        Shape(256, 8, 8, channels_last=channels_last), *up(256, 128), leaky(), *up(128, 64), leaky(), *up(64, 3), nn.Tanh())
    discriminator = nn.Sequential(
        nn.Conv2d(3, 128, 5, padding=2), leaky(), nn.MaxPool2d(2), nn.Conv2d(128, 256, 3), leaky(), nn.MaxPool2d(2),
        nn.Conv2d(256, 512, 3), leaky(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18432, 1024), leaky(),
        nn.Linear(1024, 1))
    return generator, discriminator


class LabelledGenerator(nn.Module):
    def __init__(self, channels_last):
        super().__init__()
        up = lambda i, o: [nn.Upsample(scale_factor=2), nn.Conv2d(i, o, 5, padding=2), nn.BatchNorm2d(o), leaky()]
        self.network = nn.Sequential(
            nn.Linear(106, 2048), leaky(), nn.Dropout(0.2), nn.Linear(2048, 16384), nn.BatchNorm1d(16384), leaky(),
            nn.Dropout(0.2), Shape(256, 8, 8, channels_last=channels_last), *up(256, 128), *up(128, 64),
            nn.Upsample(scale_factor=2), nn.Conv2d(64, 3, 5, padding=2), nn.Tanh())

    def forward(self, latents, labels):
        return self.network(torch.cat([latents, F.one_hot(labels, 6).float()], 1))


class LabelledDiscriminator(nn.Module):
    def __init__(self, channels_last):
        super().__init__()
        self.channels_last = channels_last
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 3, stride=2, padding=1), leaky())
        self.trunk = nn.Sequential(*down(70, 128), *down(128, 256), *down(256, 512), nn.Flatten(), nn.Linear(8192, 1))

    def forward(self, images, labels):
        planes = F.one_hot(labels, 6).float()[:, :, None, None].expand(-1, -1, 32, 32)
        features = torch.cat([self.stem(images), planes], 1)
        if self.channels_last:
            features = features.contiguous(memory_format=torch.channels_last)
        return self.trunk(features)


def encoder():
    """Images to latents; channels go before pixels where they are flattened, which makes no difference to the time."""
    return nn.Sequential(
        nn.Conv2d(3, 32, 5, stride=2, padding=2), leaky(), *down(32, 64, 5), *down(64, 128, 5), *down(128, 256, 5), nn.Flatten(),
        nn.Linear(4096, 4096), nn.BatchNorm1d(4096), leaky(), nn.Linear(4096, 100))


def face_recognizer():
    """Images to vectors of any length."""
    return nn.Sequential(
        *down(3, 32), *down(32, 64), *down(64, 128), *down(128, 256), nn.Flatten(), nn.Linear(4096, 128))


def vgg_features():
    """VGG16 to block3_conv3, with its activation."""
    layers, channels = [], 3
    for width, count in [(64, 2), (128, 2), (256, 3)]:
        for _ in range(count):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers[:-1])


def voxel_gan():
    up = lambda i, o: [nn.ConvTranspose3d(i, o, 4, 2, 1), nn.BatchNorm3d(o), nn.ReLU()]
    generator = nn.Sequential(
        nn.ConvTranspose3d(200, 512, 4), nn.BatchNorm3d(512), nn.ReLU(), *up(512, 256), *up(256, 128), *up(128, 64),
        nn.ConvTranspose3d(64, 1, 4, 2, 1), nn.Sigmoid())
    down = lambda i, o: [nn.Conv3d(i, o, 4, 2, 1), nn.BatchNorm3d(o), leaky()]
    discriminator = nn.Sequential(
        *down(1, 64), *down(64, 128), *down(128, 256), *down(256, 512), nn.Conv3d(512, 1, 4))
    return generator, discriminator


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(64), nn.Conv2d(64, 64, 3, padding=1),
            nn.BatchNorm2d(64))

    def forward(self, x):
        return x + self.body(x)


class SuperResolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Sequential(nn.Conv2d(3, 64, 9, padding=4), nn.ReLU())
        self.body = nn.Sequential(
            *[Residual() for _ in range(16)], nn.Conv2d(64, 64, 3, padding=1), nn.BatchNorm2d(64))
        self.tail = nn.Sequential(
            nn.Upsample(scale_factor=2), nn.Conv2d(64, 256, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.Conv2d(256, 3, 9, padding=4), nn.Tanh())

    def forward(self, images):
        features = self.head(images)
        return self.tail(features + self.body(features))


def patch_discriminator():
    layers, channels = [nn.Conv2d(3, 64, 3, padding=1), leaky()], 64
    for filters, stride in ((64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2)):
        layers += [nn.Conv2d(channels, filters, 3, stride=stride, padding=1), leaky(), nn.BatchNorm2d(filters)]
        channels = filters
    return nn.Sequential(*layers, nn.Conv2d(512, 1024, 1), leaky(), nn.Conv2d(1024, 1, 1))
