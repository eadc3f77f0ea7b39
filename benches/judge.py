"""Inputs and exact results, made where they are missing, and results held against them. Both are benches/generate's and
benches/check's work."""

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
                subprocess.run([self.binaries / "check", "exact", *words, path], stdout=file, check=True)
            partial.rename(kept)
            asked.write_text(repr(words))
        return kept

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
