"""Makes the fixtures beside it: pip install numpy torch safetensors; python3 make.py

Element i of an array of whole numbers is i, of booleans i % 2, of floats (i - 5) / 2; all have shape 2×3×4.
"""

import pathlib

import numpy
import safetensors.torch
import torch

folder = pathlib.Path(__file__).parent
shape = (2, 3, 4)
whole = numpy.arange(24).reshape(shape)
halves = (whole - 5) / 2


def npy(name, array, version=(1, 0)):
    with open(folder / f"{name}.npy", "wb") as file:
        numpy.lib.format.write_array(file, array, version=version)


for kind in ["f2", "f4", "f8"]:
    npy(f"little-{kind}", halves.astype("<" + kind))
    npy(f"big-{kind}", halves.astype(">" + kind))
for kind in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
    npy(f"little-{kind}", whole.astype("<" + kind))
    npy(f"big-{kind}", whole.astype(">" + kind))
npy("bool", whole % 2 == 1)
npy("fortran", numpy.asfortranarray(halves.astype("<f4")))
npy("version2", halves.astype("<f4"), (2, 0))
npy("version3", halves.astype("<f4"), (3, 0))
npy("scalar", numpy.float32(2.5))
npy("vector", numpy.arange(3, dtype="<f4"))
npy("empty", numpy.zeros((0, 4), "<f4"))
npy("complex", halves.astype("<c8"))
npy("records", numpy.zeros(2, [("a", "<f4"), ("b", "<i4")]))
npy("inexact", numpy.array([1, 2**24 + 1]))

npy("large", numpy.array([1, 1e39]))
npy("bigfortran", numpy.asfortranarray(halves.astype(">f8")))


def raw(name, header, array):
    """A file as NumPy under Python 2 and other programs wrote it, which NumPy reads."""
    (folder / f"{name}.npy").write_bytes(
        b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + array.tobytes()
    )
    assert (numpy.load(folder / f"{name}.npy") == halves).all()


raw(
    "python2",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2L, 3L, 4L), }".ljust(117) + "\n",
    halves,
)
raw("unaligned", '{"shape":(2,3,4),"fortran_order":False,"descr":"f2"}', halves.astype("<f2"))

halves, whole = torch.tensor(halves), torch.tensor(whole)
types = {
    **{kind: halves.to(getattr(torch, kind)) for kind in ["float64", "float32", "float16", "bfloat16"]},
    **{kind: whole.to(getattr(torch, kind)) for kind in ["int64", "int32", "int16", "int8", "uint8"]},
    **{kind: whole.to(getattr(torch, kind)) for kind in ["uint64", "uint32", "uint16"]},
    "bool": whole % 2 == 1,
    "empty": torch.zeros(0, 4),
    "scalar": torch.tensor(2.5),
}
safetensors.torch.save_file(types, folder / "types.safetensors", {"text": 'quote " backslash \\ line\n é 😀 \x01'})

# What Figment's writer must make, byte for byte.
same = {
    "b.weight": halves.to(torch.float32),
    "a.bias": torch.tensor([0.1, float("inf"), -0.0]),
    "random": torch.tensor([2**64 - 1, 7], dtype=torch.uint64),
    "image": torch.tensor([1, 2, 3], dtype=torch.uint8),
}
safetensors.torch.save_file(same, folder / "same.safetensors", {"epoch": "3 “quoted”\n"})
