"""Compiles every kernel that training steps launch on a graphics card, for cards that need not be there, and reads the
machine code.

Usage: cards.py [MODEL …] [--targets sm_90 gfx1100 …] [--compute-units 132 …] [--json FILE] [--check]
                [--compilers FOLDER]

The compilers are those that get.sh puts into a folder, given by --compilers or the environment variable CARDS.
README.md says what is told of a kernel, and what the floors of --check are.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import sys
import tempfile

import launches
import prediction
import report
from compilers import CompileError, Compilers
from machine_code import figures
from targets import TARGETS

MODELS = ["autoencoder", "vae", "gan", "dcgan", "age-cgan", "gan3d", "srgan", "srgan-adversarial"]
# Who makes the cards of the predictions, by their multiprocessors.
VENDORS = {card.multiprocessors: TARGETS[card.target].vendor for card in prediction.CARDS}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("models", nargs="*", metavar="MODEL",
                        help=f"steps of the benchmark; all of {' '.join(MODELS)} if none")
    parser.add_argument("--compilers", metavar="FOLDER", default=os.environ.get("CARDS"),
                        help="what get.sh filled (CARDS)")
    parser.add_argument("--figment", metavar="FILE", default=launches.ROOT / ".build/release/figment")
    parser.add_argument("--sources", type=pathlib.Path, metavar="FOLDER", default=launches.ROOT,
                        help="the repository whose kernels are compiled: as old as the command")
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--compute-units", nargs="+", type=int, metavar="COUNT",
                        default=[card.multiprocessors for card in prediction.CARDS],
                        help="the cards that launches are planned for; those of the predictions' cards")
    parser.add_argument("--launches", type=pathlib.Path, metavar="FOLDER",
                        help="a folder of COUNT.jsonl, what the command listed before; read instead of asking it")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="keeps the figures, a kernel a line")
    parser.add_argument("--check", action="store_true", help="ends with status 1 if anything is below a floor")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FOLDER", help="keeps the machine code there")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="compilers at a time")
    options = parser.parse_args()
    if not options.compilers:
        parser.error("no compilers: get.sh FOLDER fetches them, then give --compilers FOLDER or set CARDS.")
    return options


def read_steps(options):
    """The steps as cards of each size launch them, by the count of multiprocessors."""
    if options.launches:
        return {units: launches.parse((options.launches / f"{units}.jsonl").read_text())
                for units in options.compute_units}
    return {units: launches.read(options.figment, options.models or MODELS, units, VENDORS.get(units))
            for units in options.compute_units}


def sources_by_vendor(steps):
    """The programs that the cards of each maker run: by the rules, some are for one maker's alone."""
    sources = {}
    for units, step in steps.items():
        sources.setdefault(VENDORS.get(units), set()).update(launch.kernel.source for launch in step.launches)
    everything = set().union(*sources.values())
    return {target.vendor: sources.get(target.vendor, everything) | sources.get(None, set()) for target in TARGETS.values()}


def compile_all(kernels, steps, options, work):
    """Target after target: figures of each kernel, and what went wrong. Kernels of one source with the same macros are
    of one program, compiled once."""
    compilers = Compilers(pathlib.Path(options.compilers).resolve(), work)
    # All of them now: a file that is edited meanwhile must not be two kernels.
    texts = launches.program_texts(options.sources, {kernel.source for kernel in kernels})
    programs, sources = {}, sources_by_vendor(steps)
    for kernel in kernels:
        programs.setdefault((kernel.source, kernel.options), []).append(kernel)

    def of_program(source, macros, target):
        try:
            compiled = compilers.compile(texts[source], source, macros, target.name)
        except CompileError as error:
            return f"{target.name}: {source}{macros} does not compile:\n{error}"
        missing = [kernel.name for kernel in programs[source, macros] if kernel.name not in compiled]
        if missing:
            return (f"{target.name}: {source}{macros} has no {missing[0]}: "
                    "the command is older than the sources, or newer.")
        return {kernel: told_of(kernel, compiled[kernel.name], target) for kernel in programs[source, macros]}

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as executor:
        for name in options.targets:
            launched = [program for program in programs if program[0] in sources[TARGETS[name].vendor]]
            found = list(executor.map(lambda program: of_program(*program, TARGETS[name]), launched))
            rows = {kernel: row for each in found if isinstance(each, dict) for kernel, row in each.items()}
            yield TARGETS[name], {kernel: rows[kernel] for kernel in kernels if kernel in rows}, \
                [each for each in found if isinstance(each, str)]


def told_of(kernel, compiled, target):
    told = {"registers": compiled.registers, "spilled": compiled.spilled, "private": compiled.private,
            "local": compiled.local, "resident": target.resident(compiled, kernel.items)}
    if compiled.simd:
        told["simd"] = compiled.simd
    told.update(figures(compiled.code, kernel.step_multiply_adds, target.widest))
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in told.items()}


def in_short(told):
    """Without what there is none of, though a step that covers nothing is told, and without what is there twice."""
    return {name: value for name, value in told.items()
            if (value or name == "covered") and not (name == "busy" and value == told["share"])}


def lines_of(kernels, rows, steps):
    """A line of JSON for each kernel: who launches it, and its figures by target."""
    models = {kernel: [] for kernel in kernels}
    for step in steps.values():
        for launch in step.launches:
            if launch.model not in models[launch.kernel]:
                models[launch.kernel].append(launch.model)
    for kernel in kernels:
        yield {"source": kernel.source, "kernel": kernel.name, "options": kernel.options.strip(), "items": kernel.items,
               "models": models[kernel],
               "targets": {name: in_short(rows[name][kernel]) for name in rows if kernel in rows[name]}}


def keep(file, lines):
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))


def main():
    options = parse_arguments()
    steps = read_steps(options)
    kernels = sorted({launch.kernel for step in steps.values() for launch in step.launches},
                     key=lambda kernel: (kernel.source, kernel.name, kernel.options))
    rows, summaries, misses, failures = {}, [], [], []
    with tempfile.TemporaryDirectory() as temporary:
        work = (options.keep or pathlib.Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        for target, found, failed in compile_all(kernels, steps, options, work):
            rows[target.name] = found
            report.print_target(target, found)
            lines, missed = report.summary(target, found)
            summaries += lines
            misses += failed + missed
            failures += failed
            # Target by target: a run of minutes that is ended keeps what it found.
            keep(options.json, lines_of(kernels, rows, steps))
    predictions = [line for card in prediction.CARDS if card.target in rows and card.multiprocessors in steps
                   for line in prediction.of_models(steps[card.multiprocessors], rows[card.target], card)]
    report.print_predictions(predictions)
    print("\n" + "\n".join(summaries))
    keep(options.json, [*lines_of(kernels, rows, steps), *predictions])
    print("\n".join(["", "Below the floors:", *misses] if misses else ["", "Nothing is below the floors."]))
    return 1 if misses and (options.check or failures) else 0


if __name__ == "__main__":
    sys.exit(main())
