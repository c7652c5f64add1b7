"""Repeats one workload, as benches/src/stopwatch.rs does."""

import math
import time

from settings import wait

# A repetition of work that is quicker than this, in seconds, executes it several times.
LEAST = 0.02


class Stopwatch:
    def __init__(self, work):
        """Executes `work` until it is warm, and finds how often a repetition executes it."""
        self.work = work
        work()
        wait()
        start = time.perf_counter()
        work()
        wait()
        one = max(time.perf_counter() - start, 1e-6)
        self.executions = max(1, math.ceil(LEAST / one))

    def repeat(self):
        """One repetition: mean seconds of an execution."""
        # Whoever ran in between has evicted this work's data from the caches.
        if self.executions > 1:
            self.work()
            wait()
        start = time.perf_counter()
        for _ in range(self.executions):
            self.work()
        wait()
        seconds = (time.perf_counter() - start) / self.executions
        return {"seconds": seconds, "executions": self.executions}
