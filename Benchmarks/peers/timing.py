"""How the programs of this folder time."""
import statistics
import time


def median_seconds(run, seconds, wait=None, least=0.005, most=100):
    """The median of at least three runs, which together take `seconds`, after two that warm up.

    With `wait`, which waits for the device, runs are timed as figment times them: in streams that take at least `least`
    seconds, unless that would be more than `most` runs, with one wait behind them.
    """
    count = 1

    def stream():
        for _ in range(count):
            run()
        if wait:
            wait()

    def timed():
        began = time.perf_counter()
        stream()
        return (time.perf_counter() - began) / count

    stream()
    once = timed()
    if wait:
        count = min(most, max(1, -int(-least // once)))
    times, start = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < seconds:
        times.append(timed())
    return statistics.median(times)
