"""The compilers of NVIDIA, AMD and Intel, none of which needs a card: from a program's text to its kernels' machine code.

Each gets the options that the host gives its own, as close to what the maker's driver makes of them as can be had.
"""
import ctypes
import dataclasses
import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import instruction_sets
import launches
from machine_code import Code

HERE = pathlib.Path(__file__).resolve().parent
# What the host adds for products, by the first letters of a target.
OF_PRODUCTS = {"sm_": "", "gfx": " -DLOADS_ANYWAY", "dg2": " -DLOADS_ANYWAY -DUNKNOWN_DEPTH -cl-intel-256-GRF-per-thread"}
OPTIONS = ["-cl-std=CL1.2", "-cl-mad-enable", "-DGPU_FAMILY"]


class CompileError(Exception):
    pass


@dataclasses.dataclass
class Compiled:
    """A kernel of a program. Bytes are of an item, those of local memory of a group."""
    code: Code
    registers: int
    spilled: int
    private: int
    local: int
    # Of AMD, what the compiler says; of Intel, a thread's items, and the threads that registers leave a vector engine.
    resident: int | None = None
    simd: int | None = None
    threads: int | None = None


def _run(command, **options):
    result = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            **options)
    if result.returncode:
        raise CompileError((result.stderr + result.stdout)[-2000:])
    return result.stdout + result.stderr


@dataclasses.dataclass
class Compilers:
    """What `get.sh` has put into a folder. Files are left in `work`, by names that say what they are."""
    folder: pathlib.Path
    work: pathlib.Path

    def compile(self, text, source, options, target):
        """The kernels of a program by name.

        Args:
            source: The program's name, a case of `KernelSource`.
            options: The macros of the host, as it gives them.
        """
        name = re.sub(r"[^\w=]+", "_", f"{target}_{source}{options.replace(' -D', ' ')}")
        output = self.work / name
        is_product = source in launches.PRODUCTS
        if is_product:
            options += OF_PRODUCTS[target[:3]]
        if target.startswith("sm_"):
            # NVIDIA's own front end, which reads C++, where the kernel is plain enough for that.
            ptx = self._nvrtc(text, options, target) if is_product else self._clang_ptx(text, options, target, output)
            return self._ptxas(ptx, target, output)
        if target.startswith("gfx"):
            return self._amd(text, options, target, output)
        return self._intel(text, source, options, target, output)

    # MARK: Clang

    def _clang(self, text, options, output, suffix):
        root = self.folder / "root19/usr/lib"
        source, result = output.with_suffix(".cl"), output.with_suffix(suffix)
        source.write_text(text)
        _run([root / "llvm-19/bin/clang", "-x", "cl", *OPTIONS, *options, "-O3", "-w", "-Xclang",
              "-finclude-default-header", "-S", "-o", result, source],
             env=_with_libraries(root / "x86_64-linux-gnu", root / "llvm-19/lib"))
        return result.read_text()

    def _clang_ptx(self, text, options, target, output):
        library = self.folder / "root19/usr/lib/clc/nvptx64--nvidiacl.bc"
        ptx = self._clang(text, [
            "-target", "nvptx64-nvidia-nvcl", "-Xclang", "-target-cpu", "-Xclang", target,
            "-Xclang", "-target-feature", "-Xclang", "+ptx78", "-Xclang", "-mlink-builtin-bitcode", "-Xclang", library,
            *options.split()], output, ".ptx")
        # OpenCL lets divisions and roots be a few units off unless the host says otherwise, and NVIDIA's driver takes
        # it at its word. The library's are exact ones, whose slow paths would count as the kernel's.
        return ptx.replace("sqrt.rn.f32", "sqrt.approx.f32").replace("div.rn.f32", "div.full.f32")

    def _amd(self, text, options, target, output):
        # Up to CDNA a wave has 64 items, of RDNA 32.
        is_wide = target.startswith("gfx9")
        bitcode = self.folder / "root19/usr/lib/x86_64-linux-gnu/amdgcn/bitcode"
        version = bitcode / f"oclc_isa_version_{target[3:]}.bc"
        libraries = [
            "opencl", "ocml", "ockl", version.stem if version.exists() else "oclc_isa_version_1030",
            "oclc_abi_version_500", "oclc_finite_only_off", "oclc_unsafe_math_off", "oclc_correctly_rounded_sqrt_off",
            "oclc_daz_opt_off", "oclc_wavefrontsize64_" + ("on" if is_wide else "off")]
        links = [word for library in libraries
                 for word in ("-Xclang", "-mlink-builtin-bitcode", "-Xclang", bitcode / f"{library}.bc")]
        listing = self._clang(text, [
            "-target", "amdgcn-amd-amdhsa", f"-mcpu={target}", "-nogpulib", *links, *options.split()], output, ".s")
        return {name: _amd_compiled(name, code, listing)
                for name, code in instruction_sets.amdgcn(listing, counts_stores=is_wide).items()
                if f".amdhsa_kernel {name}\n" in listing}

    # MARK: NVIDIA

    @functools.cached_property
    def _nvrtc_library(self):
        return ctypes.CDLL(str(next(self.folder.glob("nv/nvidia/cu*/lib/libnvrtc.so.[0-9]*"))))

    def _nvrtc(self, text, options, target):
        library, program = self._nvrtc_library, ctypes.c_void_p()
        words = [f"--gpu-architecture=compute_{target[3:]}", "-default-device", "--prec-div=false", "--prec-sqrt=false",
                 "-DGPU_FAMILY", *options.split()]
        library.nvrtcCreateProgram(ctypes.byref(program), _as_cuda(text).encode(), b"program.cu", 0, None, None)
        status = library.nvrtcCompileProgram(
            program, len(words), (ctypes.c_char_p * len(words))(*(word.encode() for word in words)))
        result = self._nvrtc_text(program, "PTX") if status == 0 else self._nvrtc_text(program, "ProgramLog")
        library.nvrtcDestroyProgram(ctypes.byref(program))
        if status:
            raise CompileError(result[:2000])
        return result

    def _nvrtc_text(self, program, what):
        size = ctypes.c_size_t()
        getattr(self._nvrtc_library, f"nvrtcGet{what}Size")(program, ctypes.byref(size))
        text = ctypes.create_string_buffer(size.value)
        getattr(self._nvrtc_library, f"nvrtcGet{what}")(program, text)
        return text.value.decode()

    def _ptxas(self, ptx, target, output):
        tools = next(self.folder.glob("nv/nvidia/cu*/bin"))
        source, binary = output.with_suffix(".ptx"), output.with_suffix(".cubin")
        source.write_text(ptx)
        log = _run([tools / "ptxas", "-v", f"-arch={target}", "-O3", source, "-o", binary])
        listing = _run([tools / "nvdisasm", "-c", binary])
        output.with_suffix(".sass").write_text(listing)
        codes = instruction_sets.sass(listing)
        entries = re.split(r"Compiling entry function '(\w+)'", log)[1:]
        return {name: Compiled(
            codes[name], registers=_number(r"Used (\d+) registers", told), spilled=_number(r"(\d+) bytes spill stores", told),
            private=_number(r"(\d+) bytes stack frame", told), local=_number(r"(\d+) bytes smem", told))
            for name, told in zip(entries[::2], entries[1::2])}

    # MARK: Intel

    def _intel(self, text, source, options, target, output):
        root = self.folder / "intel/root/usr/lib"
        # What an earlier run left would be taken for this one's.
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()
        (output / "program.cl").write_text(text)
        environment = _with_libraries(root / "x86_64-linux-gnu", root / "llvm-14/lib")
        # Names of files in a folder with a long name are cut off.
        dump = pathlib.Path(tempfile.mkdtemp())
        environment.update(IGC_ShaderDumpEnable="1", IGC_DumpToCustomDir=str(dump))
        _run([sys.executable, HERE / "ocloc.py", root / "x86_64-linux-gnu/libocloc.so", "program.cl", target,
              " ".join(OPTIONS) + options], cwd=output, env=environment)
        shutil.move(dump, output / "dump")
        globals_of_program = "".join(path.read_text() for path in (output / "dump").glob("*_beforeUnification.ll"))
        # Where registers do not suffice it tries once more, without unrolling: what is last is what it keeps.
        kernels = {}
        for path in sorted((output / "dump").glob("*.asm"), key=lambda path: path.stat().st_mtime_ns):
            name = re.search(r"//\.kernel (\w+)", path.read_text())[1]
            kernels[name] = _intel_compiled(name, path, globals_of_program)
        return kernels


def _with_libraries(*folders):
    return dict(os.environ, LD_LIBRARY_PATH=":".join(str(folder) for folder in folders))


def _number(pattern, text):
    found = re.search(pattern, text)
    return int(found[1]) if found else 0


def _amd_compiled(name, code, listing):
    info = listing[listing.index(f".amdhsa_kernel {name}\n"):]
    # A kernel's entry in the notes at the end, where arguments have names, too, but farther in.
    note = next(entry for entry in re.split(r"\n  - ", listing)
                if re.search(rf"^    \.name: +{name}$", entry, re.MULTILINE))
    return Compiled(
        code, registers=_number(r"\.vgpr_count: +(\d+)", note),
        spilled=4 * _number(r"\.vgpr_spill_count: +(\d+)", note),
        private=_number(r"\.private_segment_fixed_size: +(\d+)", note),
        local=_number(r"\.group_segment_fixed_size: +(\d+)", note), resident=_number(r"; Occupancy: (\d+)", info))


def _intel_compiled(name, path, globals_of_program):
    listing, simd = path.read_text(), int(re.search(r"_simd(\d+)_", path.name)[1])
    arrays = re.findall(rf"@{name}\.\w+ = internal addrspace\(3\) global \[(\d+) x (?:float|i32)\]", globals_of_program)
    registers = _number(r"numGRF=(\d+)", listing)
    # Of arrays that stay in memory, only the code knows that finds the thread's part of it.
    private = _number(r"= mul i32 %\d+, (\d+).*\n.*hw\.thread\.id\.alloca", path.with_suffix(".visa.ll").read_text())
    return Compiled(
        instruction_sets.xe(listing, simd, bool(private)), registers,
        spilled=_number(r"//\.spill size (\d+)", listing) // simd, private=private,
        local=sum(4 * int(count) for count in arrays), simd=simd,
        # A vector engine has eight threads of 128 registers.
        threads=8 * 128 // registers)


# Enough of OpenCL C for products.
_CUDA = """
typedef unsigned int uint;
typedef unsigned long ulong;
#define CLK_LOCAL_MEM_FENCE 0
#define barrier(fence) __syncthreads()
#define mul_hi(a, b) __umulhi(a, b)
#define min(a, b) ((a) < (b) ? (a) : (b))
#define OF_AXIS(i, name) ((i) == 0 ? name.x : (i) == 1 ? name.y : name.z)
#define get_group_id(i) OF_AXIS(i, blockIdx)
#define get_local_id(i) OF_AXIS(i, threadIdx)
#define get_local_size(i) OF_AXIS(i, blockDim)
#define get_num_groups(i) OF_AXIS(i, gridDim)
#define get_global_id(i) (get_group_id(i) * get_local_size(i) + get_local_id(i))
#define get_global_size(i) (get_num_groups(i) * get_local_size(i))
"""


def _as_cuda(text):
    """OpenCL C as CUDA's C++."""
    text = text.replace("(float4)(", "make_float4(")
    text = re.sub(r"\blocal (\w+ \w+\[)", r"__shared__ \1", text)
    text = re.sub(r"kernel __attribute__\(\(reqd_work_group_size\((\w+), (\w+), 1\)\)\) void",
                  r'extern "C" __global__ void __launch_bounds__(\1 * \2)', text)
    text = re.sub(r"\b(global|local) ", "", text)
    return _CUDA + re.sub(r"\brestrict\b", "__restrict__", text)
