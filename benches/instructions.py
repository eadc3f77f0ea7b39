#!/usr/bin/env python3
"""Counts the instructions of the hot loops, which say of a change what noisy clocks cannot.

    python3 benches/instructions.py            prints the counts beside those of benches/instructions.json
    python3 benches/instructions.py --check    the same, and fails where a count is more than 2 % above
    python3 benches/instructions.py --write    takes the counts as the new ones

Each query runs with one thread under valgrind's callgrind, twice, with many and with few rows: the difference of both counts,
divided by the difference of the rows, is what a row costs, without the start of the process. Valgrind has no AVX-512, so that the
AVX2 loops are counted. Counts belong to a compiler: where benches/instructions.json has none of this one, nothing is compared.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = Path(__file__).with_suffix(".json")
# Keys are hashed with another seed in every process, so that now and then some collide: a count that is too high is taken
# again so often at most, and the least counts.
RECOUNTS = 3
# A count may be this part above the kept one.
TOLERANCE = 0.02


@dataclass(frozen=True)
class Loop:
    """A query whose rows are counted. `sql` has the place {table}."""

    name: str
    kind: str
    rows: tuple[int, int]
    sql: str
    flags: list[str] = field(default_factory=list)


BRC = ["--no-header", "--columns", "station,t", "--delimiter", ";"]
LOOPS = [
    Loop("1BRC", "brc", (100_000, 400_000),
         "SELECT station, min(t), avg(t), max(t) FROM {table} GROUP BY station", BRC),
    Loop("one sum by a text", "g1", (50_000, 200_000), "SELECT id1, sum(v1) FROM {table} GROUP BY id1"),
    Loop("one sum by two texts", "g1", (50_000, 200_000), "SELECT id1, id2, sum(v1) FROM {table} GROUP BY id1, id2"),
    Loop("three sums by an integer", "g1", (50_000, 200_000),
         "SELECT id4, sum(v1), sum(v2), sum(v3) FROM {table} GROUP BY id4"),
    Loop("least, mean and greatest of all", "brc", (100_000, 400_000), "SELECT min(t), avg(t), max(t) FROM {table}", BRC),
    Loop("count of rows", "g1", (50_000, 200_000), "SELECT count(*) FROM {table}"),
    Loop("3 of 120 columns behind a filter", "wide", (2_000, 12_000),
         "SELECT t011, count(*), sum(n049) FROM {table} WHERE i099 > 100 GROUP BY t011"),
    Loop("quoted text", "quoted", (20_000, 100_000),
         'SELECT "customer, full name", count(*), sum(amount) FROM {table} GROUP BY 1'),
    Loop("means of doubles", "floats", (50_000, 200_000), "SELECT id, avg(x), avg(y), max(z) FROM {table} GROUP BY id",
         ["--types", "x=DOUBLE,y=DOUBLE"]),
    Loop("filter and project", "g1", (50_000, 200_000), "SELECT id1, id6, v3 FROM {table} WHERE v3 > 90"),
]


def main() -> None:
    options = arguments()
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is missing: apt-get install valgrind")
    release = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
    build = ["cargo", "build", "--release", "--locked", "--quiet"]
    subprocess.run([*build, "-p", "plimsoll-cli"], cwd=ROOT, check=True)
    subprocess.run([*build, "-p", "plimsoll-workspace", "--bin", "generate"], cwd=ROOT, check=True)
    compiler = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    wanted = kept.get("instructions", {}) if kept.get("compiler") == compiler else {}
    if not wanted:
        print(f"no counts of {compiler} are kept: nothing is compared")
    found, slipped = {}, []
    print(f"{'instructions a row':36}{'now':>10}{'kept':>10}{'':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for loop in LOOPS:
            count = per_row(loop, release, Path(folder))
            before = wanted.get(loop.name)
            for _ in range(RECOUNTS):
                if before and count > before * (1 + TOLERANCE):
                    count = min(count, per_row(loop, release, Path(folder)))
            found[loop.name] = count = round(count, 1)
            change = count / before - 1 if before else 0
            print(f"{loop.name:36}{count:10.1f}" + (f"{before:10.1f}{change:+9.1%}" if before else ""), flush=True)
            if change > TOLERANCE:
                slipped.append(loop.name)
    if options.write:
        KEPT.write_text(json.dumps({"compiler": compiler, "instructions": found}, indent=2) + "\n")
    elif options.check and slipped:
        sys.exit(f"more than {TOLERANCE:.0%} above what is kept: {', '.join(slipped)}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Counts the instructions of the hot loops.")
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--check", action="store_true", help="fail where a count is more than 2 %% above the kept one")
    either.add_argument("--write", action="store_true", help="keep the counts")
    return parser.parse_args()


def per_row(loop: Loop, release: Path, folder: Path) -> float:
    few, many = (counted(loop, rows, release, folder) for rows in loop.rows)
    return (many - few) / (loop.rows[1] - loop.rows[0])


def counted(loop: Loop, rows: int, release: Path, folder: Path) -> int:
    """The instructions of one whole process over a file of so many rows."""
    path = folder / f"{loop.kind}-{rows}.csv"
    if not path.exists():
        subprocess.run([release / "generate", loop.kind, "--rows", str(rows), path], check=True)
    command = [release / "plimsoll", "query", loop.sql.format(table=f"'{path}'"), *loop.flags]
    command += ["--threads", "1", "--quiet", "--format", "csv", "-o", folder / "result.csv"]
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder / 'callgrind.out'}"]
    done = subprocess.run([*valgrind, *command], capture_output=True, text=True, check=False)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or collected is None:
        sys.exit(f"{loop.name}: {done.stderr.strip()}")
    return int(collected[1])


if __name__ == "__main__":
    main()
