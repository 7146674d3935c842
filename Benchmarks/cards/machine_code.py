"""What a kernel's machine code does: its loops, the share of multiply-adds in them, and how it reaches memory.

A loop is found by the branches alone, as compilers move seldom used blocks far away: it is a strongly connected part of
the flow of control, and the loops inside it are those that are left when nothing goes back to its first block.
"""
import collections
import dataclasses


@dataclasses.dataclass(frozen=True)
class Instruction:
    opcode: str
    # What it takes of the time in which instructions are issued, and whether it takes it from multiply-adds.
    slots: float = 1
    competes: bool = True
    multiply_adds: float = 0
    # "global load", "local store", …, of so many bits each, so many of them an item; nothing if all items share one.
    access: str = ""
    bits: int = 0
    accesses: float = 1
    # Where it may go, and whether it may go on.
    targets: tuple = ()
    falls_through: bool = True
    # A load is awaited by what touches a register it writes (or a token that stands for it), or by what waits until no more
    # than `leaves` of all counted accesses are on their way.
    writes: frozenset = frozenset()
    touches: frozenset = frozenset()
    leaves: int | None = None
    is_counted: bool = False

    @property
    def is_global_load(self):
        return self.access == "global load"

    def awaits(self, load, later):
        """Whether it waits for a load, `later` counted accesses after which have begun."""
        return bool(self.touches & load.writes) or (self.leaves is not None and self.leaves <= later)


@dataclasses.dataclass
class Loop:
    """Indices of its instructions, as they lie but with the first block first, and the loops inside."""
    order: list
    inner: list


@dataclasses.dataclass
class Code:
    """A kernel's instructions, and the index of the one behind each label."""
    instructions: list
    labels: dict

    def loops(self):
        """The outermost loops."""
        starts, successors = self._blocks()
        blocks = {first: range(first, end) for first, end in zip(starts, [*starts[1:], len(self.instructions)])}
        return [self._loop(part, blocks, successors) for part in _cycles(starts, successors)]

    def _loop(self, part, blocks, successors):
        entered = {after for block in blocks if block not in part for after in successors[block]}
        header = min(part & entered, default=min(part))
        order = sorted(part, key=lambda block: (block < header, block))
        within = {block: [after for after in successors[block] if after in part and after != header] for block in part}
        inner_blocks = {block: blocks[block] for block in part}
        return Loop([index for block in order for index in blocks[block]],
                    [self._loop(inner, inner_blocks, within) for inner in _cycles(sorted(part), within)])

    def _blocks(self):
        """Where blocks begin, and the beginnings that follow each."""
        starts = {0, *self.labels.values()}
        starts.update(index + 1 for index, each in enumerate(self.instructions) if each.targets or not each.falls_through)
        starts = sorted(start for start in starts if start < len(self.instructions))
        successors = {}
        for start, end in zip(starts, [*starts[1:], len(self.instructions)]):
            last = self.instructions[end - 1]
            after = {self.labels[label] for label in last.targets if label in self.labels}
            if last.falls_through:
                after.add(end)
            successors[start] = sorted(index for index in after if index < len(self.instructions))
        return starts, successors


def _cycles(nodes, successors):
    """Strongly connected parts of a graph that can be gone round in (Tarjan, 1972, without recursion)."""
    numbers, lowest, path, on_path, found = {}, {}, [], set(), []
    for root in nodes:
        if root in numbers:
            continue
        work = [(root, iter(successors[root]))]
        numbers[root] = lowest[root] = len(numbers)
        path.append(root)
        on_path.add(root)
        while work:
            node, rest = work[-1]
            for after in rest:
                if after not in numbers:
                    numbers[after] = lowest[after] = len(numbers)
                    path.append(after)
                    on_path.add(after)
                    work.append((after, iter(successors[after])))
                    break
                if after in on_path:
                    lowest[node] = min(lowest[node], numbers[after])
            else:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[node])
                if lowest[node] == numbers[node]:
                    part = set()
                    while node not in part:
                        part.add(path.pop())
                    on_path -= part
                    if len(part) > 1 or node in successors[node]:
                        found.append(part)
    return found


def _innermost(loops, holds):
    """Of the loops that hold something, those in which no inner loop does."""
    for loop in loops:
        inner = list(_innermost(loop.inner, holds))
        if inner:
            yield from inner
        elif holds(loop):
            yield loop


def figures(code, step_multiply_adds=None, widest=1):
    """What is told of a kernel, by name.

    Args:
        step_multiply_adds: Of a product, what an item multiplies for each tile of k; the loop over them is what is judged.
        widest: The most multiply-adds of one instruction.
    """
    instructions = code.instructions
    loops = code.loops()
    multiplying = _multiplying_loop(code, loops, step_multiply_adds)
    loading = multiplying if step_multiply_adds else _loading_loop(code, loops)
    result = {"instructions": len(instructions), **_accesses(instructions)}
    if multiplying:
        trips = _trips(code, multiplying, step_multiply_adds)
        result.update(_shares(code, trips, widest))
        if step_multiply_adds:
            result["covered"] = _covered(code, multiplying, trips)
    order = loading.order if loading else list(range(len(instructions)))
    result["loop_loads"] = _widths(instructions[index] for index in order if instructions[index].is_global_load)
    result["in_flight"] = _most_in_flight(code, order, 2 if loading else 1)
    return result


def _multiplying_loop(code, loops, step_multiply_adds):
    """The innermost loop that multiplies most, of a product the one that loads besides."""
    instructions = code.instructions

    def multiply_adds(loop):
        return sum(instructions[index].multiply_adds for index in loop.order)

    def holds(loop):
        loads = any(instructions[index].is_global_load for index in loop.order)
        return multiply_adds(loop) > 0 and (loads or not step_multiply_adds)

    return max(_innermost(loops, holds), key=multiply_adds, default=None)


def _loading_loop(code, loops):
    """The innermost loop that loads most, or nothing if none does."""
    def bits(loop):
        return sum(each.bits * each.accesses for each in map(code.instructions.__getitem__, loop.order) if each.is_global_load)

    return max(_innermost(loops, bits), key=bits, default=None)


def _trips(code, loop, step_multiply_adds):
    """How often each instruction of a loop is executed in a turn: those of inner loops until a step's work is done."""
    trips = dict.fromkeys(loop.order, 1)
    inside = [index for inner in loop.inner for index in inner.order]
    within = sum(code.instructions[index].multiply_adds for index in inside)
    if within and step_multiply_adds:
        outside = sum(code.instructions[index].multiply_adds for index in loop.order) - within
        turns = max(1, round((step_multiply_adds - outside) / within))
        trips.update(dict.fromkeys(inside, turns))
    return trips


def _shares(code, trips, widest):
    """`share`: multiply-adds among all instructions. `busy`: of the multiply-adds that fit where only instructions count
    that compete with them: those of scalars and of memory are issued beside others' arithmetic on some cards."""
    weighted = [(code.instructions[index], count) for index, count in trips.items()]
    slots = sum(each.slots * count for each, count in weighted)
    multiplying = sum(each.slots * count for each, count in weighted if each.multiply_adds)
    competing = sum(each.slots * count for each, count in weighted if each.competes)
    # An instruction that multiplies for some items only takes a slot as short.
    multiply_adds = sum(each.slots * max(1, each.multiply_adds) * count for each, count in weighted if each.multiply_adds)
    return {"share": multiplying / slots, "busy": multiply_adds / (widest * competing)}


def _covered(code, loop, trips):
    """The least share of a step's multiply-adds that is issued between a global load and what first waits for it."""
    instructions = code.instructions
    total = sum(instructions[index].multiply_adds * trips[index] for index in loop.order)
    shares = []
    for place, index in enumerate(loop.order):
        if not instructions[index].is_global_load:
            continue
        done = later = 0
        for after in loop.order[place + 1:] + loop.order[:place + 1]:
            if instructions[after].awaits(instructions[index], later):
                break
            done += instructions[after].multiply_adds * trips[after]
            later += instructions[after].is_counted
        shares.append(done / total)
    return min(shares, default=None)


def _most_in_flight(code, order, turns):
    """The most bytes that an item's global loads have on their way at a time."""
    waiting, begun, most = [], 0, 0
    for each in map(code.instructions.__getitem__, order * turns):
        waiting = [(load, number) for load, number in waiting if not each.awaits(load, begun - number)]
        begun += each.is_counted
        if each.is_global_load:
            waiting.append((each, begun))
            most = max(most, sum(load.bits * load.accesses / 8 for load, _ in waiting))
    return round(most)


def _widths(accesses):
    """How many accesses there are of each width, by its bits."""
    widths = collections.Counter()
    for each in accesses:
        widths[str(each.bits)] += each.accesses
    return {bits: round(widths[bits]) for bits in sorted(widths, key=int)}


def _accesses(instructions):
    kinds = ("global load", "global store", "local load", "local store", "private load", "private store")
    found = {kind.replace(" ", "_") + "s": _widths(each for each in instructions if each.access == kind) for kind in kinds}
    return {name: widths for name, widths in found.items() if widths}
