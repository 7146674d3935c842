"""What a training step launches on a card, as `figment benchmark launches` lists it, and the programs' text."""
import dataclasses
import json
import math
import pathlib
import re
import subprocess
import sys

# Macros that stand for the absence of another.
_WITHOUT_EFFECT = ("NARROW", "CACHED", "PLAIN")

# The programs of products.
PRODUCTS = ("gemmGPU", "winogradGPU")

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True)
class Kernel:
    """What is compiled and judged once, however often it is launched."""
    source: str
    name: str
    options: str
    items: int

    @property
    def macros(self):
        return dict(re.findall(r"-D(\w+)=(\S+)", self.options))

    def number(self, macro):
        return int(self.macros[macro])

    @property
    def is_product(self):
        return self.source in PRODUCTS

    @property
    def is_winograd(self):
        return self.source == "winogradGPU"

    @property
    def kind(self):
        """Of a product, what it is for."""
        if "FILTER" in self.macros:
            return "input gradient"
        if "SINGLE_TAP" in self.macros:
            return "matrix"
        return "filter gradient" if "LEFT_TRANSPOSED" in self.macros else "convolution"

    @property
    def is_largest_tile(self):
        return self.macros.get("TILE_M") == self.macros.get("TILE_N") == "128"

    @property
    def step_multiply_adds(self):
        """Of a product, what an item multiplies for each tile of k."""
        if not self.is_product:
            return None
        if self.is_winograd:
            return 8 * 8 * self.number("DEPTH")
        return self.number("TILE_M") * self.number("TILE_N") * self.number("TILE_K") // self.items

    @property
    def width(self):
        """The floats that its loads are for, if all of them are for as many."""
        macros = ["LEFT_WIDTH", "RIGHT_WIDTH"] if self.is_product else ["WIDTH"]
        return min(int(self.macros.get(macro, 1)) for macro in macros)

    @property
    def label(self):
        if self.is_winograd:
            taps = self.number("TAPS") * self.number("STEP")
            return " ".join([self.name, self.kind, f"{taps}×{taps}", *(["of all phases"] if "PHASES" in self.macros else [])])
        if self.is_product:
            told = [f"{side.lower()}ᵀ" for side in ("LEFT", "RIGHT") if f"{side}_TRANSPOSED" in self.macros]
            told += ["of one tap"] if self.kind == "input gradient" and "SINGLE_TAP" in self.macros else []
            told += ["of all phases"] if "PHASES" in self.macros else []
            widths = "/".join(self.macros[f"{operand}_WIDTH"] for operand in ("LEFT", "RIGHT", "OUTPUT"))
            tile = "×".join(self.macros[f"TILE_{axis}"] for axis in "MNK")
            return " ".join([self.name, tile, self.kind, *told, widths])
        told = [f"{name}={value}" for name, value in self.macros.items() if name not in _WITHOUT_EFFECT]
        return " ".join([self.name, *told])


@dataclasses.dataclass(frozen=True)
class Launch:
    kernel: Kernel
    model: str
    count: int
    groups: int
    # Multiply-adds of a product, and the bytes of all its buffers.
    work: int | None
    bytes: int


@dataclasses.dataclass
class Steps:
    """The training steps of some models on a card of so many multiprocessors."""
    # A line for each model: its launches, and the milliseconds that the host takes for them.
    models: dict
    launches: list


def read(figment, models, units, vendor):
    """Asks the command.

    Args:
        vendor: Who made the card, or None if that does not matter.
    """
    result = subprocess.run(
        [figment, "benchmark", "launches", *models, "--compute-units", str(units), "--format", "json",
         *(["--vendor", vendor] if vendor else [])],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if result.returncode:
        sys.exit(f"{figment} benchmark launches: ended with status {result.returncode}")
    return parse(result.stdout)


def parse(text):
    steps = Steps({}, [])
    for line in map(json.loads, text.splitlines()):
        launch = line.get("launch")
        if launch is None:
            steps.models[line["name"]] = {"count": line["count"], "host_ms": line["median_ms"]}
            continue
        items = math.prod(launch["local"])
        steps.launches.append(Launch(
            Kernel(launch["source"], launch["kernel"], launch["options"], items),
            line["name"].removesuffix(" " + launch["kernel"]), line["count"], math.prod(launch["global"]) // items,
            launch.get("work"), launch["bytes"]))
    return steps


def program_texts(root, sources):
    """The text of each program of a repository, put together as the host does."""
    swift = (root / "Sources/Kernels/KernelSource.swift").read_text()
    block = re.findall(r'"(\w+)"', re.search(r"let block = \[(.*?)\]", swift)[1])
    texts = {}
    for source, files in re.findall(r"case \.(\w+): (.*)", swift):
        if source in sources:
            names = ["prelude", *(block if "block +" in files else []), *re.findall(r'"(\w+)"', files)]
            texts[source] = "".join(
                f'#line 1 "{name}.cl"\n{(root / "Kernels" / f"{name}.cl").read_text()}\n' for name in names)
    return texts
