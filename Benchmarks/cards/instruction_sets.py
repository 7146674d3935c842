"""Listings of the three makers' machine code, read into `Code`: `sass` (NVIDIA), `amdgcn` (AMD) and `xe` (Intel)."""
import re

from machine_code import Code, Instruction

# Bits of a name's last part, as in LDG.E.128, global_load_b64, global_load_dwordx4 and ds_read_u8.
_BITS = {"dword": 32, "dwordx2": 64, "dwordx3": 96, "dwordx4": 128, "ubyte": 8, "sbyte": 8, "ushort": 16, "sshort": 16}


def sass(listing):
    """The kernels of what `nvdisasm -c` prints, by name."""
    kernels, code = {}, None
    for line in listing.splitlines():
        if found := re.match(r"\s*\.text\.(\S+):", line):
            code = kernels[found[1]] = Code([], {})
        elif code and (found := re.match(r"\s*(\.L_\w+):", line)):
            code.labels[found[1]] = len(code.instructions)
        elif code and (found := re.match(r"\s*/\*[0-9a-f]{4,}\*/\s+(.*?)\s*;", line)):
            code.instructions.append(_sass_instruction(found[1]))
    return kernels


def _sass_instruction(text):
    predicate, opcode, operands = re.match(r"(@!?U?P\w+\s+)?(\S+)\s*(.*)", text).groups()
    name, *parts = opcode.split(".")
    space = {"G": "global", "": "global", "S": "local", "L": "private"}
    memory = re.fullmatch(r"(LD|ST)(G|S|L|)", name)
    access = f"{space[memory[2]]} {'load' if memory[1] == 'LD' else 'store'}" if memory else ""
    touched, moved, bits = _sass_registers(operands), set(), 0
    if memory:
        bits = next((int(part.lstrip("US")) for part in parts if re.fullmatch(r"[US]?(8|16|64|128)", part)), 32)
        first = re.match(r"R(\d+)", operands) if memory[1] == "LD" else re.search(r"R(\d+)\S*$", operands)
        if first:
            moved = {int(first[1]) + i for i in range(max(1, bits // 32))}
    is_conditional = predicate or re.match(r"!?U?P\d", operands) or "DIV" in parts or "CONV" in parts
    leaves = name in ("BRA", "EXIT", "RET", "JMP")
    return Instruction(
        opcode, multiply_adds=name == "FFMA", access=access, bits=bits,
        targets=tuple(re.findall(r"`\((\.L_\w+)\)", operands)) if name == "BRA" else (),
        falls_through=not leaves or bool(is_conditional),
        writes=frozenset(moved) if access.endswith("load") else frozenset(), touches=frozenset(touched | moved))


def _sass_registers(operands):
    registers = set()
    for number, pair in re.findall(r"\bR(\d+)(\.64)?", operands):
        registers.add(int(number))
        if pair:
            registers.add(int(number) + 1)
    return registers


def amdgcn(listing, counts_stores):
    """The functions of an assembly file of LLVM, by name.

    Args:
        counts_stores: Whether what waits for loads counts stores as well, as before the first RDNA.
    """
    kernels, code = {}, None
    for line in listing.splitlines():
        if found := re.match(r"(\w+):\s*; @\1", line):
            code = kernels[found[1]] = Code([], {})
        elif line.startswith(".Lfunc_end"):
            code = None
        elif code and (found := re.match(r"(\.LBB\w+):", line)):
            code.labels[found[1]] = len(code.instructions)
        elif code and (found := re.match(r"\t([a-z]\w+)\s*([^;]*)", line)):
            code.instructions.append(_amdgcn_instruction(*found.groups(), counts_stores))
    return kernels


def _amdgcn_instruction(opcode, operands, counts_stores):
    access, bits, accesses = _amdgcn_access(opcode)
    waits = re.search(r"vmcnt\((\d+)\)", operands) if opcode == "s_waitcnt" else None
    is_global = access.startswith(("global", "private"))
    return Instruction(
        opcode, competes=opcode.startswith("v_"), multiply_adds=_amdgcn_multiply_adds(opcode, operands), access=access,
        bits=bits, accesses=accesses,
        targets=tuple(re.findall(r"\.LBB\w+", operands)) if opcode.startswith(("s_branch", "s_cbranch")) else (),
        falls_through=opcode not in ("s_branch", "s_endpgm", "s_setpc_b64"),
        leaves=int(waits[1]) if waits else None,
        is_counted=is_global and (counts_stores or access.endswith("load")))


def _amdgcn_multiply_adds(opcode, operands):
    if opcode.startswith("v_pk_fma_f32"):
        return 2
    names = [opcode] + re.findall(r"::\s*(v_dual_\w+)", operands)
    return sum(bool(re.match(r"v_(dual_)?(fma|fmac|fmaak|fmamk|mac|mad)_f32|v_dual_fma", name)) for name in names)


def _amdgcn_access(opcode):
    """Kind, bits and number. Buffers are how the stack is reached before the second RDNA; no kernel of ours has others."""
    found = re.match(
        r"(global|flat|buffer|scratch|ds)_(load|read|store|write)(2|_2addr)?(?:st64|_stride64)?(?:_d16\w*)?_(\w+)", opcode)
    if not found:
        return "", 0, 1
    space = {"global": "global", "flat": "global", "ds": "local"}.get(found[1], "private")
    width = found[4].removesuffix("_hi")
    bits = _BITS.get(width) or int(re.search(r"\d+", width)[0])
    return f"{space} {'load' if found[2] in ('load', 'read') else 'store'}", bits, 2 if found[3] else 1


def xe(listing, simd, has_private):
    """The code of one kernel, as Intel's compiler dumps it.

    Args:
        simd: The items of a thread.
        has_private: Whether items have arrays in memory. They are reached by addresses, buffers by their numbers wherever
            the compiler can tell which one it is.
    """
    code = Code([], {})
    for line in listing.splitlines():
        if line.startswith("//"):
            continue
        if found := re.match(r"(\w+):", line):
            code.labels[found[1]] = len(code.instructions)
        elif found := re.match(r"(\([^)|]*\))?\s*([a-z][\w.]*)\s+(?:\((\d+)\|M\d+\)\s*)?(.*)", line):
            code.instructions.append(_xe_instruction(*found.groups(), simd, has_private))
    return code


def _xe_instruction(predicate, opcode, width, operands, simd, has_private):
    width = int(width or 1)
    is_send = opcode.startswith("send")
    is_shared = width < 8 and "W" in (predicate or "")
    access, bits = _xe_access(operands, width, has_private) if is_send and not is_shared else ("", 0)
    is_conditional = "f" in (predicate or "")
    jumps = re.match(r"(jmpi|goto|while|brd|brc|if|else|break|cont)\b", opcode)
    begins = re.search(r"[{,]\$(\d+)\}", operands)
    touched = {int(token) for token in re.findall(r"\$(\d+)\.dst", operands)}
    if begins:
        touched.add(int(begins[1]))
    if opcode == "sync.allwr":
        touched |= {int(token) for token in re.findall(r"\$(\d+)", operands)} or set(range(32))
    is_multiply_add = opcode.startswith("mad") and ":f" in operands
    return Instruction(
        opcode, slots=1 if is_send else max(1, width / 8), multiply_adds=width / simd if is_multiply_add else 0,
        access=access, bits=bits, accesses=width / simd,
        targets=tuple(re.findall(r"\b_?L?\w+\b", operands.split("//")[0])) if jumps else (),
        falls_through="EOT" not in operands and not (jumps and opcode.startswith(("jmpi", "goto")) and not is_conditional),
        writes=frozenset([int(begins[1])]) if begins and access.endswith("load") else frozenset(),
        touches=frozenset(touched))


def _xe_access(operands, width, has_private):
    """Kind and bits an item of a message. Blocks are read once for all items."""
    message = operands.partition("// ")[2]
    found = re.match(r"wr:\w+\+(\d+), rd:(\d+); .*\b(?:(read|load)|write|store)\b", message)
    if not found or "block" in message:
        return "", 0
    descriptor = int(re.search(r"0x([0-9A-F]{8})\s", operands)[1], 16)
    space = "private" if "a64" in message and has_private else "local" if descriptor & 0xFF == 0xFE else "global"
    written, read, is_load = found.groups()
    # Registers have 256 bits.
    return f"{space} {'load' if is_load else 'store'}", int(read if is_load else written) * 256 // width
