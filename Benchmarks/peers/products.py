"""Matrix products by NumPy's BLAS or by PyTorch, timed: one JSON object a line, named as figment names them.

Usage: products.py numpy|torch
PyTorch on a CUDA device if there is one, in float32 with TF32 off.
"""
import json
import sys

from timing import median_seconds

if "torch" in sys.argv:
    import torch
    DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cuda.matmul.allow_tf32 = False

CASES = [(512, 512, 512), (1024, 1024, 1024), (1025, 1025, 1025), (2048, 2048, 2048), (64, 64, 2048)]


def operand(library, rows, columns, transposed):
    """A matrix of rows × columns that lies in memory as its transpose if asked to."""
    if library == "numpy":
        import numpy
        stored = numpy.random.rand(*((columns, rows) if transposed else (rows, columns))).astype("float32")
    else:
        stored = torch.rand(*((columns, rows) if transposed else (rows, columns)), device=DEVICE)
    return stored.T if transposed else stored


def main():
    library = sys.argv[1]
    wait = torch.cuda.synchronize if library == "torch" and DEVICE == "cuda" else None
    for m, n, k in CASES:
        for left, right in ((False, False), (False, True), (True, False)):
            a, b = operand(library, m, k, left), operand(library, k, n, right)
            seconds = median_seconds(lambda: a @ b, 0.3, wait)
            suffix = " TN" if left else " NT" if right else ""
            print(json.dumps({"name": f"product {m}×{n}×{k}{suffix}", "median_ms": 1e3 * seconds}))


if __name__ == "__main__":
    main()
