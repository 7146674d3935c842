"""Models' training steps in PyTorch, timed: prints a JSON object for each, as `figment benchmark steps` does.

Usage: torch_step.py NAME:BATCH … [--channels-last] [--seconds S] [--tf32]
On a CUDA device if there is one, in float32; with --tf32 products round what they multiply to 10 bits there. It is waited
for behind up to 16 steps, as figment's trainer does.
"""
import argparse
import json

import torch
import torch.nn.functional as F

import networks
from timing import median_seconds

FORMATS = {4: torch.channels_last, 5: torch.channels_last_3d}
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


class Run:
    def __init__(self, batch, channels_last):
        self.batch, self.channels_last = batch, channels_last

    def data(self, *shape):
        data = torch.rand(self.batch, *shape, device=DEVICE)
        return data.contiguous(memory_format=FORMATS.get(data.dim(), torch.contiguous_format)) if self.channels_last else data

    def module(self, module):
        module = module.to(DEVICE)
        formats = {FORMATS[p.dim()] for p in module.parameters() if p.dim() in FORMATS}
        return module.to(memory_format=formats.pop()) if self.channels_last and formats else module


def minimize(loss, optimizer):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def adam(module):
    return torch.optim.Adam(module.parameters(), 2e-4, (0.5, 0.999))


def autoencoder(run):
    model, images = run.module(networks.Autoencoder(run.channels_last)), run.data(1, 28, 28)
    optimizer = torch.optim.Adam(model.parameters(), 5e-4)
    return lambda: minimize(F.mse_loss(model(images), images), optimizer)


def vae(run):
    model, images = run.module(networks.VariationalAutoencoder(run.channels_last)), run.data(1, 28, 28)
    optimizer = torch.optim.RMSprop(model.parameters(), 1e-3, alpha=0.9, eps=1e-7)

    def step():
        logits, mean, log_variance = model(images)
        divergence = torch.mean(1 + log_variance - mean**2 - log_variance.exp())
        return minimize(F.binary_cross_entropy_with_logits(logits, images) - 5e-4 * divergence, optimizer)

    return step


def adversarial(run, generator, discriminator, samples, latents, labelled=False):
    """The discriminator on real and generated samples, then the generator through it."""
    generator, discriminator = run.module(generator), run.module(discriminator)
    of_generator, of_discriminator = adam(generator), adam(discriminator)
    real_labels = torch.randint(6, [run.batch], device=DEVICE)

    def condition(labels):
        return [labels] if labelled else []

    def noise():
        return torch.randn(run.batch, *latents, device=DEVICE)

    def cross_entropy(logits, target):
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))

    def step():
        with torch.no_grad():
            generated = generator(noise(), *condition(real_labels))
        real, fake = (discriminator(x, *condition(real_labels)) for x in (samples, generated))
        minimize(0.5 * (cross_entropy(real, 1) + cross_entropy(fake, 0)), of_discriminator)
        for parameter in discriminator.parameters():
            parameter.requires_grad_(False)
        labels = torch.randint(6, [run.batch], device=DEVICE)
        minimize(
            cross_entropy(discriminator(generator(noise(), *condition(labels)), *condition(labels)), 1), of_generator)
        for parameter in discriminator.parameters():
            parameter.requires_grad_(True)

    return step


def srgan(run):
    generator = run.module(networks.SuperResolution())
    optimizer, small, large = adam(generator), run.data(3, 64, 64), run.data(3, 256, 256)
    return lambda: minimize(F.mse_loss(generator(small), large), optimizer)


def srgan_infer(run):
    generator, small = run.module(networks.SuperResolution()).eval(), run.data(3, 64, 64)

    def step():
        with torch.no_grad():
            generator(small)

    return step


def srgan_adversarial(run, features=None):
    """With pixels as the content, or a frozen network's features of images as VGG was trained on them."""
    generator, discriminator = run.module(networks.SuperResolution()), run.module(networks.patch_discriminator())
    of_generator, of_discriminator = adam(generator), adam(discriminator)
    small, large = run.data(3, 64, 64), run.data(3, 256, 256)

    def cross_entropy(logits, target):
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))

    def content(generated):
        if features is None:
            return F.mse_loss(generated, large)
        means = torch.tensor([103.939, 116.779, 123.68], device=DEVICE)[:, None, None]
        seen = lambda images: network(127.5 * (images.flip(1) + 1) - means)
        with torch.no_grad():
            wanted = seen(large)
        return F.mse_loss(seen(generated), wanted)

    if features is not None:
        network = run.module(features()).requires_grad_(False)

    def step():
        generated = generator(small)
        real, fake = discriminator(large), discriminator(generated.detach())
        minimize(0.5 * (cross_entropy(real, 1) + cross_entropy(fake, 0)), of_discriminator)
        for parameter in discriminator.parameters():
            parameter.requires_grad_(False)
        minimize(content(generated) + 1e-3 * cross_entropy(discriminator(generated), 1), of_generator)
        for parameter in discriminator.parameters():
            parameter.requires_grad_(True)

    return step


def age_identity(run):
    """Encoder and generator through a frozen face network."""
    encoder, generator = run.module(networks.encoder()), run.module(networks.LabelledGenerator(run.channels_last))
    network = run.module(networks.face_recognizer()).eval().requires_grad_(False)
    embedding = lambda faces: F.normalize(network(faces))
    images, labels = run.data(3, 64, 64), torch.randint(6, [run.batch], device=DEVICE)
    optimizer = torch.optim.Adam([*encoder.parameters(), *generator.parameters()], 2e-4, (0.5, 0.999))

    def step():
        with torch.no_grad():
            wanted = embedding(images)
        made = embedding(generator(encoder(images), labels))
        minimize((((made - wanted) ** 2).sum(1) + 1e-8).sqrt().mean(), optimizer)

    return step


STEPS = {
    "autoencoder": autoencoder,
    "vae": vae,
    "gan": lambda run: adversarial(run, *networks.dense_gan(), run.data(1, 28, 28), [100]),
    "dcgan": lambda run: adversarial(run, *networks.dcgan(run.channels_last), run.data(3, 64, 64), [100]),
    "age-cgan": lambda run: adversarial(
        run, networks.LabelledGenerator(run.channels_last), networks.LabelledDiscriminator(run.channels_last),
        run.data(3, 64, 64), [100], labelled=True),
    "gan3d": lambda run: adversarial(run, *networks.voxel_gan(), run.data(1, 64, 64, 64), [200, 1, 1, 1]),
    "srgan": srgan,
    "srgan-infer": srgan_infer,
    "srgan-adversarial": srgan_adversarial,
    "srgan-content": lambda run: srgan_adversarial(run, networks.vgg_features),
    "age-cgan-identity": age_identity,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("steps", nargs="+", metavar="NAME:BATCH")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--tf32", action="store_true")
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = options.tf32
    torch.backends.cudnn.benchmark = True

    wait = torch.cuda.synchronize if DEVICE == "cuda" else lambda: None
    for name, batch in (step.split(":") for step in options.steps):
        step = STEPS[name](Run(int(batch), options.channels_last))
        seconds = median_seconds(step, options.seconds, wait, least=0.1, most=16)
        print(json.dumps({
            "name": name, "device": DEVICE, "batch": int(batch), "median_ms": 1e3 * seconds,
            "version": torch.__version__}), flush=True)


if __name__ == "__main__":
    main()
