"""A small `vae` and a small `gan` run on a machine where something fails: the n-th write, fsync, rename, new file, folder
or allocation, for every n until the run makes no such call any more.

A run that meets a fault ends with status 0, or with 1 and one line that starts with “error:”, never by a signal; every
checkpoint it leaves is whole; and, resumed (or started again if there was no checkpoint yet) without faults, it comes to
the bytes, metrics and scalars of a run that met none. Where memory fails, Swift's own library may end the program by a
signal; files hold all the same.

Usage: faults.py LIBRARY [--few] [--figment PATH] [--workers N]
"""

import argparse
import concurrent.futures
import itertools
import os
import random
import sys
import tempfile

from small_runs import FIGMENT, Failure, Workplace, check_events, check_metrics, check_safetensors, scalars

MODELS = {
    "vae": ["--epochs", "2", "--checkpoint-every", "steps:8"],
    "gan": ["--iterations", "12", "--sample-every", "steps:5", "--checkpoint-every", "steps:4"],
}
CALLS = ["write", "short", "fsync", "rename", "open", "truncate", "mkdir"]
# ENOSPC, EIO, EDQUOT
ERRORS = [28, 5, 122]


class Trials:
    def __init__(self, folder, figment, library):
        self.place, self.library, self.numbers = Workplace(folder, figment), library, itertools.count()
        self.undisturbed = {}
        # A thread for each run: several run at a time, and bits are the same for the same number of threads. A program
        # that ends by a signal says no more than that.
        self.environment = dict(os.environ, OMP_NUM_THREADS="1", SWIFT_BACKTRACE="enable=no")
        for model, length in MODELS.items():
            status, errors = self.place.run(self.place.start(model, length, model), self.environment)
            if status != 0:
                raise Failure(f"{model} does not train: {errors}")
            self.undisturbed[model] = self.left(model)

    def left(self, run):
        folder = self.place.folder / run
        return self.place.last(run), check_metrics(folder), scalars(check_events(folder))

    def trial(self, model, call, mode, number):
        """Whether the run met a fault; raises Failure for what must not be."""
        run, length = f"run-{next(self.numbers)}", MODELS[model]
        log = self.place.folder / f"{run}.log"
        environment = dict(
            self.environment, LD_PRELOAD=self.library, FAULT_CALL=call, FAULT_MODE=mode, FAULT_NUMBER=str(number),
            FAULT_LOG=str(log))
        if call in ("write", "open", "fsync", "rename"):
            environment["FAULT_ERROR"] = str(ERRORS[number % len(ERRORS)])
        try:
            status, errors = self.place.run(self.place.start(model, length, run), environment)
            lines = [line for line in errors.splitlines() if line.lower().startswith("error:")]
            if call != "malloc":
                if status not in (0, 1):
                    raise Failure(f"status {status}: {errors.strip()[-300:]}")
                if len(lines) != status:
                    raise Failure(f"status {status} with {len(lines)} lines of errors: {errors.strip()[-600:]}")
            check_safetensors(self.place.folder / run)
            self.place.finish(model, length, run, self.environment)
            for name, found, wanted in zip(
                    ["checkpoint", "metrics", "events"], self.left(run), self.undisturbed[model], strict=True):
                if found != wanted:
                    raise Failure(f"(status {status}, {lines}) resumed, its {name} differ from an undisturbed run's")
        except Failure as failure:
            raise Failure(f"{model}, {call} {mode} {number}: {failure}") from failure
        return log.exists()


def rises(few):
    """1, 2, 4 and so on: where one number stands for those around it."""
    return (2 ** power for power in range(0, 40, 4 if few else 1))


def scattered(draw, step):
    """Numbers that grow by powers of two to `step`, each somewhere before the next."""
    return (int(2 ** (step * (index + draw.random()))) for index in itertools.count())


def plans(few, seed=7):
    """(call, mode, numbers): tried in their order until one is not met."""
    draw = random.Random(seed)
    for call in CALLS:
        yield call, "once", scattered(draw, 1.8) if few else itertools.count(1)
        for mode in ("from", "every"):
            yield call, mode, rises(few)
    yield "malloc", "once", scattered(draw, 4 if few else 0.5)


def follow(trials, model, call, mode, numbers):
    met, failures = 0, []
    for number in numbers:
        try:
            if not trials.trial(model, call, mode, number):
                break
        except Failure as failure:
            failures.append(str(failure))
            if len(failures) == 5:
                break
        met += 1
    return met, failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("--figment", default=FIGMENT)
    parser.add_argument("--few", action="store_true")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    options = parser.parse_args()
    failed = False
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        trials = Trials(folder, options.figment, options.library)
        with concurrent.futures.ThreadPoolExecutor(options.workers) as pool:
            jobs = {
                pool.submit(follow, trials, model, call, mode, numbers): f"{model}, {call} {mode}"
                for model in MODELS for call, mode, numbers in plans(options.few)
            }
            for job in concurrent.futures.as_completed(jobs):
                met, failures = job.result()
                print(f"faults: {jobs[job]}: {met} met, {len(failures)} failures", flush=True)
                for failure in failures:
                    print(f"  {failure}")
                failed = failed or bool(failures)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
