"""Faces turned upright by Pillow: python3 alignment.py (pip install numpy pillow safetensors). Each picture is reduced by
`resize` so that its eyes are as far apart as wanted, and then turned by `transform` with bilinear interpolation. Where that leaves
the picture Pillow gives 0, and a mask is 0 too."""
import pathlib

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent
random = np.random.default_rng(12)
WANTED = (0.3580, 0.3549), (0.6317, 0.3549)
tensors = {}
for name, (width, height), size, eyes in [
    ("reduced", (48, 40), 24, ((15.3, 18.1), (30.7, 22.6))),
    ("enlarged", (21, 17), 16, ((8.25, 7.5), (11.0, 6.25))),
    ("beyond the edge", (30, 30), 20, ((4.0, 10.0), (20.0, 14.0))),
]:
    noise = random.integers(0, 256, (height // 4 + 2, width // 4 + 2, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((width, height), Image.BICUBIC)
    place = lambda part: complex(part[0] * size, part[1] * size)
    wanted, given = [place(part) for part in WANTED], [complex(*eye) for eye in eyes]
    scale = min(1, abs(wanted[1] - wanted[0]) / abs(given[1] - given[0]))
    small = picture.resize((round(width * scale), round(height * scale)), Image.BILINEAR)
    given = [complex(eye.real * small.width / width, eye.imag * small.height / height) for eye in given]
    step = (given[1] - given[0]) / (wanted[1] - wanted[0])
    start = given[0] - step * wanted[0]
    data = (step.real, -step.imag, start.real, step.imag, step.real, start.imag)
    tensors[f"{name} picture"] = np.asarray(picture)
    tensors[f"{name} turned"] = np.asarray(small.transform((size, size), Image.AFFINE, data, Image.BILINEAR))
    white = Image.new("L", small.size, 255)
    tensors[f"{name} mask"] = np.asarray(white.transform((size, size), Image.AFFINE, data, Image.BILINEAR))[..., None]
save_file(tensors, here / "alignment.safetensors")
