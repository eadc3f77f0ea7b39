"""Trials under memory limits, kept as JSON, and the search for the smallest limit. Measures nothing."""

import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from processes import Run

# What is measured: ours at each limit, the same inside of a cgroup, and the search for the smallest limit.
STEPS, CGROUP, SMALLEST = "steps", "cgroup", "smallest"
# Times the time without a limit: what is slower has not worked, and the two that a smallest limit is looked for within.
AT_ALL, TWICE, NEARLY = 3.0, 2.0, 1.2


@dataclass
class Trial:
    """One way of running a query under one limit. `problem` is what kept it from ending with the right result."""

    part: str
    way: str
    query: str
    # MiB, or None for no limit.
    limit: int | None
    version: str
    date: str
    threads: int
    # Of the input.
    rows: int
    runs: list[Run]
    problem: str | None
    # Of the result's bytes, where these are compared.
    digest: str | None = None

    @property
    def right(self) -> bool:
        return self.problem is None and bool(self.runs)

    @property
    def wall(self) -> float:
        return statistics.median(run.wall for run in self.runs)

    @property
    def peak(self) -> int:
        """The greatest of all runs, since a limit holds always."""
        return max(run.peak for run in self.runs)


Key = tuple[str, str, str, int | None]


class Trials:
    """Trials by part, way, query and limit, of one machine: what another machine measured is dropped."""

    def __init__(self, path: Path, machine: str):
        self.path = path
        self.machine = machine
        self.found: dict[Key, Trial] = {}
        if path.exists() and (kept := json.loads(path.read_text()))["machine"] == machine:
            for trial in kept["trials"]:
                self.put(Trial(**trial | {"runs": [Run(**run) for run in trial["runs"]]}))

    def put(self, trial: Trial) -> None:
        self.found[trial.part, trial.way, trial.query, trial.limit] = trial

    def get(self, part: str, way: str, query: str, limit: int | None) -> Trial | None:
        return self.found.get((part, way, query, limit))

    def of(self, *parts: str) -> Iterator[Trial]:
        return (trial for trial in self.found.values() if trial.part in parts)

    def drop(self, unwanted: Callable[[Trial], bool]) -> None:
        self.found = {key: trial for key, trial in self.found.items() if not unwanted(trial)}

    def save(self) -> None:
        text = json.dumps({"machine": self.machine, "trials": [asdict(trial) for trial in self.found.values()]}, indent=1)
        partial = self.path.with_suffix(".partial")
        partial.write_text(text)
        partial.rename(self.path)


class NotMeasured(Exception):
    """There was no time for a trial."""


def smallest(ladder: Sequence[int], good: Callable[[int], bool]) -> int | None:
    """The smallest limit of a rising ladder that is good, by halves: what is good stays good further up."""
    low, high = 0, len(ladder)
    while low < high:
        middle = (low + high) // 2
        if good(ladder[middle]):
            high = middle
        else:
            low = middle + 1
    return ladder[low] if low < len(ladder) else None


def search(ladder: Sequence[int], base: float, trial: Callable[[int], Trial]) -> Iterator[tuple[float, Trial | None]]:
    """For each factor the trial at the smallest limit that ends rightly within so many times `base`, or None.

    `trial` is asked for a limit more than once and should remember. Where it raises `NotMeasured`, so does this; what was
    found before has been given by then.
    """
    rest = list(ladder)
    for factor in (AT_ALL, TWICE, NEARLY):
        limit = smallest(rest, lambda limit: trial(limit).right and trial(limit).wall <= factor * base)
        # Less time is never had with less memory.
        rest = [one for one in rest if limit is not None and one >= limit]
        yield factor, None if limit is None else trial(limit)
