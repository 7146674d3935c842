"""Pictures reduced as MATLAB's imresize(picture, scale, "bicubic") does it: python3 matlab.py (pip install numpy safetensors).

Written from the published definition, not from any program: output pixel i (from 0) lies at u = (i + 1/2) / scale - 1/2 of the input.
For a reduction the cubic kernel (Keys, a = -1/2) is stretched by 1 / scale, so that it is 4 / scale wide; its values at the pixels
that it reaches are divided by their sum. Pixels outside are those inside, reflected at the edge ("symmetric"). Of two extents
reduced alike the first, the vertical one, is done first, and each gives bytes: rounded, halves away from zero, and clamped.
"""
import pathlib

import numpy as np
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent
random = np.random.default_rng(11)


def cubic(x):
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0))


def matrix(size, count):
    """[count, size]: what part each input pixel has in each output pixel."""
    scale = count / size
    stretch = min(scale, 1)
    result = np.zeros((count, size))
    mirror = np.concatenate([np.arange(size), np.arange(size)[::-1]])
    for i in range(count):
        u = (i + 0.5) / scale - 0.5
        pixels = np.arange(np.floor(u - 2 / stretch), np.ceil(u + 2 / stretch) + 1).astype(int)
        weights = cubic(stretch * (u - pixels))
        np.add.at(result[i], mirror[pixels % (2 * size)], weights / weights.sum())
    return result


def rounded(values):
    return np.clip(np.floor(values + 0.5), 0, 255)


def reduced(picture, height, width):
    columns = rounded(np.einsum("oi,ixc->oxc", matrix(picture.shape[0], height), picture.astype(float)))
    return rounded(np.einsum("oi,yic->yoc", matrix(picture.shape[1], width), columns)).astype(np.uint8)


arrays = {}
for name, height, width, channels in [("color", 48, 32, 3), ("grey", 24, 40, 1), ("tiny", 8, 8, 3)]:
    y, x = np.mgrid[0:height, 0:width]
    planes = [128 + 120 * np.sin(x / (2 + c) + y / (4 - c)) for c in range(channels)]
    picture = np.clip(np.stack(planes, -1) + random.normal(0, 20, (height, width, channels)), 0, 255).astype(np.uint8)
    picture[height // 2:, width // 2:] = 255 - picture[height // 2:, width // 2:]
    arrays[name] = picture
    for scale in (2, 4):
        arrays[f"{name} {width // scale}x{height // scale}"] = reduced(picture, height // scale, width // scale)
    arrays[f"{name} {2 * width}x{2 * height}"] = reduced(picture, 2 * height, 2 * width)
save_file(arrays, here / "matlab.safetensors")
