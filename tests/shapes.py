#!/usr/bin/env python3
"""Draws shapes of files and queries, runs the program under memory limits, and holds the peak of each process against its limit.

    python3 tests/shapes.py PROGRAM [--runs 60] [--seed N] [--jobs N] [--log FILE] [--together PROGRAM]
    python3 tests/shapes.py PROGRAM --only NUMBER --seed N      a shape of a run again
    python3 tests/shapes.py PROGRAM --shape JSON --keep FOLDER  a shape as it was printed; its files are kept

A run under a limit must have a peak below it and give the bytes, the error and the exit code that a run without one gives; or end
with 4 where twice the limit shows that memory was short. What verbs print that is measured is not compared. The seed is printed,
and each shape is drawn from its own number. A shape that breaks is made small and printed; it becomes a line of
tests/shapes/cases.jsonl, which are run first. --together is a program that takes --memory-limit, --threads and several
statements, runs them at once in one engine and writes their results as CSV, one behind the other.
"""

import argparse
import json
import random
import shlex
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent / "shapes"
sys.path.insert(0, str(HERE))
import shrinking
from drawing import Shape, drawn, fields_of, shape_of
from judging import Place, Verdict, judged

CASES = HERE / "cases.jsonl"


@dataclass(frozen=True)
class Outcome:
    """A shape, what was found, and, where it breaks, the smallest shape that does so in the same way."""

    name: str
    shape: Shape
    verdict: Verdict
    small: Shape | None = None

    @property
    def ratio(self) -> float:
        """The highest peak as a part of its limit."""
        return max(run.peak / limit for limit, run in self.verdict.runs.items() if limit is not None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path)
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(10**9))
    parser.add_argument("--only", type=int, metavar="NUMBER")
    parser.add_argument("--shape", type=json.loads, metavar="JSON")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the files of --only and --shape are left")
    parser.add_argument("--together", type=Path, metavar="PROGRAM")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--log", type=Path, metavar="FILE", help="one JSON line for each shape")
    parser.add_argument("--no-shrinking", action="store_true")
    parser.add_argument("--allow", type=int, default=0, metavar="N", help="drawn shapes that may break before this fails")
    options = parser.parse_args()
    options.program = options.program.resolve()
    options.together = options.together and options.together.resolve()
    print(f"seed {options.seed}", flush=True)
    outcomes: list[Outcome] = []
    with open(options.log or "/dev/null", "w") as log, ProcessPoolExecutor(options.jobs) as pool:
        for outcome in pool.map(partial(tried, options), shapes(options)):
            outcomes.append(outcome)
            print(json.dumps(logged(outcome)), file=log, flush=True)
            if outcome.verdict.cause:
                print(report(options, outcome), flush=True)
        print(summary(outcomes))
        print(f"seed {options.seed}\n\n{summary(outcomes)}", file=log)
    broken = [outcome for outcome in outcomes if outcome.verdict.cause]
    drawn_ones = [outcome for outcome in broken if outcome.name.isdigit()]
    sys.exit(len(drawn_ones) < len(broken) or len(drawn_ones) > options.allow)


def shapes(options: argparse.Namespace) -> Iterator[tuple[str, Shape]]:
    if options.shape:
        yield "given", shape_of(options.shape)
        return
    numbers: Iterable[int] = range(options.runs)
    if options.only is not None:
        numbers = [options.only]
    elif CASES.exists():
        for at, line in enumerate(CASES.read_text().splitlines()):
            yield f"case {at + 1}", shape_of(json.loads(line))
    for number in numbers:
        yield str(number), drawn(f"{options.seed}/{number}", options.together is not None)


def tried(options: argparse.Namespace, named: tuple[str, Shape]) -> Outcome:
    name, shape = named
    verdict = verdict_of(options, shape, options.keep)
    if verdict.cause and name.startswith("case"):
        # What held when it was mended, and breaks once on a busy machine, is looked at twice.
        print(f"{name} breaks: {verdict.sentence}", flush=True)
        verdict = verdict_of(options, shape)
    if verdict.cause is None or options.no_shrinking:
        return Outcome(name, shape, verdict)
    breaks = lambda smaller: verdict_of(options, smaller).cause == verdict.cause
    return Outcome(name, shape, verdict, shrinking.shrunk(shape, breaks))


def verdict_of(options: argparse.Namespace, shape: Shape, keep: Path | None = None) -> Verdict:
    with tempfile.TemporaryDirectory() as folder:
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
        place = Place(shape, options.program, options.together, keep or Path(folder))
        if keep:
            begin = f"{shlex.join(place.feeder)} | " if place.feeder else ""
            print(f"cd {keep} && {begin}{shlex.join(place.command(shape.limit))}{'' if place.feeder else ' < f.sql'}", flush=True)
        return judged(shape, place.run)


def logged(outcome: Outcome) -> dict[str, Any]:
    runs = {str(limit): {"ended": run.ended, "peak": round(run.peak, 1), "seconds": round(run.seconds, 2)}
            for limit, run in outcome.verdict.runs.items()}
    small = {"small": fields_of(outcome.small)} if outcome.small else {}
    return {"name": outcome.name, **fields_of(outcome.shape), "runs": runs, "cause": outcome.verdict.cause,
            "sentence": outcome.verdict.sentence, **small}


def report(options: argparse.Namespace, outcome: Outcome) -> str:
    """A shape that breaks: what is wrong, the small shape, and how to run it."""
    shape = outcome.small or outcome.shape
    with tempfile.TemporaryDirectory() as folder:
        place = Place(shape, options.program, options.together, Path(folder))
        command, sql = place.command(shape.limit), place.statements
    short = lambda text: text if len(text) < 240 else f"{text[:120]} … {text[-100:]}"
    printed = json.dumps(fields_of(shape))
    return "\n    ".join([
        f"{outcome.name}: {outcome.verdict.cause}: {outcome.verdict.sentence}", *map(short, sql),
        shlex.join(short(word) for word in command),
        f"python3 tests/shapes.py {options.program} --keep /tmp/shape --shape {shlex.quote(printed)}",
    ])


def summary(outcomes: list[Outcome]) -> str:
    """A table for a Markdown page."""
    lines = ["| shapes | runs | ended with 4 | refused alike | highest peak / limit | broken |", "|---|---|---|---|---|---|"]
    by_name = {"all": outcomes}
    for outcome in sorted(outcomes, key=lambda one: one.shape.kind):
        by_name.setdefault(outcome.shape.kind, []).append(outcome)
    for outcome in sorted(outcomes, key=lambda one: one.shape.verb):
        by_name.setdefault(f"`{outcome.shape.verb}`", []).append(outcome)
    for name, some in by_name.items():
        ends = [one.verdict.runs[one.shape.limit].ended for one in some]
        highest = max((one.ratio for one in some), default=0)
        broken = sum(one.verdict.cause is not None for one in some)
        refused = sum(end not in (0, 4) for end in ends)
        lines.append(f"| {name} | {len(some)} | {ends.count(4)} | {refused} | {highest:.2f} | {broken} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
