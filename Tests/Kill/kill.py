"""Small runs of every kind of model, killed at random moments by SIGKILL, SIGTERM, SIGHUP and SIGINT, gone on with,
killed again on the way, and compared at their end with a run that nobody disturbed: the last checkpoint byte by byte,
metrics and TensorBoard's scalars with every step once, the pictures.

Usage: kill.py [N] [--seed SEED] [--figment PATH]
"""

import argparse
import collections
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from small_runs import FIGMENT, Failure, Workplace, check_events, check_metrics, check_safetensors, check_samples, scalars

MODELS = {
    # With every technique that remembers something from step to step.
    "gan": ["--iterations", "150", "--sample-every", "steps:30", "--checkpoint-every", "steps:13", "--ema", "0.9",
            "--historical-averaging", "--spectral-norm", "--minibatch-discrimination", "--accuracy-gate", "0.9",
            "--discriminator-steps", "2", "--noisy-labels", "0.1", "--r1", "1"],
    "vae": ["--epochs", "3", "--checkpoint-every", "steps:4"],
    "gan3d": ["--iterations", "60", "--sample-every", "steps:20", "--checkpoint-every", "steps:7", "--ema", "0.9"],
    # Two stages.
    "srgan": ["--epochs", "2", "--checkpoint-every", "steps:3", "--ema", "0.9", "--spectral-norm"],
    # Four stages.
    "age-cgan": ["--epochs", "2", "--checkpoint-every", "steps:3", "--ema", "0.9", "--face-weights", "own"],
}
SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT]


def heeding():
    """In the new process: a shell's background jobs ignore SIGINT, and so would what they start."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Trials:
    def __init__(self, folder, figment, draw):
        self.place, self.draw = Workplace(folder, figment), draw
        self.undisturbed, self.seconds = {}, {}
        self.statuses = collections.Counter()
        for model, length in MODELS.items():
            start = time.monotonic()
            status, errors = self.place.run(self.place.start(model, length, model))
            self.seconds[model] = time.monotonic() - start
            if status != 0:
                raise Failure(f"{model} does not train: {errors}")
            self.undisturbed[model] = self.left(model)

    def left(self, run):
        folder = self.place.folder / run
        check_safetensors(folder)
        events = check_events(folder)
        return {
            "checkpoint": self.place.last(run),
            "metrics": check_metrics(folder),
            "scalars": scalars(events),
            "pictures": check_samples(folder),
            "events of pictures": {key for key in events if key[0] == "."},
        }

    def kill(self, command, number, after):
        """Starts a command and sends it a signal after some seconds; returns whether it had ended by itself."""
        process = subprocess.Popen([str(word) for word in command], cwd=self.place.folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=heeding)
        try:
            _, errors = process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            try:
                _, errors = process.communicate(timeout=60)
            except subprocess.TimeoutExpired as late:
                process.kill()
                raise Failure(f"{number.name} after {after:.3f} s was not heeded in a minute") from late
        status = process.returncode
        # Before it listens, and behind its end, a signal does what signals do.
        if status not in (0, 130, -number):
            raise Failure(f"{number.name} after {after:.3f} s: status {status}: {errors.decode()[-400:]}")
        self.statuses[f"{number.name} {status}"] += 1
        return status == 0

    def trial(self, model, index):
        run, length = f"{model}-{index}", MODELS[model]
        start = self.place.start(model, length, run, "--overwrite")
        # The first moment anywhere in the run, those on the way anywhere in what may be left.
        moments = [self.draw.uniform(0, self.seconds[model]) for _ in range(1 + self.draw.randint(1, 3))]
        for kill, after in enumerate(moments):
            begun = (self.place.folder / run / "checkpoints/last.safetensors").exists()
            number = SIGNALS[(index + kill) % len(SIGNALS)]
            if self.kill(self.place.resume(run) if begun else start, number, after):
                break
        self.place.finish(model, length, run)
        found = self.left(run)
        for name, wanted in self.undisturbed[model].items():
            if found[name] != wanted:
                raise Failure(f"killed after {moments}, its {name} differ: {difference(found[name], wanted)}")


def difference(found, wanted):
    if isinstance(found, bytes):
        return f"{len(found)} and {len(wanted)} bytes"
    missing, other = [sorted(set(a) - set(b)) for a, b in ((wanted, found), (found, wanted))]
    changed = [key for key in found if isinstance(found, dict) and key in wanted and found[key] != wanted[key]]
    return f"missing {missing}, too many {other}, changed {changed}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("count", nargs="?", type=int, default=40)
    parser.add_argument("--seed", type=int, default=20261126)
    parser.add_argument("--figment", default=FIGMENT)
    options = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        trials = Trials(folder, options.figment, random.Random(options.seed))
        for model in MODELS:
            trials.statuses.clear()
            for index in range(options.count):
                try:
                    trials.trial(model, index)
                except Failure as failure:
                    failures += 1
                    print(f"  {model}, run {index}: {failure}", flush=True)
            statuses = ", ".join(f"{name}: {count}" for name, count in sorted(trials.statuses.items()))
            print(f"kill: {model}: {options.count} runs of {trials.seconds[model]:.1f} s ({statuses})", flush=True)
    print(f"kill: {failures} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
