"""Tables of what machine code shows, a summary of each target, and floors that it must not fall under."""

# Kernels that a line of the summary names at most; the tables have them all.
MOST_NAMES = 12

KINDS = ("matrix", "convolution", "input gradient", "filter gradient")

# Of the largest tile, 128 × 128, where both operands are loaded four floats at a time: multiply-adds among the instructions
# of a step by what the product is for, and how many warps of a multiprocessor, or waves of a SIMD, are resident.
FLOORS = {
    "sm_90": {"matrix": 0.80, "convolution": 0.75, "filter gradient": 0.70, "resident": 16},
    "gfx1100": {"resident": 10},
}

LEGEND = """\
  regs      registers of an item       spill, stack  bytes of memory of an item    local     bytes of a group
  res       {unit}, resident
  share     multiply-adds among the instructions of the innermost loop that has most of them; of a product, of a tile of k
  busy      of the multiply-adds that fit, if what is issued beside them is not counted
  covered   of a step's multiply-adds, those issued between a global load and what first waits for it, at least
  flying    bytes of global loads an item has on their way at most, in the loop that loads most
  in loop, loads, stores, local    accesses by their bits: in that loop, then in the whole kernel"""


def is_narrow(kernel, figures):
    """Whether what should be loaded four floats at a time is loaded one by one."""
    return kernel.width == 4 and figures["loop_loads"].get("32", 0) >= 4


def is_early(kernel, figures):
    """Whether a product waits for its loads before it multiplies."""
    return figures.get("covered", 1) < 0.5


def print_target(target, rows):
    """A line for each kernel.

    Args:
        rows: Figures by kernel.
    """
    print(f"\n{target.name}: {target.cards}\n{LEGEND.format(unit=target.resident_unit)}")
    width = max((len(kernel.label) for kernel in rows), default=0)
    print(f"{'kernel':{width}s} regs spill stack local res share  busy covered flying  in loop | loads | stores | local")
    for kernel, figures in rows.items():
        accesses = " | ".join(_widths(figures.get(name)) for name in ("loop_loads", "global_loads", "global_stores"))
        local = " → ".join(_widths(figures[name]) for name in ("local_stores", "local_loads") if name in figures)
        print(f"{kernel.label:{width}s} {figures['registers']:4d} {figures['spilled']:5d} {figures['private']:5d} "
              f"{figures['local']:5d} {figures['resident']:3d} {_percent(figures, 'share')} {_percent(figures, 'busy')} "
              f"{_percent(figures, 'covered'):>7s} {figures['in_flight']:6d}  {accesses} | {local}".rstrip(" |"), flush=True)


def _percent(figures, name):
    return f"{100 * figures[name]:4.0f}%" if figures.get(name) is not None else "    –"


def _widths(widths):
    return " ".join(f"{count}×{bits}" for bits, count in (widths or {}).items()) or "–"


def summary(target, rows):
    """What stands out, and what falls under a floor: lines of text, and lines of misses."""
    lines, misses = [f"{target.name}: {len(rows)} kernels"], []
    for title, stands_out in (
            ("spill registers", lambda kernel, figures: figures["spilled"]),
            ("have arrays in memory", lambda kernel, figures: figures["private"] > figures["spilled"]),
            ("load single floats where four lie together", is_narrow),
            ("await their loads before they multiply", is_early)):
        kernels = [kernel for kernel, figures in rows.items() if stands_out(kernel, figures)]
        lines += [f"  {title}: {len(kernels)}", *(f"    {kernel.label}" for kernel in kernels[:MOST_NAMES])]
        if len(kernels) > MOST_NAMES:
            lines.append(f"    and {len(kernels) - MOST_NAMES} more")
    misses += [f"{target.name}: {kernel.label} spills {figures['spilled']} bytes of an item"
               for kernel, figures in rows.items() if figures["spilled"]]
    _largest_tiles(target, rows, 4, FLOORS.get(target.name, {}), lines, misses)
    _largest_tiles(target, rows, 1, {}, lines, misses)
    return lines, misses


def _largest_tiles(target, rows, width, floors, lines, misses):
    """Adds the least shares of the largest tile whose loads are for so many floats, and the fewest that are resident."""
    told = {kernel: figures for kernel, figures in rows.items() if kernel.is_largest_tile and kernel.width == width}
    tile = "128×128" + (" of single floats" if width == 1 else "")
    values = {
        f"least share, {kind}, {tile}":
            (kind, "{:.1%}", [figures["share"] for kernel, figures in told.items() if kernel.kind == kind])
        for kind in KINDS}
    values[f"fewest {target.resident_unit}, {tile}"] = (
        "resident", "{}", [figures["resident"] for figures in told.values()])
    for what, (name, form, found) in values.items():
        floor, least = floors.get(name), form.format(min(found)) if found else "no such kernel"
        if floor is not None:
            lines.append(f"  {what}: {least} (floor {form.format(floor)})")
            if not found or min(found) < floor:
                misses.append(f"{target.name}: {what}: {least}, not {form.format(floor)}")
        elif found:
            lines.append(f"  {what}: {least}")


def print_predictions(lines):
    print("\nPredictions, by the model that prediction.py states\n"
          "step               card          predicted   launches  the host takes   at 60 % of bandwidth   largest")
    for line in lines:
        fast = line["at_60_percent_of_bandwidth"]
        told = ", ".join(f"{term} {taken:.3f}" for term, taken in line["largest"].items())
        print(f"{line['model']:18s} {line['card']:12s} {line['predicted_ms']:9.3f} ms   {line['launches']:6d}  "
              f"{line['host_ms']:10.2f} ms   {'–' if fast is None else f'{fast:.0%}':>20s}   {told}")
