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
    def loaded_bits(self):
        """From global memory, for an item."""
        return self.bits * self.accesses if self.access == "global load" else 0

    def awaits(self, load, later):
        """Whether it waits for a load, `later` counted accesses after which have begun."""
        return bool(self.touches & load.writes) or (self.leaves is not None and self.leaves <= later)


@dataclasses.dataclass
class Code:
    """A kernel's instructions, and the index of the one behind each label."""
    instructions: list
    labels: dict


@dataclasses.dataclass
class Loop:
    """Its instructions' indices, those of the way through it that loads and multiplies most, and the loops inside."""
    members: list
    path: list
    inner: list


class Flow:
    """The blocks of a kernel, known by their first instruction, and its outermost loops."""

    def __init__(self, code):
        self._instructions = code.instructions
        self._find_blocks(code)
        self._back = set()
        parts = self._parts(self._starts, self._successors)
        self.path = self._path(0, self._starts)
        self.loops = [self._loop(*part) for part in parts]

    def _find_blocks(self, code):
        starts = {0, *code.labels.values()}
        starts.update(index + 1 for index, each in enumerate(code.instructions) if each.targets or not each.falls_through)
        self._starts = sorted(start for start in starts if start < len(code.instructions))
        self._ends = dict(zip(self._starts, [*self._starts[1:], len(code.instructions)]))
        self._successors = {}
        for start, end in self._ends.items():
            last = code.instructions[end - 1]
            after = {code.labels[label] for label in last.targets if label in code.labels}
            if last.falls_through:
                after.add(end)
            self._successors[start] = sorted(after & self._ends.keys())

    def _parts(self, blocks, successors):
        """Loops as (header, blocks, the same of those inside); notes what goes back to their headers."""
        parts = []
        for part in _cycles(blocks, successors):
            entered = {after for block in self._starts if block not in part for after in self._successors[block]}
            header = min(part & entered, default=min(part))
            self._back.update((block, header) for block in part if header in successors[block])
            within = {block: [after for after in successors[block] if after in part and after != header] for block in part}
            parts.append((header, part, self._parts(sorted(part), within)))
        return parts

    def _loop(self, header, part, inner):
        return Loop([index for block in sorted(part) for index in range(block, self._ends[block])],
                    self._path(header, part), [self._loop(*each) for each in inner])

    def _path(self, first, blocks):
        """From a block on, among some, and back nowhere: the way that loads and multiplies most, the shortest of those."""
        def weight(block):
            members = self._instructions[block:self._ends[block]]
            return sum(each.loaded_bits + each.multiply_adds for each in members) - 1e-6 * len(members)

        after = {block: [next for next in self._successors[block] if next in blocks and (block, next) not in self._back]
                 for block in blocks}
        weights, onward = {}, {}
        for block in _last_first(first, after):
            onward[block] = max(after[block], key=weights.__getitem__, default=None)
            weights[block] = weight(block) + (weights[onward[block]] if after[block] else 0)
        path = []
        while first is not None:
            path += range(first, self._ends[first])
            first = onward[first]
        return path


def _last_first(first, successors):
    """The nodes that a graph without cycles reaches from one, each behind all that follow it."""
    order, seen, work = [], {first}, [(first, iter(successors[first]))]
    while work:
        node, rest = work[-1]
        next_node = next((after for after in rest if after not in seen), None)
        if next_node is None:
            order.append(work.pop()[0])
        else:
            seen.add(next_node)
            work.append((next_node, iter(successors[next_node])))
    return order


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
    flow = Flow(code)
    multiplying = _multiplying_loop(code, flow.loops, step_multiply_adds)
    loading = multiplying if step_multiply_adds else _loading_loop(code, flow.loops)
    result = _accesses(code.instructions)
    if multiplying:
        trips = _trips(code, multiplying, step_multiply_adds)
        result.update(_shares(code, trips, widest))
        if step_multiply_adds:
            result["covered"] = _covered(code, multiplying, trips)
    path = [code.instructions[index] for index in (loading or flow).path]
    result["loop_loads"] = _widths(each for each in path if each.loaded_bits)
    result["in_flight"] = _most_in_flight(path * 2 if loading else path)
    return result


def _multiplying_loop(code, loops, step_multiply_adds):
    """The innermost loop that multiplies most, of a product the one that loads besides."""
    def multiply_adds(loop):
        return sum(code.instructions[index].multiply_adds for index in loop.members)

    def holds(loop):
        return multiply_adds(loop) > 0 and (_loaded_bits(code, loop) > 0 or not step_multiply_adds)

    return max(_innermost(loops, holds), key=multiply_adds, default=None)


def _loading_loop(code, loops):
    """The innermost loop that loads most, or nothing if none does."""
    def bits(loop):
        return _loaded_bits(code, loop)

    return max(_innermost(loops, bits), key=bits, default=None)


def _loaded_bits(code, loop):
    return sum(code.instructions[index].loaded_bits for index in loop.members)


def _trips(code, loop, step_multiply_adds):
    """How often each instruction of a loop is executed in a turn: those of inner loops until a step's work is done."""
    trips = dict.fromkeys(loop.members, 1)
    inside = [index for inner in loop.inner for index in inner.members]
    within = sum(code.instructions[index].multiply_adds for index in inside)
    if within and step_multiply_adds:
        outside = sum(code.instructions[index].multiply_adds for index in loop.members) - within
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
    path = [(code.instructions[index], trips[index]) for index in loop.path]
    total = sum(each.multiply_adds * count for each, count in path)
    shares = []
    for place, (load, _) in enumerate(path):
        if not load.loaded_bits:
            continue
        done = later = 0
        for after, count in path[place + 1:] + path[:place + 1]:
            if after.awaits(load, later):
                break
            done += after.multiply_adds * count
            later += after.is_counted
        shares.append(done / total)
    return min(shares, default=None)


def _most_in_flight(path):
    """The most bytes that an item's global loads have on their way at a time."""
    waiting, begun, most = [], 0, 0
    for each in path:
        waiting = [(load, number) for load, number in waiting if not each.awaits(load, begun - number)]
        begun += each.is_counted
        if each.loaded_bits:
            waiting.append((each, begun))
            most = max(most, sum(load.loaded_bits / 8 for load, _ in waiting))
    return round(most)


def _widths(accesses):
    """How many accesses there are of each width, by its bits."""
    widths = collections.Counter()
    for each in accesses:
        widths[str(each.bits)] += each.accesses
    return {bits: round(widths[bits]) for bits in sorted(widths, key=int) if round(widths[bits])}


def _accesses(instructions):
    kinds = ("global load", "global store", "local load", "local store", "private load", "private store")
    found = {kind.replace(" ", "_") + "s": _widths(each for each in instructions if each.access == kind) for kind in kinds}
    return {name: widths for name, widths in found.items() if widths}
