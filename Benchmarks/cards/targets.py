"""What programs are compiled for, and how many of a kernel's groups are resident there at a time."""
import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Target:
    name: str
    vendor: str
    cards: str
    # What `resident` counts.
    resident_unit: str
    # The most multiply-adds of an instruction.
    widest: int = 1
    # Items of one of these, times how many parts of a multiprocessor have that many; Intel's threads have as many as the kernel
    # says.
    resident_items: int = 32
    # Of a multiprocessor: warps or threads, groups, bytes of local memory, and those that a group takes besides its own.
    threads: int = 0
    groups: int = 0
    local: int = 0
    local_reserved: int = 0

    def resident(self, compiled, items):
        """How many warps a multiprocessor, waves a SIMD or threads a vector engine has, of groups of `items`."""
        if compiled.resident is not None:  # AMD's compiler knows.
            return compiled.resident
        if compiled.simd:
            return self._threads_of_engine(compiled, items)
        warps = math.ceil(items / 32)
        # Registers are given to a warp by 256.
        registers = math.ceil(compiled.registers * 32 / 256) * 256
        return warps * min(self._groups_by_local(compiled), self.groups, self.threads // warps, 65536 // (registers * warps))

    def items_of_multiprocessor(self, figures):
        """As many as a multiprocessor has of a kernel with these figures, at the most."""
        return figures["resident"] * self.resident_items * figures.get("simd", 1)

    def _threads_of_engine(self, compiled, items):
        engines = self.threads // 8
        threads = math.ceil(items / compiled.simd)
        groups = min(self._groups_by_local(compiled), compiled.threads * engines // threads)
        return groups * threads // engines

    def _groups_by_local(self, compiled):
        return self.local // (compiled.local + self.local_reserved) if compiled.local else self.threads


_WARPS, _WAVES, _THREADS = "warps a multiprocessor", "waves a SIMD", "threads a vector engine"
TARGETS = {target.name: target for target in [
    Target("sm_75", "NVIDIA", "GeForce RTX 20", _WARPS, threads=32, groups=16, local=64 << 10),
    Target("sm_90", "NVIDIA", "H100", _WARPS, threads=64, groups=32, local=228 << 10, local_reserved=1 << 10),
    Target("gfx1030", "AMD", "Radeon RX 6000", _WAVES, resident_items=2 * 32),
    Target("gfx1100", "AMD", "Radeon RX 7900", _WAVES, widest=2, resident_items=2 * 32),
    Target("gfx90a", "AMD", "Instinct MI200", _WAVES, widest=2, resident_items=4 * 64),
    Target("dg2", "Intel", "Arc A", _THREADS, threads=128, local=128 << 10, resident_items=16),
]}
