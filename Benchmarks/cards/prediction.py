"""What a training step should take on some cards, by a simple model.

A launch takes what it costs to follow another, and then the longer of two times: of its memory accesses at the card's full
bandwidth; and, of a product, of its multiply-adds. A multiprocessor takes groups in rounds; a group makes as many
multiply-adds as its share of the launch, of which as many fit into a cycle as the kernel's machine code leaves room for, and
no more than one an item.

Nothing is said of latencies, caches, clocks that fall, or groups at the edges, which are counted as full as all others.
What a launch must compute and move is the host's to tell; a launch of which that is not known has no prediction.
"""
import dataclasses
import math

LAUNCH_SECONDS = 3e-6


@dataclasses.dataclass(frozen=True)
class Card:
    name: str
    target: str
    multiprocessors: int
    hertz: float
    # Of a multiprocessor in a cycle.
    multiply_adds: int
    bytes_per_second: float


CARDS = [
    Card("H100 SXM", "sm_90", 132, 1.755e9, 128, 3.35e12),
    # Its own code is of a generation between the two that are compiled for; both are alike in what counts here.
    Card("RTX 3060", "sm_75", 28, 1.78e9, 128, 360e9),
    Card("RX 7900 XTX", "gfx1100", 96, 2.5e9, 128, 960e9),
    Card("Arc A770", "dg2", 32, 2.1e9, 128, 560e9),
]


def seconds(launch, figures, card):
    """Of one launch, or nothing if it cannot be told.

    Args:
        figures: Of the kernel's machine code for the card.
    """
    if (launch.work if launch.kernel.is_product else launch.bytes) is None:
        return None
    moving = (launch.bytes or 0) / card.bytes_per_second
    return LAUNCH_SECONDS + max(moving, _multiplying(launch, figures, card) if launch.kernel.is_product else 0)


def _multiplying(launch, figures, card):
    rounds = math.ceil(launch.groups / card.multiprocessors)
    # Few items cannot keep a multiprocessor busy, however few rounds there are.
    rounds = max(rounds, card.multiply_adds / launch.kernel.items)
    cycles = rounds * (launch.work / launch.groups) / (card.multiply_adds * figures["busy"])
    return cycles / card.hertz


def of_models(steps, figures, card):
    """A line for each model: what all launches take that can be told, and how many cannot.

    Args:
        figures: Of each kernel for the card.
    """
    lines = []
    for model, told in steps.models.items():
        launches = [launch for launch in steps.launches if launch.model == model]
        times = [(launch.count, seconds(launch, figures.get(launch.kernel, {}), card)) for launch in launches
                 if launch.kernel in figures]
        known = [(count, time) for count, time in times if time is not None]
        lines.append({
            "model": model, "card": card.name, "launches": told["count"], "host_ms": round(told["host_ms"], 2),
            "predicted": sum(count for count, _ in known),
            "predicted_ms": round(1e3 * sum(count * time for count, time in known), 3)})
    return lines
