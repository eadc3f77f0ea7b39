"""Inputs and exact results, made where they are missing, and results held against them. Both are benches/generate's and
benches/check's work, and that of the system's `sort` where rows are to be sorted or distinct values counted."""

import shlex
import subprocess
from pathlib import Path

from programs import Program
from queries import Input, Query


class Judge:
    """The programs in `binaries`, the files in `folder`."""

    def __init__(self, binaries: Path, folder: Path):
        self.binaries = binaries
        self.folder = folder

    def input(self, file: Input, rows: int) -> Path:
        """The input of so many rows."""
        path = file.path(self.folder, rows)
        if not path.exists():
            print(f"making {path.name}", flush=True)
            subprocess.run([self.binaries / "generate", *file.generate, "--rows", str(rows), path], check=True)
        return path

    def expected(self, query: Query, path: Path) -> Path:
        """The exact result, kept beside the input."""
        kept = path.with_suffix(f".{query.name}.expected")
        # The words of the query go into the name of no file, so a changed query is seen by them.
        words, asked = query.judge(), kept.with_suffix(".asked")
        fresh = kept.exists() and kept.stat().st_mtime >= path.stat().st_mtime
        if not (fresh and asked.exists() and asked.read_text() == repr(words)):
            print(f"working out {kept.name}", flush=True)
            partial = kept.with_suffix(".partial")
            with open(partial, "wb") as file:
                subprocess.run(self.exact(query, path), stdout=file, check=True)
            partial.rename(kept)
            asked.write_text(repr(words))
        return kept

    def exact(self, query: Query, path: Path) -> list:
        """The command that prints the exact result."""
        distinct = [value for value in query.values if value.function == "distinct"]
        if not (query.order or distinct):
            return [self.binaries / "check", "exact", *query.judge(), path]
        with open(path) as file:
            names, cells = (file.readline().strip().split(query.input.delimiter) for _ in range(2))
        rows = f"tail -n +2 {shlex.quote(str(path))}"
        sort = f"LC_ALL=C sort -S 25% -T {shlex.quote(str(self.folder))} -t '{query.input.delimiter}'"
        if distinct:
            [value] = distinct
            at = names.index(value.columns[0]) + 1
            return ["sh", "-c", f"echo {value.name}:exact; {rows} | cut -d '{query.input.delimiter}' -f {at} | {sort} -u | wc -l"]
        places = [names.index(column) for column in query.order]
        keys = " ".join(f"-k {at + 1},{at + 1}{'n' if is_number(cells[at]) else ''}" for at in places)
        # Rows are told apart by their texts and integers; decimals are values, which peers write in other ways too.
        kinds = ["exact" if is_number(text) and "." in text else "key" for text in cells]
        heading = query.input.delimiter.join(f"{name}:{kind}" for name, kind in zip(names, kinds))
        return ["sh", "-c", f"echo '{heading}'; {rows} | {sort} --stable {keys}"]

    def differs(self, program: Program, query: Query, expected: Path, found: Path) -> str | None:
        """The first difference in words."""
        flags = ["--exactly"] if program.exact else []
        # Ours keeps the order of the file where no other is asked for.
        if query.ordered or (program.exact and not query.values):
            flags.append("--ordered")
        command = [self.binaries / "check", "compare", f"--delimiter={program.delimiter}", *flags, expected, found]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return None
        return f"differs: {done.stdout.strip()}" if done.returncode == 1 else f"failed: {done.stderr.strip()}"


def is_number(cell: str) -> bool:
    """Whether a cell is compared by its value, and not as text."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
