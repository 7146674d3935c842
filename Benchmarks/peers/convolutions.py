"""Single convolutions and their gradients by PyTorch, timed: one JSON object a line, named as figment names them.

Usage: convolutions.py [--channels-last] [--seconds 0.3] < CASES
On a CUDA device if there is one, in float32 with TF32 off.

CASES are lines such as 'dcgan input gradient 32×16×16×128 → 8×8×256 k6 s2': the batch, extents and channels of the
input, those of the output, kernel size, stride.
"""
import argparse
import json
import re
import sys

import torch

from timing import median_seconds

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
CASE = re.compile(r"(forward|input gradient|filter gradient) (\S+) → (\S+) k(\d+)(?: s(\d+))?$")


def make(case, channels_last):
    kind, given, result, kernel, stride = CASE.search(case).groups()
    batch, *extents, channels = map(int, given.split("×"))
    *outputs, filters = map(int, result.split("×"))
    kernel, stride, axes = int(kernel), int(stride or 1), len(extents)
    # PyTorch pads both ends alike: where an odd number is wanted, one more makes no other output.
    padding = [max(0, -(-((o - 1) * stride + kernel - i) // 2)) for i, o in zip(extents, outputs)]
    layout = {2: torch.channels_last, 3: torch.channels_last_3d}[axes] if channels_last else torch.contiguous_format
    x = torch.rand(batch, channels, *extents, device=DEVICE).contiguous(memory_format=layout)
    filter = torch.rand(filters, channels, *[kernel] * axes, device=DEVICE).contiguous(memory_format=layout)
    gradient = torch.rand(batch, filters, *outputs, device=DEVICE).contiguous(memory_format=layout)

    def convolve():
        return torch.ops.aten.convolution(
            x, filter, None, [stride] * axes, padding, [1] * axes, False, [0] * axes, 1)

    def differentiate():
        wanted = [kind == "input gradient", kind == "filter gradient", False]
        return torch.ops.aten.convolution_backward(
            gradient, x, filter, None, [stride] * axes, padding, [1] * axes, False, [0] * axes, 1, wanted)

    if list(convolve().shape) != [batch, filters, *outputs]:
        sys.exit(f"{case}: PyTorch's output has the shape {list(convolve().shape)}")
    return convolve if kind == "forward" else differentiate


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--seconds", type=float, default=0.3)
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    for case in map(str.strip, sys.stdin):
        run = make(case, options.channels_last)
        seconds = median_seconds(run, options.seconds, torch.cuda.synchronize if DEVICE == "cuda" else None)
        print(json.dumps({"name": case, "median_ms": 1e3 * seconds}), flush=True)


if __name__ == "__main__":
    main()
