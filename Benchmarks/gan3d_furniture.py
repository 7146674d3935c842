"""The small 3D-GAN on Debian's chairs, in PyTorch beside Figment, both judged by the shapes themselves.

  pip install torch numpy scipy
  figment data prepare furniture:chairs chairs.safetensors --voxels 32 --variants 20   # mirrored and stretched by up to 15 %
  python gan3d_furniture.py reference chairs.safetensors theirs.npy --iterations 1000 --seed 1
  figment train gan3d --preset small --data furniture:chairs --iterations 1000 --seed 1 --output runs/chairs
  figment generate runs/chairs --count 200 --output ours.npy
  python gan3d_furniture.py score chairs.safetensors held.safetensors ours.npy theirs.npy

`score` prints, of volumes with occupancies above a half: the mean intersection over union of a sample and the nearest training
and held-out chair (of the latter, that of each chair and the nearest sample: the minimum matching distance turned around);
coverage, the share of held-out chairs that are nearest to some sample; the share of full voxels in the largest component; and
the distance of the histograms of occupancy (earth mover's, in voxels)."""
import argparse
import json
import struct
import time

import numpy as np


def volumes(path):
    """`[N, side, side, side]`, 0 or 1, of a prepared file or an array."""
    if path.endswith(".npy"):
        return (np.load(path)[..., 0] >= 0.5).astype(np.uint8)
    with open(path, "rb") as file:
        size, = struct.unpack("<Q", file.read(8))
        entry = json.loads(file.read(size))["volumes"]
        begin, end = entry["data_offsets"]
        file.seek(8 + size + begin)
        values = np.frombuffer(file.read(end - begin), np.uint8).reshape(entry["shape"])
    return (values[..., 0] > 127).astype(np.uint8) if values.max() > 1 else values[..., 0]


def networks(nn):
    up = lambda i, o: [nn.ConvTranspose3d(i, o, 4, 2, 1), nn.BatchNorm3d(o, 1e-3, 0.01), nn.ReLU()]
    down = lambda i, o: [nn.Conv3d(i, o, 4, 2, 1), nn.BatchNorm3d(o, 1e-3, 0.01), nn.LeakyReLU(0.2)]
    generator = nn.Sequential(
        nn.ConvTranspose3d(200, 128, 4), nn.BatchNorm3d(128, 1e-3, 0.01), nn.ReLU(), *up(128, 64), *up(64, 32),
        nn.ConvTranspose3d(32, 1, 4, 2, 1), nn.Sigmoid())
    discriminator = nn.Sequential(*down(1, 32), *down(32, 64), *down(64, 128), nn.Conv3d(128, 1, 4))
    for layer in [*generator, *discriminator]:
        if isinstance(layer, (nn.Conv3d, nn.ConvTranspose3d)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return generator, discriminator


def reference(options):
    import torch
    import torch.nn.functional as F
    from torch import nn
    torch.manual_seed(options.seed)
    data = torch.from_numpy(volumes(options.files[0])).float()[:, None]
    generator, discriminator = networks(nn)
    adam = lambda network: torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999), 1e-7)
    of_generator, of_discriminator = adam(generator), adam(discriminator)
    latents = lambda count: 0.33 * torch.randn(count, 200, 1, 1, 1)
    entropy = lambda logits, label: F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
    accuracy, began, order = 0.0, time.time(), torch.randperm(len(data))
    for step in range(options.iterations):
        # The last, smaller batch of an epoch too.
        if len(order) == 0:
            order = torch.randperm(len(data))
        real, order = data[order[:options.batch]], order[options.batch:]
        with torch.no_grad():
            fake = generator(latents(len(real)))
        of_real, of_fake = discriminator(real), discriminator(fake)
        rests, accuracy = accuracy > 0.8, 0.5 * ((of_real > 0).float().mean() + (of_fake <= 0).float().mean()).item()
        if not rests:
            of_discriminator.zero_grad()
            (0.5 * (entropy(of_real, 1.0) + entropy(of_fake, 0.0))).backward()
            of_discriminator.step()
        of_generator.zero_grad()
        entropy(discriminator(generator(latents(len(real)))), 1.0).backward()
        of_generator.step()
    print(f"{options.iterations} iterations in {time.time() - began:.1f} s")
    generator.eval()
    with torch.no_grad():
        made = torch.cat([generator(latents(50)) for _ in range(4)])
    np.save(options.files[1], made.permute(0, 2, 3, 4, 1).numpy())


def score(options):
    from scipy.stats import wasserstein_distance
    training, held = volumes(options.files[0]), volumes(options.files[1])

    def overlap(a, b):
        a, b = a.reshape(len(a), -1).astype(np.float32), b.reshape(len(b), -1).astype(np.float32)
        both = a @ b.T
        return both / np.maximum(a.sum(1)[:, None] + b.sum(1)[None] - both, 1)

    def largest(volume):
        from scipy.ndimage import label
        parts, count = label(volume)
        return np.bincount(parts.ravel())[1:].max() / max(volume.sum(), 1) if count else 0.0

    for path in options.files[2:]:
        samples = volumes(path)
        with_held = overlap(samples, held)
        print(json.dumps({
            "file": path, "samples": len(samples),
            "nearest_training": round(float(overlap(samples, training).max(1).mean()), 4),
            "nearest_held": round(float(with_held.max(1).mean()), 4),
            "matching": round(float(with_held.max(0).mean()), 4),
            "coverage": round(len(set(with_held.argmax(1))) / len(held), 3),
            "largest_component": round(float(np.mean([largest(v) for v in samples])), 4),
            "occupancy_distance": round(float(wasserstein_distance(
                samples.reshape(len(samples), -1).sum(1), training.reshape(len(training), -1).sum(1))), 1)}))


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=["reference", "score"]); p.add_argument("files", nargs="+")
    p.add_argument("--iterations", type=int, default=1000); p.add_argument("--seed", type=int, default=1)
    p.add_argument("--batch", type=int, default=32)
    options = p.parse_args()
    {"reference": reference, "score": score}[options.what](options)
