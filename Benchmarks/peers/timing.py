"""How the programs of this folder time."""
import statistics
import time


def median_seconds(run, seconds):
    """The median of at least three runs, which together take `seconds`, after two that warm up."""
    times, start = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - start < seconds:
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return statistics.median(times[2:])
