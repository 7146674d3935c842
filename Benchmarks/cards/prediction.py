"""What a training step should take on some cards, by a simple model.

A launch takes what it costs to follow another, and then the longest of its times. Its memory accesses go at the card's
bandwidth, or at what the bytes on their way allow: as many items as are resident, each with the loads that its machine code
has in flight, wait for memory together. A product's multiply-adds: a multiprocessor takes groups in rounds; a group makes as
many multiply-adds as its share of the launch, of which as many fit into a cycle as the kernel's machine code leaves room for,
and no more than one an item.

Every buffer that a launch gets is moved once, and an optimizer's twice but for the gradients. Nothing is said of caches,
clocks that fall, what a product waits for, or groups at the edges, which are counted as full as all others.
"""
import dataclasses
import math

from targets import TARGETS

LAUNCH_SECONDS = 3e-6
# From a load to its value.
MEMORY_SECONDS = 600e-9


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


@dataclasses.dataclass(frozen=True)
class Times:
    """Of one launch, in seconds, but for what it costs to follow another."""
    moving: float
    multiplying: float
    # What moving takes at the card's whole bandwidth.
    at_full_bandwidth: float

    @property
    def seconds(self):
        return LAUNCH_SECONDS + max(self.moving, self.multiplying)

    @property
    def share_of_bandwidth(self):
        return self.at_full_bandwidth / self.moving


def times(launch, figures, card):
    """
    Args:
        figures: Of the kernel's machine code for the card.
    """
    kernel, moved = launch.kernel, launch.bytes
    if kernel.name == "optimizerStep":
        # Parameters and slots are read and written, gradients read.
        slots = kernel.number("SLOTS")
        moved = moved * (3 + 2 * slots) / (2 + slots)
    bandwidth = card.bytes_per_second
    if figures["in_flight"]:
        items = min(launch.groups * kernel.items, card.multiprocessors * TARGETS[card.target].items_of_multiprocessor(figures))
        bandwidth = min(bandwidth, items * figures["in_flight"] / MEMORY_SECONDS)
    return Times(moved / bandwidth, _multiplying(launch, figures, card) if kernel.is_product else 0,
                 moved / card.bytes_per_second)


def _multiplying(launch, figures, card):
    rounds = math.ceil(launch.groups / card.multiprocessors)
    # Few items cannot keep a multiprocessor busy, however few rounds there are.
    rounds = max(rounds, card.multiply_adds / launch.kernel.items)
    cycles = rounds * (launch.work / launch.groups) / (card.multiply_adds * figures["busy"])
    return cycles / card.hertz


def of_models(steps, figures, card):
    """A line for each model: what its launches take, which kinds of kernels take most of that, and, of the bytes that all but
    products move in launches that are longer than it takes to follow one, how many go at 60 % of the card's bandwidth or more.

    Args:
        figures: Of each kernel for the card.
    """
    lines = []
    for model, told in steps.models.items():
        launches = [(launch, times(launch, figures[launch.kernel], card)) for launch in steps.launches
                    if launch.model == model and launch.kernel in figures]
        terms, moved, fast = {}, 0, 0
        for launch, taken in launches:
            term = launch.kernel.kind if launch.kernel.is_product else launch.kernel.name
            terms[term] = terms.get(term, 0) + launch.count * taken.seconds
            # Of less, a launch takes longer than its bytes.
            if not launch.kernel.is_product and taken.at_full_bandwidth > LAUNCH_SECONDS:
                moved += launch.count * launch.bytes
                fast += launch.count * launch.bytes * (taken.share_of_bandwidth >= 0.6)
        largest = sorted(terms.items(), key=lambda term: -term[1])[:3]
        lines.append({
            "model": model, "card": card.name, "launches": told["count"], "host_ms": round(told["host_ms"], 2),
            "predicted_ms": round(1e3 * sum(terms.values()), 3),
            "largest": {term: round(1e3 * seconds, 3) for term, seconds in largest},
            "at_60_percent_of_bandwidth": round(fast / moved, 3) if moved else None})
    return lines
