#!/usr/bin/env python3
"""Measures Plimsoll and its peers side by side: time, processor time and peak memory of whole processes.

    python3 benches/measure.py                      everything; writes docs/benchmarks.md
    python3 benches/measure.py --queries q1,q3 --programs plimsoll    a part; takes its place in the document
    python3 benches/measure.py --scaling            the challenge from 10 to 200 million rows, by plimsoll alone
    python3 benches/measure.py --quick              a thousandth of the rows, no peers; prints the tables

It makes the inputs, the programs and the peers' environment itself. Runs are interleaved: the first run of every program, then
the second, so that a slow minute of the machine meets all of them. Every result is checked: ours must be the exact one, a
peer's must agree within 1e-9. What is measured at full scale is kept in bench-data/measured.json, and the document is made of
that. Needs GNU time (Debian's package `time`).
"""

import argparse
import datetime
import os
import statistics
import subprocess
import sys
from pathlib import Path

import page
import queries
import scaling
from judge import Judge
from kept import Entry, Kept
from processes import GNU_TIME, machine, timed, warm_up
from programs import NAMES, OURS, SPECIALISED, Program, chosen

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "bench-data"
DOCUMENT = ROOT / "docs" / "benchmarks.md"

# Seconds after which a run is not repeated.
LONG = 30
# The least seconds that a program is given; else ten times the slowest of the others.
PATIENCE = 60
# Runs of files of 1,000 rows for each run of the others: milliseconds scatter.
SHORT_RUNS = 7


def main() -> None:
    options = arguments()
    if not GNU_TIME.exists():
        sys.exit(f"{GNU_TIME} is missing: apt-get install time")
    DATA.mkdir(exist_ok=True)
    binaries = build(options)
    programs, missing = chosen(options.programs, binaries)
    for name, reason in missing.items():
        print(f"{name} {reason}; left out", file=sys.stderr)
    full = options.rows_scale == 1 and not options.no_write
    kept = Kept(DATA / "measured.json", machine())
    if not full:
        kept.clear()
    kept.idle = statistics.median(timed(["true"])[0].wall for _ in range(15))
    judge = Judge(binaries, DATA)
    for query in queries.QUERIES:
        if options.queries and query.name not in options.queries:
            continue
        rows = query.input.scaled(options.rows_scale)
        path = judge.input(query.input, rows)
        entries = measure(query, path, programs, judge, options)
        # What could not be installed now may have been measured before.
        entries += [Entry(name, "", str(datetime.date.today()), options.threads, [], reason)
                    for name, reason in missing.items() if name not in kept.entries.get(query.name, {})]
        kept.put(query.name, (rows, path.stat().st_size), entries)
        if full:
            kept.save()
        print(page.section(query, kept), flush=True)
    own = next((program for program in programs if program.name == OURS), None)
    if own and (not options.queries or scaling.THREADS in options.queries):
        scaling.threads(own, judge, kept, options)
        print(page.speedup(kept), flush=True)
    if own and (options.scaling or scaling.SLOPE in options.queries):
        scaling.slope(own, judge, kept, options)
        print(page.slope(kept), flush=True)
    print("\n" + page.summary(kept))
    if full:
        kept.save()
        page.write(DOCUMENT, page.report(kept))
    else:
        print("\nnot written: the document has measurements at full scale alone")
    if wrong := [f"{query}: {entry.program} {entry.problem}" for query, entry in kept.all() if entry.problem and is_ours(query, entry)]:
        sys.exit("\n".join(wrong))


def is_ours(query: str, entry: Entry) -> bool:
    """Whether this is a run of the project's own programs; where ours alone is measured, entries go by other names."""
    return bool(entry.runs) and (entry.program in (OURS, SPECIALISED) or query in (scaling.THREADS, scaling.SLOPE))


def arguments() -> argparse.Namespace:
    known = [*(query.name for query in queries.QUERIES), scaling.THREADS, scaling.SLOPE]
    parser = argparse.ArgumentParser(description="Measures plimsoll and its peers side by side.")
    parser.add_argument("--runs", type=int, default=3, help="runs of each program and query (default 3)")
    parser.add_argument("--rows-scale", type=float, default=1.0, help="part of the full number of rows, for trials")
    parser.add_argument("--threads", type=int, default=2, help="threads for every program (default 2)")
    parser.add_argument("--programs", type=lambda text: text.split(","), default=NAMES, help=f"of {','.join(NAMES)} (default all)")
    parser.add_argument("--queries", type=lambda text: text.split(","), default=[], help=f"of {','.join(known)} (default all)")
    parser.add_argument("--scaling", action="store_true", help="also the challenge of 10, 50, 100 and 200 million rows")
    parser.add_argument("--quick", action="store_true",
                        help=f"short for --rows-scale 0.001 --runs 1 --programs {OURS},{SPECIALISED} --no-write")
    parser.add_argument("--no-write", action="store_true", help="print the tables, keep nothing, leave the document as it is")
    options = parser.parse_args()
    if options.quick:
        options.rows_scale, options.runs, options.programs, options.no_write = 0.001, 1, [OURS, SPECIALISED], True
    unknown = {*options.programs} - {*NAMES} | {*options.queries} - {*known}
    if unknown or options.runs < 1:
        parser.error(f"unknown: {', '.join(sorted(unknown))}" if unknown else "--runs takes 1 or more")
    # In the order in which the tables name them, whatever was typed.
    options.programs = [name for name in NAMES if name in options.programs]
    return options


def build(options: argparse.Namespace) -> Path:
    """Builds what is needed in release and gives the folder with the programs."""
    bins = [word for name in ("generate", "check", SPECIALISED) for word in ("--bin", name)]
    subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "plimsoll-workspace", *bins], cwd=ROOT, check=True)
    if OURS in options.programs:
        subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "plimsoll-cli"], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"


def measure(query: queries.Query, path: Path, programs: list[Program], judge: Judge, options: argparse.Namespace) -> list[Entry]:
    """Runs all programs in turn, several times over, and checks each one's result every time."""
    expected = judge.expected(query, path)
    warm_up(path)
    today = str(datetime.date.today())
    entries = {program.name: Entry(program.name, program.version, today, options.threads, [], program.cannot(query))
               for program in programs}
    slowest = 0.0
    for _ in range(options.runs * (SHORT_RUNS if query.input is queries.SMALL else 1)):
        for program in programs:
            entry = entries[program.name]
            if entry.problem or any(run.wall > LONG for run in entry.runs):
                continue
            result = DATA / f"result-{query.name}-{program.name}.csv"
            result.unlink(missing_ok=True)
            run, entry.problem = timed(program.command(query, path, result, options.threads), max(PATIENCE, 10 * slowest))
            entry.runs.append(run)
            slowest = max(slowest, run.wall if entry.problem is None else 0)
            entry.problem = entry.problem or judge.differs(program, query, expected, result)
            result.unlink(missing_ok=True)
    return list(entries.values())


if __name__ == "__main__":
    main()
