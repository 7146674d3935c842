#!/usr/bin/env python3
"""A folder of JPEGs of about a megapixel to 64×64: Figment's `data prepare` beside torchvision's `ImageFolder` with a `DataLoader` of
two workers, in turns; the median of each and their ratio.

Needs pillow, torch and torchvision, and pictures to cut the JPEGs from: Debian's `lomiri-wallpapers-16.04`.
"""

import argparse
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

here = pathlib.Path(__file__).resolve().parent


def make(folder, count):
    from PIL import Image
    sources = []
    for path in sorted(pathlib.Path("/usr/share/backgrounds").iterdir()):
        if path.suffix in (".jpg", ".png"):
            image = Image.open(path).convert("RGB")
            if image.width >= 1152 and image.height >= 864:
                sources.append(image)
    if not sources:
        sys.exit("no wallpapers in /usr/share/backgrounds: apt-get install lomiri-wallpapers-16.04")
    draw = random.Random(1)
    for index in range(count):
        image = sources[index % len(sources)]
        x, y = draw.randint(0, image.width - 1152), draw.randint(0, image.height - 864)
        part = folder / "ab"[index % 2]
        part.mkdir(parents=True, exist_ok=True)
        image.crop((x, y, x + 1152, y + 864)).save(part / f"{index:04}.jpg", quality=88)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--count", type=int, default=2000)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--folder", type=pathlib.Path, help="pictures made before, or where to keep them")
parser.add_argument("--figment", default=here.parent / ".build/release/figment")
options = parser.parse_args()

with tempfile.TemporaryDirectory() as temporary:
    folder = options.folder or pathlib.Path(temporary) / "pictures"
    if not folder.exists():
        make(folder, options.count)
    prepared, seconds = pathlib.Path(temporary) / "prepared.safetensors", {"figment": [], "torchvision": []}
    for _ in range(options.rounds):
        start = time.perf_counter()
        subprocess.run(
            [options.figment, "data", "prepare", folder, prepared, "--size", "64", "--overwrite"], check=True,
            capture_output=True)
        seconds["figment"].append(time.perf_counter() - start)
        peer = subprocess.run(
            [sys.executable, here / "peers/torch_loading.py", folder], check=True, capture_output=True, text=True)
        seconds["torchvision"].append(float(peer.stdout.split()[0]))
    for name, times in seconds.items():
        print(f"{name}: {statistics.median(times):.2f} s (" + ", ".join(f"{t:.2f}" for t in times) + ")")
    print(f"{statistics.median(seconds['torchvision']) / statistics.median(seconds['figment']):.2f} times as fast")
