"""The small 3D-GAN on chairs, in PyTorch beside Figment, on the same volumes, judged by neither: how alike generated
and real chairs are, by the voxels that both fill of those that either fills (IoU).

  apt-get install --no-install-recommends sweethome3d-furniture                          # for `data`, Figment's too
  pip install torch numpy scipy                                                          # scipy for `score` only
  figment data prepare furniture:chairs chairs.figment --voxels 32 --variants 20         # what 20 epochs would show
  python gan3d_furniture.py data voxels.npz --figment .build/release/figment             # the same volumes, for NumPy
  python gan3d_furniture.py reference voxels.npz theirs.npz --iterations 2000 --seed 1
  figment train gan3d --preset small --data chairs.figment --iterations 2000 --seed 1 --output runs/gan3d
  figment generate runs/gan3d --count 500 --output volumes.npy
  python gan3d_furniture.py pack volumes.npy ours.npz
  python gan3d_furniture.py score voxels.npz theirs.npz ours.npz
"""
import argparse
import json
import pathlib
import subprocess
import tempfile
import time

import numpy as np

SIDE, LATENT, DEVIATION, BATCH, GATE, VARIANTS, FILTERS = 32, 200, 0.33, 32, 0.8, 20, [128, 64, 32]


def packed(volumes):
    """Eight voxels in a byte, the first in the lowest bit, as in Figment's prepared files."""
    return np.packbits(volumes.reshape(len(volumes), -1) >= 0.5, axis=1, bitorder="little")


def unpacked(volumes):
    return np.unpackbits(volumes, axis=1, bitorder="little").reshape(-1, SIDE, SIDE, SIDE)


def prepared(figment, *options):
    """What is to be learnt from and what is held out, packed."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "chairs.figment"
        command = [figment, "data", "prepare", "furniture:chairs", path, "--voxels", SIDE, *options]
        subprocess.run([str(word) for word in command], check=True)
        contents = path.read_bytes()
    start = 8 + int.from_bytes(contents[:8], "little")
    header = json.loads(contents[8:start])

    def tensor(name):
        begin, end = header[name]["data_offsets"]
        return np.frombuffer(contents[start + begin:start + end], np.uint8).reshape(header[name]["shape"])
    volumes, parts = tensor("volumes"), tensor("parts")
    return volumes[parts == 0], volumes[parts == 1]


def data(path, figment):
    train, held_out = prepared(figment, "--variants", VARIANTS)
    chairs, _ = prepared(figment)
    np.savez_compressed(path, train=train, chairs=chairs, held_out=held_out)
    print(f"{len(train)} volumes of {len(chairs)} chairs, {len(held_out)} chairs held out")


def networks():
    from torch import nn
    normalized = lambda channels: nn.BatchNorm3d(channels, eps=1e-3, momentum=0.01)
    g, d = [nn.ConvTranspose3d(LATENT, FILTERS[0], 4), normalized(FILTERS[0]), nn.ReLU()], []
    for inputs, outputs in zip(FILTERS, FILTERS[1:]):
        g += [nn.ConvTranspose3d(inputs, outputs, 4, 2, 1), normalized(outputs), nn.ReLU()]
    g += [nn.ConvTranspose3d(FILTERS[-1], 1, 4, 2, 1), nn.Sigmoid()]
    for inputs, outputs in zip([1, *FILTERS[::-1]], FILTERS[::-1]):
        d += [nn.Conv3d(inputs, outputs, 4, 2, 1), normalized(outputs), nn.LeakyReLU(0.2)]
    d += [nn.Conv3d(FILTERS[0], 1, 4)]
    for layer in g + d:
        if isinstance(layer, (nn.Conv3d, nn.ConvTranspose3d)):  # Keras' start
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*g), nn.Sequential(*d)


def reference(voxels, path, iterations, seed, count):
    """On a CUDA device if there is one, in float32 with TF32 off."""
    import torch
    import torch.nn.functional as F
    torch.set_default_device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(seed)
    volumes = torch.tensor(unpacked(np.load(voxels)["train"]))[:, None]
    g, d = networks()
    of_g, of_d = (torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999), 1e-7) for network in (g, d))
    latents = lambda count: DEVIATION * torch.randn(count, LATENT, 1, 1, 1)
    loss_of = lambda logits, label: F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
    order, accuracy, rested, start = [], 0, 0, time.time()
    for _ in range(iterations):
        if not order:
            order = list(torch.randperm(len(volumes)).split(BATCH))
        real = volumes[order.pop(0)].float()
        with torch.no_grad():
            fake = g(latents(len(real)))
        rests = accuracy > GATE
        with torch.set_grad_enabled(not rests):
            of_real, of_fake = d(real), d(fake)
        accuracy = 0.5 + 0.5 * ((of_real > 0).float().mean() - (of_fake > 0).float().mean()).item()
        if rests:
            rested += 1
        else:
            of_d.zero_grad()
            (0.5 * (loss_of(of_real, 1) + loss_of(of_fake, 0))).backward()
            of_d.step()
        loss = loss_of(d(g(latents(len(real)))), 1)
        of_g.zero_grad()
        loss.backward()
        of_g.step()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    print(f"{iterations} iterations in {time.time() - start:.1f} s, {rested} without a step of the discriminator; "
          f"at last accuracy {accuracy:.4f}, generator {loss:.4f}")
    g.eval()
    with torch.no_grad():
        samples = torch.cat([g(part) for part in latents(count).split(50)])
    np.savez_compressed(path, volumes=packed(samples.cpu().numpy()))


def overlaps(a, b):
    """IoU of each of `a` with each of `b`; two empty ones are alike."""
    a, b = (x.reshape(-1, SIDE ** 3).astype(np.float32) for x in (a, b))
    common = a @ b.T
    either = a.sum(1)[:, None] + b.sum(1) - common
    return np.where(either > 0, common / np.maximum(either, 1), 1)


def largest_share(volume):
    """Of the filled voxels, those in the largest piece; pieces touch by faces."""
    from scipy import ndimage
    return np.bincount(ndimage.label(volume)[0].ravel())[1:].max() / volume.sum()


def measured(volumes, train, chairs, held_out):
    """Empty volumes are like no chair, and have no pieces. Chairs fill less than a half: one bin of 20 is for more."""
    fills = lambda x: x.mean((1, 2, 3))
    histogram = lambda x: np.histogram(fills(x), np.append(np.linspace(0, 0.5, 20), 1))[0] / len(x)
    full = volumes[fills(volumes) > 0]
    of_held_out, among = overlaps(volumes, held_out), overlaps(volumes[:100], volumes[:100])
    measures = {
        "IoU to the nearest training chair": overlaps(volumes, chairs).max(1).mean(),
        "IoU of held-out chairs to the nearest": of_held_out.max(0).mean(),
        "held-out chairs that are nearest to some": len(set(overlaps(full, held_out).argmax(1))) / len(held_out),
        "share of the largest piece": np.mean([largest_share(volume) for volume in full]) if len(full) else 0,
        "distance of histograms of fill": np.abs(histogram(volumes) - histogram(train)).sum(),
        "empty": 1 - len(full) / len(volumes),
        "IoU among 100": among[np.triu_indices(len(among), 1)].mean()}
    return {name: round(float(value), 4) for name, value in measures.items()}


def score(voxels, files):
    train, chairs, held_out = (unpacked(np.load(voxels)[name]) for name in ("train", "chairs", "held_out"))
    some = train[np.random.default_rng(0).permutation(len(train))[:500]]
    print(json.dumps({"500 of the training volumes": measured(some, train, chairs, held_out)}))
    for file in files:
        volumes = unpacked(np.load(file)["volumes"])
        print(json.dumps({"file": file, "volumes": len(volumes), **measured(volumes, train, chairs, held_out)}))


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("command", choices=["data", "reference", "pack", "score"])
parser.add_argument("files", nargs="+")
parser.add_argument("--figment", default="figment")
parser.add_argument("--iterations", type=int, default=2000)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--count", type=int, default=500)
options = parser.parse_args()
if options.command == "data":
    data(options.files[0], options.figment)
elif options.command == "reference":
    reference(*options.files, options.iterations, options.seed, options.count)
elif options.command == "pack":
    np.savez_compressed(options.files[1], volumes=packed(np.load(options.files[0])))
else:
    score(options.files[0], options.files[1:])
