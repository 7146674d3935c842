"""An interlaced PNG (Adam7) of 13×11 colors of 16 bits, value (1000 x + 300 y + 7 channel) modulo 65536: python3 interlaced.py"""
import pathlib
import struct
import zlib

width, height = 13, 11
passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


rows = b""
for left, top, right, down in passes:
    for y in range(top, height, down):
        pixels = [(1000 * x + 300 * y + 7 * c) % 65536 for x in range(left, width, right) for c in range(3)]
        rows += b"\0" + struct.pack(f">{len(pixels)}H", *pixels)
folder = pathlib.Path(__file__).parent / "rows"
folder.mkdir(exist_ok=True)
header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 1)
chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
(folder / "interlaced.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks))
