"""Pictures of every kind and what Pillow makes of them: python3 make.py (pip install pillow==11.* numpy safetensors; libturbojpeg0).

Files of their own are the inputs; pictures.safetensors holds their pixels, resize.safetensors pictures at other sizes.
Up to version 12 Pillow resizes rows before columns, as Figment does; 13 chooses, and differs by its rounding.
"""
import ctypes
import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent
random = np.random.default_rng(7)


def scene(height, width, channels):
    """A smooth picture with an edge and some noise."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [128 + 100 * np.sin(x / (3 + 2 * c) + y / (5 - c)) for c in range(channels)]
    picture = np.stack(planes, -1) + random.normal(0, 6, (height, width, channels))
    picture[height // 3:, width // 2:] = 255 - picture[height // 3:, width // 2:]
    return np.clip(picture, 0, 255).astype(np.uint8)


def png(header, rows, more=()):
    """A PNG of `header` (width, height, depth, colour type), without filters: Pillow writes no 16-bit colours."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    body = b"".join(b"\0" + bytes(row) for row in rows)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", *header, 0, 0, 0)), *more, (b"IDAT", zlib.compress(body)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks)


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


files, pixels = {}, {}


def add(name, data, expected):
    files[name], pixels[name] = data, np.ascontiguousarray(expected.reshape(*expected.shape[:2], -1))


def white(rgba):
    """Over white, rounded to the nearest."""
    rgba = rgba.astype(np.int64)
    opacity = rgba[..., -1:]
    return ((rgba[..., :-1] * opacity + 255 * (255 - opacity) + 127) // 255).astype(np.uint8)


grey, color = scene(9, 11, 1)[..., 0], scene(9, 11, 3)
opacity = np.clip(np.linspace(-40, 300, 99), 0, 255).astype(np.uint8).reshape(9, 11)
add("grey.png", saved(Image.fromarray(grey), "png"), grey)
add("color.png", saved(Image.fromarray(color), "png"), color)
for depth in (1, 2, 4):
    levels = grey >> (8 - depth)
    bits = np.unpackbits(levels[..., None], axis=-1)[..., 8 - depth:].reshape(9, -1)
    expected = (levels.astype(int) * 255 // (2**depth - 1)).astype(np.uint8)
    add(f"grey-{depth}-bits.png", png((11, 9, depth, 0), np.packbits(bits, axis=1)), expected)
grey16, color16 = (a.astype(np.uint16) * 257 for a in (grey, color))
add("grey-16-bits.png", png((11, 9, 16, 0), [row.astype(">u2").tobytes() for row in grey16]), grey)
add("color-16-bits.png", png((11, 9, 16, 2), [row.astype(">u2").tobytes() for row in color16]), color)
grey_alpha, color_alpha = np.stack([grey, opacity], -1), np.concatenate([color, opacity[..., None]], -1)
add("grey-alpha.png", saved(Image.fromarray(grey_alpha), "png"), white(grey_alpha))
add("color-alpha.png", saved(Image.fromarray(color_alpha), "png"), white(color_alpha))
wide = color_alpha.astype(np.uint16) * 257
add("color-alpha-16-bits.png", png((11, 9, 16, 6), [row.astype(">u2").tobytes() for row in wide]), white(color_alpha))
for colors in (2, 4, 16, 200):
    palette = Image.fromarray(color).quantize(colors)
    add(f"palette-{colors}.png", saved(palette, "png"), np.array(palette.convert("RGB")))
palette = Image.fromarray(color).quantize(16)
data = saved(palette, "png", transparency=bytes(range(0, 256, 17)))
add("palette-alpha.png", data, white(np.array(Image.open(io.BytesIO(data)).convert("RGBA"))))
key = color.copy()
key[2:5, 3:8] = (1, 2, 3)
data = saved(Image.fromarray(key), "png", transparency=(1, 2, 3))
add("color-key.png", data, np.where((key == (1, 2, 3)).all(-1, keepdims=True), 255, key).astype(np.uint8))
add("profile.png", saved(Image.fromarray(grey), "png", icc_profile=b"a profile of no use"), grey)

large, large_grey = scene(21, 34, 3), scene(21, 34, 1)[..., 0]


def jpeg(name, image, **options):
    data = saved(image, "jpeg", **options)
    shown = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    add(name, data, np.array(shown.convert("RGB") if shown.mode == "CMYK" else shown))


jpeg("grey.jpg", Image.fromarray(large_grey))
jpeg("color.jpg", Image.fromarray(large), quality=90, subsampling=0)
jpeg("color-halved.jpg", Image.fromarray(large), quality=90)
jpeg("progressive.jpg", Image.fromarray(large), quality=80, progressive=True)
jpeg("profile.jpg", Image.fromarray(large_grey), icc_profile=b"a profile of no use")
inks = Image.fromarray(scene(16, 24, 4), "CMYK")
jpeg("print.jpg", inks, quality=90)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    jpeg(f"turned-{orientation}.jpg", Image.fromarray(large_grey), exif=exif, quality=60)
exif = Image.Exif()
exif[0x0112] = 6
add("turned.png", saved(Image.fromarray(grey), "png", exif=exif), np.rot90(grey, -1))

# Pillow writes the inks of a print as they are; TurboJPEG turns three of them to brightness and colours.
turbo = ctypes.CDLL("libturbojpeg.so.0")
turbo.tjInitCompress.restype = ctypes.c_void_p
stored = 255 - np.array(inks)
buffer, size = ctypes.c_void_p(), ctypes.c_ulong()
status = turbo.tjCompress2(
    ctypes.c_void_p(turbo.tjInitCompress()), stored.tobytes(), 24, 0, 16, 11, ctypes.byref(buffer), ctypes.byref(size), 0, 90, 0)
assert status == 0
data = ctypes.string_at(buffer, size.value)
assert Image.open(io.BytesIO(data)).mode == "CMYK"
# TurboJPEG leaves out the mark by which Pillow knows such files: what the inks give, nearly.
full = stored.astype(int)
add("print-ycck.jpg", data, ((full[..., :3] * full[..., 3:] + 127) // 255).astype(np.uint8))

for name, data in files.items():
    (here / name).write_bytes(data)
save_file(pixels, here / "pictures.safetensors")

resized = {}
sources = {"color": scene(23, 31, 3), "grey": scene(17, 40, 1)[..., 0], "stripes": np.tile(np.uint8([0, 255]), (12, 9))}
filters = {"box": Image.BOX, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}
for source, array in sources.items():
    resized[source] = array.reshape(*array.shape[:2], -1)
    image = Image.fromarray(array)
    for name, resample in filters.items():
        for width, height in [(7, 5), (16, 16), (1, 1), (53, 11), (64, 64), (image.width, 9), (13, image.height), image.size]:
            key = f"{source} {name} {width}x{height}"
            resized[key] = np.array(image.resize((width, height), resample)).reshape(height, width, -1)
        box = (2.25, 1.5, image.width - 3.5, image.height - 0.75)
        resized[f"{source} {name} 10x6 part"] = np.array(image.resize((10, 6), resample, box=box)).reshape(6, 10, -1)
save_file({k: np.ascontiguousarray(v) for k, v in resized.items()}, here / "resize.safetensors")
