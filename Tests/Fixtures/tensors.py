"""Tensor operations with gradients, from PyTorch: broadcasting, products, reductions, layout."""

import numpy as np
import torch

from fixtures import Fixture, gradients_of_torch

fixture = Fixture("tensors", seed=5)


def case(name, operation, function, *inputs, **attributes):
    """Roles are `input` (or `left` and `right`, or `input0`, `input1`, …), `gradient`, `output` and
    `<role>Gradient`."""
    roles = {1: ["input"], 2: ["left", "right"]}.get(len(inputs), [f"input{i}" for i in range(len(inputs))])
    output, upstream, gradients = gradients_of_torch(function, inputs, fixture.normal)
    fixture.case(
        name, {"operation": operation, "source": "torch", **attributes},
        {**dict(zip(roles, inputs)), "gradient": upstream, "output": output,
         **{f"{role}Gradient": g for role, g in zip(roles, gradients)}})


normal, uniform = fixture.normal, fixture.uniform

# Elements.
UNARY = {
    "exp": torch.exp, "log": torch.log, "logarithmOnePlus": torch.log1p,
    "exponentialMinusOne": torch.expm1, "squareRoot": torch.sqrt,
    "reciprocalSquareRoot": torch.rsqrt, "square": torch.square, "reciprocal": torch.reciprocal,
    "absolute": torch.abs, "sine": torch.sin, "cosine": torch.cos, "negate": torch.neg,
}
for operation, function in UNARY.items():
    positive = operation in ("log", "logarithmOnePlus", "squareRoot", "reciprocalSquareRoot", "reciprocal")
    case(f"unary-{operation}", operation, function, uniform(3, 7, low=0.1, high=4) if positive else normal(3, 7))
case("unary-power-2.5", "power", lambda x: x**2.5, uniform(3, 7, low=0.1, high=3), exponent=2.5)
case("unary-power-3-of-negative", "power", lambda x: x**3, normal(3, 7), exponent=3)
case("unary-clamp", "clamp", lambda x: x.clamp(-0.5, 1), normal(3, 7), low=-0.5, high=1)

# Broadcasting.
SHAPES = {
    "equal": ([3, 4], [3, 4]), "row": ([3, 4], [4]), "column": ([3, 4], [3, 1]), "scalar": ([2, 3], []),
    "both": ([4, 1, 3], [2, 1]), "ranks": ([5], [2, 3, 1, 5]), "channels": ([2, 3, 4, 5], [5]),
    "samples": ([2, 3, 4, 2], [2, 1, 1, 2]), "one": ([1, 1], [3, 2]),
}
BINARY = {
    "add": torch.add, "subtract": torch.sub, "multiply": torch.mul, "divide": torch.div, "power": torch.pow,
    "maximum": torch.maximum, "minimum": torch.minimum,
}
for operation, function in BINARY.items():
    for word, (left, right) in SHAPES.items():
        first = uniform(*left, low=0.3, high=2) if operation == "power" else normal(*left)
        second = normal(*right)
        if operation == "divide":
            second = (np.sign(second) * (np.abs(second) + 0.5)).astype(np.float32)
        case(f"{operation}-{word}", operation, function, first, second)

# Matrix products.
MATRICES = {
    "square": ([4, 4], [4, 4]), "odd": ([3, 5], [5, 7]), "row": ([1, 9], [9, 3]), "column": ([5, 1], [1, 3]),
    "batch": ([2, 3, 4], [2, 4, 5]), "batches": ([2, 3, 2, 5], [2, 3, 5, 2]), "shared": ([3, 2, 5], [5, 4]),
    "wide": ([17, 33], [33, 19]),
}
for word, (left, right) in MATRICES.items():
    case(f"matmul-{word}", "matrixProduct", torch.matmul, normal(*left), normal(*right))

# Reductions.
REDUCTIONS = {
    "sum": lambda x, axes, keep: x.sum(axes, keepdim=keep),
    "mean": lambda x, axes, keep: x.mean(axes, keepdim=keep),
    "maximum": lambda x, axes, keep: x.amax(axes, keepdim=keep),
    "minimum": lambda x, axes, keep: x.amin(axes, keepdim=keep),
    "variance": lambda x, axes, keep: x.var(axes, correction=0, keepdim=keep),
    "logSumExp": lambda x, axes, keep: x.logsumexp(axes, keepdim=keep),
}
AXES = {"last": [-1], "first": [0], "middle": [1], "two": [0, 2], "space": [1, 2], "all": [0, 1, 2, 3]}
for operation, function in REDUCTIONS.items():
    for word, axes in AXES.items():
        for keep in (False, True) if word == "space" else (False,):
            case(f"{operation}-{word}{'-kept' if keep else ''}", operation,
                 lambda x: function(x, axes, keep), normal(3, 4, 2, 5), axes=axes, keepsAxes=keep)
case("logSumExp-extreme", "logSumExp", lambda x: x.logsumexp(-1),
     np.array([[100, 99, -100], [-100, -101, -99], [100, 100, 100]], np.float32), axes=[-1], keepsAxes=False)
case("sum-long", "sum", lambda x: x.sum(0), uniform(5003, 1), axes=[0], keepsAxes=False)
case("variance-far-from-zero", "variance", lambda x: x.var(0, correction=0),
     (normal(200, 2) + 1000).astype(np.float32), axes=[0], keepsAxes=False)

# Layout.
case("transpose", "transpose", lambda x: x.permute(1, 0), normal(3, 4), permutation=[1, 0])
case("transpose-4d", "transpose", lambda x: x.permute(0, 3, 1, 2), normal(2, 3, 4, 5), permutation=[0, 3, 1, 2])
case("transpose-3d", "transpose", lambda x: x.permute(2, 0, 1), normal(2, 3, 4), permutation=[2, 0, 1])
case("reshape", "reshape", lambda x: x.reshape(4, 6), normal(2, 3, 4), shape=[4, 6])
case("broadcast", "broadcast", lambda x: x.expand(2, 3, 4), normal(3, 1), shape=[2, 3, 4])
for axis in (0, 1, -1):
    sizes = [[2, 3, 4], [2, 3, 4], [2, 3, 4]]
    sizes[1][axis] = 1
    sizes[2][axis] = 5
    case(f"concatenate-{axis}", "concatenate", lambda *x: torch.cat(x, axis), *(normal(*s) for s in sizes),
         axis=axis)
case("stack", "stack", lambda *x: torch.stack(x, 1), normal(2, 3), normal(2, 3), normal(2, 3), axis=1)
case("slice", "slice", lambda x: x[1:3, :, 2:], normal(4, 3, 5), lower=[1, 0, 2], upper=[3, 3, 5])
case("slice-4d", "slice", lambda x: x[:, 1:4, 2:3, :], normal(2, 5, 4, 3), lower=[0, 1, 2, 0], upper=[2, 4, 3, 3])
case("pad", "pad", lambda x: torch.nn.functional.pad(x, [1, 2, 0, 3], value=0), normal(2, 3, 4),
     low=[0, 0, 1], high=[0, 3, 2], value=0)
case("pad-value", "pad", lambda x: torch.nn.functional.pad(x, [1, 0, 2, 1], value=-1.5), normal(3, 2),
     low=[2, 1], high=[1, 0], value=-1.5)
case("tile", "tile", lambda x: x.tile(2, 1, 3), normal(2, 3, 2), repeats=[2, 1, 3])
case("flip", "flip", lambda x: x.flip(0, 2), normal(2, 3, 4), axes=[0, 2])
for word, indices in {"rows": [2, 0, 4, 1], "repeated": [3, 3, 0, 3, 1]}.items():
    case(f"gather-{word}", "gather", lambda x: x[torch.tensor(indices)], normal(5, 3), indices=indices)
mask = (normal(3, 4) > 0).astype(np.float32)
case("select", "select", lambda a, b: torch.where(torch.tensor(mask) != 0, a, b), normal(3, 4), normal(3, 4),
     condition=mask.astype(int).ravel().tolist())

fixture.write()
