"""Two measurements of ours alone: two threads against one, and whether time grows as rows do."""

import argparse
import datetime

import queries
from judge import Judge
from kept import Entry, Kept
from processes import timed, warm_up
from programs import Program

THREADS, SLOPE = "threads", "slope"
# Rows of the challenge at full scale.
SIZES = [10_000_000, 50_000_000, 100_000_000, 200_000_000]


def threads(program: Program, judge: Judge, kept: Kept, options: argparse.Namespace) -> None:
    """The challenge with one thread and with two, interleaved."""
    query = queries.named("brc")
    rows = query.input.scaled(options.rows_scale)
    path = judge.input(query.input, rows)
    entries = {count: entry(f"{count}", program, count) for count in (1, 2)}
    warm_up(path)
    for _ in range(options.runs):
        for count, those in entries.items():
            run_once(those, query, path, program, judge, count)
    kept.put(THREADS, (rows, path.stat().st_size), list(entries.values()))


def slope(program: Program, judge: Judge, kept: Kept, options: argparse.Namespace) -> None:
    """The challenge at each size, one size after the other; files that were not there before are deleted."""
    query = queries.named("brc")
    for full in SIZES:
        rows = max(1_000, round(full * options.rows_scale))
        there = query.input.path(judge.folder, rows).exists()
        path = judge.input(query.input, rows)
        warm_up(path)
        measured = entry(f"{rows}", program, options.threads)
        for _ in range(options.runs):
            run_once(measured, query, path, program, judge, options.threads)
        kept.put(SLOPE, (rows, path.stat().st_size), [measured])
        if not there:
            for made in [path, *path.parent.glob(f"{path.stem}.*")]:
                made.unlink(missing_ok=True)


def entry(name: str, program: Program, count: int) -> Entry:
    return Entry(name, program.version, str(datetime.date.today()), count, [], None)


def run_once(measured: Entry, query: queries.Query, path, program: Program, judge: Judge, count: int) -> None:
    """One run, checked; none after one that was wrong."""
    if measured.problem:
        return
    result = judge.folder / f"result-{query.name}-{program.name}.csv"
    run, measured.problem = timed(program.command(query, path, result, count))
    measured.runs.append(run)
    measured.problem = measured.problem or judge.differs(program, query, judge.expected(query, path), result)
    result.unlink(missing_ok=True)
