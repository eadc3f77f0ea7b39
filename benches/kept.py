"""What has been measured, kept as JSON, so that the page can be filled in parts. Measures nothing."""

import json
import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from processes import Run


@dataclass
class Entry:
    """One program and query. `problem` is what kept the result from being right, or the program from running."""

    program: str
    version: str
    date: str
    threads: int
    runs: list[Run]
    problem: str | None

    def median(self, figure: str) -> float:
        """Of `wall`, `cpu` or `peak`."""
        return statistics.median(getattr(run, figure) for run in self.runs)

    @property
    def right(self) -> bool:
        return self.problem is None and bool(self.runs)


class Kept:
    """Entries by query and program, of one machine: what another machine measured is dropped."""

    def __init__(self, path: Path, machine: str):
        self.path = path
        self.machine = machine
        # Rows and bytes of each query's input.
        self.inputs: dict[str, tuple[int, int]] = {}
        self.entries: dict[str, dict[str, Entry]] = {}
        # Seconds that a process takes that does nothing.
        self.idle: float | None = None
        if path.exists() and (found := json.loads(path.read_text()))["machine"] == machine:
            self.idle = found["idle"]
            self.inputs = {name: tuple(size) for name, size in found["inputs"].items()}
            for query, entries in found["entries"].items():
                self.entries[query] = {entry["program"]: Entry(**entry | {"runs": [Run(**run) for run in entry["runs"]]})
                                       for entry in entries}

    def put(self, query: str, size: tuple[int, int], entries: list[Entry]) -> None:
        """Takes what was measured now in the place of what was."""
        self.inputs[query] = size
        self.entries.setdefault(query, {}).update({entry.program: entry for entry in entries})

    def clear(self) -> None:
        self.inputs, self.entries = {}, {}

    def all(self) -> Iterator[tuple[str, Entry]]:
        """Every entry with its query."""
        return ((query, entry) for query, those in self.entries.items() for entry in those.values())

    def save(self) -> None:
        entries = {query: [asdict(entry) for entry in those.values()] for query, those in self.entries.items()}
        text = json.dumps({"machine": self.machine, "idle": self.idle, "inputs": self.inputs, "entries": entries}, indent=1)
        partial = self.path.with_suffix(".partial")
        partial.write_text(text)
        partial.rename(self.path)
