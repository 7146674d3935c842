"""Makes the IDX files beside it, each as small as it can be: pip install numpy; python3 idx.py

What is gzipped is checked with Python's own `gzip`.
"""

import gzip
import pathlib
import struct
import zlib

import numpy

folder = pathlib.Path(__file__).parent
kinds = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def idx(array, kind):
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, kinds[kind], array.ndim, *array.shape)
    return head + array.astype(">" + kind).tobytes()


images = numpy.arange(60).reshape(5, 4, 3)
for kind in kinds:
    (folder / f"images-{kind}.idx").write_bytes(idx(images, kind))
    (folder / f"labels-{kind}.idx").write_bytes(idx(numpy.array([7, 0, 9]), kind))

plain = idx(images, "u1")


def member(data, flags=0, fields=b"", level=9):
    """A gzip member with the fields that the flags announce."""
    head = struct.pack("<2sBBIBB", b"\x1f\x8b", 8, flags, 1234567890, 0, 255) + fields
    if flags & 2:
        head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    body = zlib.compressobj(level, zlib.DEFLATED, -15)
    return head + body.compress(data) + body.flush() + struct.pack("<II", zlib.crc32(data), len(data))


extra = struct.pack("<H", 6) + b"AB\x02\x00xy"
files = {
    "header": member(plain, 1 | 2 | 4 | 8 | 16, extra + b"train-images-idx3-ubyte\0" + b"a comment\0"),
    "members": b"".join(member(plain[start : start + 17], 8, b"part\0") for start in range(0, len(plain), 17)),
    "padded": member(plain) + bytes(1000),
    "padded-members": member(plain[:30]) + bytes(7) + member(plain[30:]) + bytes(70000),
    "empty-member": member(b"") + member(plain) + member(b""),
    "stored": member(plain, level=0),
}
for name, data in files.items():
    assert gzip.decompress(data) == plain, name
    (folder / f"{name}.gz").write_bytes(data)
