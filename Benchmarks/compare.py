"""The same work in figment and elsewhere, in turns, in one run.

Usage: compare.py steps [NAME[:BATCH] …] [--devices cpu opencl] [--rounds 3] [--seconds 2] [--output FILE]
       compare.py convolution [NETWORK …] [--devices cpu opencl] [--rounds 3] [--dlprimitives FOLDER] [--output FILE]
       compare.py gemm  [--devices cpu opencl] [--rounds 3] [--output FILE]
       compare.py batches [NAME:BATCH …] [--devices cpu opencl] [--rounds 3] [--seconds 2] [--output FILE]

steps   a training step of each model beside PyTorch's in both memory formats, and the peak of resident memory;
        ratios are to PyTorch's better format (above 1: figment is faster)
convolution
        single convolutions and gradients of the networks beside PyTorch's in both memory formats, in GFLOP/s; the
        yardstick is OpenBLAS' matrix product of 1024 × 1024 × 1024, measured before and after each; --dlprimitives
        adds those of dlprimitives on the first OpenCL device, from the sources in FOLDER, built in FOLDER/build
gemm    matrix products beside OpenBLAS (through NumPy), PyTorch and CLBlast
batches figment's training step at several batch sizes, the VAE's from 16 to 256 if none are named: how time and memory
        grow; ratios are to the last, a sample's time to a sample's time of the same round

Every figure but OpenBLAS' yardstick comes from a process of its own; rounds go through all programs in turn, so that
a machine whose speed drifts treats all alike. --output keeps the table as JSON lines.
"""
import argparse
import datetime
import json
import math
import os
import pathlib
import platform
import signal
import statistics
import subprocess
import sys
import tempfile

from peers.timing import median_seconds

HERE = pathlib.Path(__file__).resolve().parent
FIGMENT = HERE.parent / ".build/release/figment"
# The batch sizes at which PyTorch's times are quoted.
STEPS = ["autoencoder:32", "vae:16", "vae:128", "gan:32", "dcgan:32", "age-cgan:32", "gan3d:2", "srgan:1",
         "srgan-infer:1", "srgan-adversarial:1", "srgan-content:1", "age-cgan-identity:32"]


def end(command, status):
    """Stops with a message unless a program ended well."""
    if status:
        sys.exit(f"{' '.join(str(word) for word in command)}: ended with status {status}")


def measure(command):
    """The lines of JSON a program prints, and the most memory it was resident in, in MiB."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        end(command, status)
        output.seek(0)
        lines = [json.loads(line) for line in output.read().decode().splitlines() if line.startswith("{")]
    return lines, usage.ru_maxrss / 1024


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                 platform.machine())
    return {"date": datetime.date.today().isoformat(), "machine": model, "cores": os.cpu_count()}


def in_turns(programs, rounds):
    """Medians over rounds of every figure of every program: {program: {case: {"ms", "mib", "rounds_ms"}}}."""
    samples = {}
    for _ in range(rounds):
        for program, command in programs.items():
            lines, resident = measure(command)
            for line in lines:
                if line["name"] != "ceilings":
                    samples.setdefault(program, {}).setdefault(line["name"], []).append((line["median_ms"], resident))
    return {
        program: {
            case: {"ms": statistics.median(ms for ms, _ in values), "mib": statistics.median(mib for _, mib in values),
                   "rounds_ms": [ms for ms, _ in values]}
            for case, values in cases.items()}
        for program, cases in samples.items()}


def compare_steps(options):
    rows = []
    for step in options.names or STEPS:
        name, _, batch = step.partition(":")
        batch = batch or next(s.partition(":")[2] for s in STEPS if s.startswith(name + ":"))
        torch = [sys.executable, HERE / "peers/torch_step.py", f"{name}:{batch}", "--seconds", options.seconds]
        programs = {"PyTorch contiguous": torch}
        if name not in ("gan", "gan3d"):  # no images: one format only
            programs["PyTorch channels-last"] = [*torch, "--channels-last"]
        for device in options.devices:
            programs[f"figment {device}"] = [
                FIGMENT, "benchmark", "steps", name, "--batch-size", batch, "--device", device, "--format", "json",
                "--seconds", options.seconds]
        found = {program: cases[name] for program, cases in in_turns(programs, options.rounds).items()}
        best = min(found[program]["ms"] for program in found if program.startswith("PyTorch"))
        least = min(found[program]["mib"] for program in found if program.startswith("PyTorch"))
        print(f"{name}, batch {batch}")
        for program, figures in found.items():
            ratio = best / figures["ms"]
            rows.append({"step": name, "batch": int(batch), "program": program, **figures, "ratio": ratio,
                         "memory_ratio": figures["mib"] / least})
            rounds = " ".join(f"{ms:.4g}" for ms in figures["rounds_ms"])
            print(f"  {program:22s} {figures['ms']:10.2f} ms  {ratio:5.2f}×   {figures['mib']:7.0f} MiB resident   ({rounds})",
                  flush=True)
    for device in options.devices:
        ratios = [row["ratio"] for row in rows if row["program"] == f"figment {device}"]
        mean = math.exp(statistics.fmean(math.log(ratio) for ratio in ratios))
        print(f"figment {device}: least {min(ratios):.2f}×, geometric mean {mean:.2f}×")
    return rows


def compare_batches(options):
    rows = []
    for device in options.devices:
        steps = options.names or [f"vae:{batch}" for batch in (16, 32, 64, 128, 256)]
        figures = {step: [] for step in steps}
        for _ in range(options.rounds):
            for step in steps:
                name, _, batch = step.partition(":")
                lines, _ = measure([
                    FIGMENT, "benchmark", "steps", name, "--batch-size", batch, "--device", device, "--format", "json",
                    "--seconds", options.seconds])
                figures[step].append((lines[0]["median_ms"] / int(batch), lines[0]["peak_mib"] / int(batch)))
        for step in steps:
            milliseconds, mebibytes = (statistics.median(values) for values in zip(*figures[step]))
            ratio = statistics.median(own[0] / last[0] for own, last in zip(figures[step], figures[steps[-1]]))
            rows.append({"step": step, "device": device, "ms_per_sample": milliseconds, "ratio": ratio,
                         "mib_per_sample": mebibytes})
            print(f"{step:12s} {device:8s} {milliseconds:10.4f} ms a sample  {ratio:5.2f}×  "
                  f"{mebibytes:8.3f} MiB a sample", flush=True)
    return rows


def openblas():
    """A function that measures NumPy's product of 1024 × 1024 × 1024, in GFLOP/s."""
    # Idle threads would go on spinning beside what is measured next.
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
    import numpy
    a, b = (numpy.random.rand(1024, 1024).astype("float32") for _ in range(2))
    return lambda: 2e-9 * 1024**3 / median_seconds(lambda: a @ b, 0.2)


def beside_products(command, input, products):
    """The lines of JSON a program prints, each with the mean of `products()` before and after it.

    The program is held while that is measured.
    """
    before = products()
    with open(input) as given:
        process = subprocess.Popen([str(word) for word in command], stdin=given, stdout=subprocess.PIPE, text=True)
    try:
        for text in process.stdout:
            process.send_signal(signal.SIGSTOP)
            after = products()
            process.send_signal(signal.SIGCONT)
            yield {**json.loads(text), "openblas": (before + after) / 2}
            before = after
        end(command, process.wait())
    finally:
        process.kill()  # an interrupted run must not leave a program held


def compare_convolutions(options):
    networks = options.names or ["vae", "dcgan", "srgan", "gan3d"]
    figment = [FIGMENT, "benchmark", "convolution", *networks, "--format", "json"]
    lines, _ = measure([*figment, "--device", "cpu", "--seconds", "0.001"])
    work = {line["name"]: line["gflops"] * line["median_ms"] for line in lines if " → " in line["name"]}
    cases = pathlib.Path(tempfile.mkdtemp()) / "cases"
    cases.write_text("".join(name + "\n" for name in work))
    torch = [sys.executable, HERE / "peers/convolutions.py"]
    programs = {"contiguous": torch, "channels-last": [*torch, "--channels-last"]}
    if options.dlprimitives:
        programs["dlprimitives"] = [cases.parent / "dlprimitives"]
        compiler = ["c++", "-O2", HERE / "peers/dlprimitives_convolutions.cpp", "-o", *programs["dlprimitives"]]
        built = options.dlprimitives.resolve() / "build"
        where = [f"-I{built.parent}/include", f"-I{built}", f"-L{built}", f"-Wl,-rpath,{built}"]
        subprocess.run([*compiler, *where, "-ldlprim_core", "-lOpenCL"], check=True)
    for device in options.devices:
        programs[f"figment {device}"] = [*figment, "--device", device, "--seconds", "0.3"]
    samples, products = {}, openblas()
    for _ in range(options.rounds):
        for program, command in programs.items():
            for line in beside_products(command, cases, products):
                if line["name"] in work:
                    figures = (work[line["name"]] / line["median_ms"], line["openblas"])
                    samples.setdefault((line["name"], program), []).append(figures)
    print(f"{'GFLOP/s, % of OpenBLAS':60s}" + "".join(f"{program:>20s}" for program in programs))
    rows = []
    for case in work:
        text = f"{case:60s}"
        for program in programs:
            if program == "dlprimitives" and (case, program) not in samples:  # it has no three dimensions
                text += f"{'–':>20s}"
                continue
            figures = samples[case, program]
            speed = statistics.median(speed for speed, _ in figures)
            share = statistics.median(speed / yardstick for speed, yardstick in figures)
            rows.append({"case": case, "program": program, "gflops": speed, "of_openblas": share})
            text += f"{speed:12.1f} {100 * share:5.0f} %"
        print(text)
    return rows


def compare_gemm(options):
    clblast = pathlib.Path(tempfile.mkdtemp()) / "clblast_gemm"
    subprocess.run(["cc", "-O2", HERE / "peers/clblast_gemm.c", "-o", clblast, "-lclblast", "-lOpenCL"], check=True)
    products = HERE / "peers/products.py"
    programs = {
        "OpenBLAS": [sys.executable, products, "numpy"], "PyTorch": [sys.executable, products, "torch"],
        "CLBlast": [clblast]}
    for device in options.devices:
        programs[f"figment {device}"] = [
            FIGMENT, "benchmark", "gemm", "--device", device, "--format", "json", "--seconds", "1"]
    found = in_turns(programs, options.rounds)
    rows = []
    print(f"{'GFLOP/s':28s}" + "".join(f"{program:>16s}" for program in programs))
    for case in found["OpenBLAS"]:
        m, n, k = (int(extent) for extent in case.split()[1].split("×"))
        speeds = {program: 2e-6 * m * n * k / found[program][case]["ms"] for program in programs}
        rows += [{"case": case, "program": program, "gflops": speed} for program, speed in speeds.items()]
        print(f"{case:28s}" + "".join(f"{speed:16.1f}" for speed in speeds.values()))
    return rows


SUITES = {"steps": compare_steps, "convolution": compare_convolutions, "gemm": compare_gemm, "batches": compare_batches}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", choices=list(SUITES))
    parser.add_argument("names", nargs="*")
    parser.add_argument("--devices", nargs="+", default=["cpu", "opencl"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", default="2")
    parser.add_argument("--dlprimitives", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--output", type=pathlib.Path)
    options = parser.parse_args()
    if not FIGMENT.exists():
        sys.exit(f"{FIGMENT} is missing: run `make build` first")
    # Linux sometimes leaves both of PoCL's threads on one processor for seconds. PoCL numbers processors from 0.
    if platform.system() == "Linux" and os.sched_getaffinity(0) == set(range(os.cpu_count())):
        os.environ.setdefault("POCL_AFFINITY", "1")
    rows = SUITES[options.suite](options)
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text("".join(json.dumps(row) + "\n" for row in [machine(), *rows]))


if __name__ == "__main__":
    main()
