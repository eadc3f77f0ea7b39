#!/usr/bin/env python3
"""Measures what memory limits do: to the time and the peak of Plimsoll at each limit, and which is the smallest that Plimsoll and
its peers get on with.

    python3 benches/limits.py                       ours at each limit, and inside of cgroups; writes its part of docs/benchmarks.md
    python3 benches/limits.py --smallest            the smallest limits of ours and of the peers; likewise
    python3 benches/limits.py --smallest --resume --minutes 60      goes on where the last one was ended, for an hour
    python3 benches/limits.py --rows-scale 0.01     a trial; prints the tables

Without a limit, every result is held against the exact one (benches/judge.py). Under a limit ours must have the same bytes; a
peer's must agree within 1e-9. Results are written to files, as in benches/measure.py. What is measured is kept in
bench-data/limits.json, at another scale beside it, and the document is made of that. Ends with an error where ours breaks its promise: another result, another end, or a peak above the limit.
Needs GNU time; for cgroups, to be root.
"""

import argparse
import datetime
import hashlib
import os
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import limits_page as page
import measure
import programs
import queries
from cgroup import Group, unavailable
from judge import Judge
from limits_page import LADDER, LIMITS, NAMES, SLACK, WAYS, Way
from page import MEBIBYTE, write
from processes import GNU_TIME, Run, machine, timed, warm_up
from programs import OURS, Program
from trials import AT_ALL, CGROUP, SMALLEST, STEPS, NotMeasured, Trial, Trials, search

# Seconds after which a run is not repeated.
LONG = 10
# The least seconds that a run of ours under a limit is given, and times the one without; seconds for who has no limit.
PATIENCE, PATIENT, UNLIMITED_PATIENCE = 60, 30, 600
# Near 10^9, so that as many numbers differ and are all of about the same length.
PRIME = 1_000_000_007


def main() -> None:
    options = arguments()
    # So that what is running and what it has written is cleared away, as for the keyboard's interrupt.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    if not GNU_TIME.exists():
        sys.exit(f"{GNU_TIME} is missing: apt-get install time")
    measure.DATA.mkdir(exist_ok=True)
    bench = Bench(options)
    if options.no_cgroup:
        bench.no_group = "--no-cgroup"
    if bench.no_group:
        print(f"without cgroups: {bench.no_group}", file=sys.stderr)
    for name in options.queries:
        query = queries.named(name)
        path = bench.input(query)
        if options.smallest:
            for way in options.ways:
                bench.smallest(way, query, path)
        else:
            bench.steps(query, path)
        print(tables(bench.trials, [name], options), flush=True)
    print(f"\n{tables(bench.trials, options.queries, options)}")
    if options.written:
        part = SMALLEST if options.smallest else STEPS
        write(measure.DOCUMENT, page.report(bench.trials, part), page.MARKERS[part])
    else:
        print("\nnot written: the document has measurements at full scale alone, and smallest limits of all steps")
    bounded = [limit for limit in options.limits if limit is not None]
    wrong = [] if options.smallest else [*page.broken(bench.trials, options.queries, options.limits, STEPS),
                                         *page.broken(bench.trials, options.queries, bounded, CGROUP)]
    if wrong:
        sys.exit("\n".join(wrong))


def arguments() -> argparse.Namespace:
    ways = [way.name for way in WAYS]
    words = lambda text: text.split(",")
    parser = argparse.ArgumentParser(description="Measures what memory limits do.")
    parser.add_argument("--smallest", action="store_true", help="search the smallest limit of each program")
    parser.add_argument("--queries", type=words, default=NAMES, help=f"of {','.join(NAMES)} (default all)")
    parser.add_argument("--programs", type=words, default=ways, help=f"for --smallest: of {','.join(ways)} (default all)")
    parser.add_argument("--limits", type=words, help="in MiB, or none (default: those of the document)")
    parser.add_argument("--runs", type=int, default=3, help=f"runs of each (default 3; what takes over {LONG} s runs once)")
    parser.add_argument("--threads", type=int, default=2, help="threads for every program (default 2)")
    parser.add_argument("--rows-scale", type=float, default=1.0, help="part of the full number of rows, for trials")
    parser.add_argument("--minutes", type=float, help="begin nothing after so many; the tables say what was not measured")
    parser.add_argument("--resume", action="store_true", help="measure only what the same version has not been measured with before")
    parser.add_argument("--no-cgroup", action="store_true", help="make no cgroups")
    parser.add_argument("--no-write", action="store_true", help="keep what is measured, but leave the document as it is")
    parser.add_argument("--program", type=Path, metavar="PATH", help="this plimsoll, and not the one of the tree")
    options = parser.parse_args()
    unknown = {*options.queries} - {*NAMES} | {*options.programs} - {*ways}
    if unknown or options.runs < 1:
        parser.error(f"unknown: {', '.join(sorted(unknown))}" if unknown else "--runs takes 1 or more")
    usual = LADDER if options.smallest else LIMITS
    try:
        chosen = usual if options.limits is None else [None if text == "none" else int(text) for text in options.limits]
    except ValueError:
        parser.error("--limits takes numbers of MiB, and none")
    # A search goes up, the steps go down from no limit, without which there is nothing to hold others against.
    bounded = sorted({limit for limit in chosen if limit is not None})
    options.limits = bounded if options.smallest else [None, *reversed(bounded)]
    if not bounded:
        parser.error("--limits takes at least one")
    options.queries = [name for name in NAMES if name in options.queries]
    options.ways = [way for way in WAYS if way.name in options.programs]
    # A search over other limits cannot be told by the document's.
    options.written = options.rows_scale == 1 and not options.no_write and not (options.smallest and bounded != LADDER)
    return options


def tables(trials: Trials, names: list[str], options: argparse.Namespace) -> str:
    if options.smallest:
        return page.least(trials, names, [way.name for way in options.ways], options.limits)
    parts = [page.steps(trials, names, options.limits), page.grouped(trials, names, options.limits)]
    return "\n\n".join(part for part in parts if part)


class Bench:
    """What trials need: the programs, the judge, the time that is left, and what is kept."""

    def __init__(self, options: argparse.Namespace):
        self.options = options
        wanted = {way.program for way in options.ways} if options.smallest else {OURS}
        binaries = build(options)
        found, missing = programs.chosen(sorted(wanted), binaries)
        for name, reason in missing.items():
            print(f"{name} {reason}; left out", file=sys.stderr)
        self.programs = {program.name: identified(program, options.program or binaries / OURS, bool(options.program))
                         for program in found}
        self.judge = Judge(binaries, measure.DATA)
        self.no_group = unavailable()
        self.deadline = time.monotonic() + options.minutes * 60 if options.minutes is not None else None
        scale = "" if options.rows_scale == 1 else f"-{options.rows_scale:g}"
        self.trials = Trials(measure.DATA / f"limits{scale}.json", machine())
        self.folder = measure.DATA / "tmp"
        self.folder.mkdir(exist_ok=True)

    def input(self, query: queries.Query) -> Path:
        """The query's input, in the page cache."""
        rows = query.input.scaled(self.options.rows_scale)
        path = query.input.path(measure.DATA, rows)
        if query.input is queries.DISTINCT and not path.exists():
            make_distinct(path, rows)
        path = self.judge.input(query.input, rows)
        self.judge.expected(query, path)
        warm_up(path)
        return path

    def steps(self, query: queries.Query, path: Path) -> None:
        """Ours at each limit, then inside of cgroups."""
        way, limits = WAYS[0], self.options.limits
        self.forget(way, query, (STEPS, CGROUP), limits)
        try:
            first = self.trial(STEPS, way, query, path, None, UNLIMITED_PATIENCE)
            if not first.right:
                return
            patience = max(PATIENCE, PATIENT * first.wall)
            for part in (STEPS, CGROUP) if not self.no_group else (STEPS,):
                for limit in limits[1:]:
                    self.trial(part, way, query, path, limit, patience, first.digest)
        except NotMeasured:
            print(f"{query.name}: no time is left", file=sys.stderr)

    def smallest(self, way: Way, query: queries.Query, path: Path) -> None:
        """The smallest limits of one program."""
        if way.program not in self.programs or (way.grouped and self.no_group):
            print(f"{way.name} cannot be measured; left out", file=sys.stderr)
            return
        self.forget(way, query, (SMALLEST,), [None, *self.options.limits])
        try:
            base = self.trial(SMALLEST, way, query, path, None, UNLIMITED_PATIENCE)
            if base.right:
                # What it finds, the tables find again.
                list(search(self.options.limits, base.wall,
                            lambda limit: self.trial(SMALLEST, way, query, path, limit, AT_ALL * base.wall)))
        except NotMeasured:
            print(f"{query.name}, {way.name}: no time is left", file=sys.stderr)

    def forget(self, way: Way, query: queries.Query, parts: tuple[str, ...], limits: list[int | None]) -> None:
        """Drops what is to be measured anew, which is everything or, where the last time is resumed, what has become stale."""
        version = self.programs[way.program].version

        def unwanted(trial: Trial) -> bool:
            if (trial.way, trial.query) != (way.name, query.name) or trial.part not in parts:
                return False
            stale = (trial.version, trial.threads) != (version, self.options.threads)
            # A search begins anew as a whole: its trials belong together. Of steps, those at other limits are left.
            return (stale or not self.options.resume) and (trial.part == SMALLEST or trial.limit in limits)

        self.trials.drop(unwanted)

    def trial(self, part: str, way: Way, query: queries.Query, path: Path, limit: int | None, patience: float,
              digest: str | None = None) -> Trial:
        """The trial that is kept, or its runs now. `digest` is what the result's must be; else the judge has a say."""
        kept = self.trials.get(part, way.name, query.name, limit)
        if kept:
            return kept
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise NotMeasured
        program, options = self.programs[way.program], self.options
        trial = Trial(part, way.name, query.name, limit, program.version, str(datetime.date.today()), options.threads,
                      query.input.scaled(options.rows_scale), [], None)
        while len(trial.runs) < options.runs and not trial.problem and not any(run.wall > LONG for run in trial.runs):
            # Whatever a program leaves there goes with it.
            with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                result = Path(folder) / "result.csv"
                run, trial.problem = self.run(trial, way, query, path, result, patience)
                trial.runs.append(run)
                if trial.problem:
                    break
                if part != SMALLEST:
                    trial.digest = digest_of(result)
                    trial.problem = "other bytes than without a limit" if digest and trial.digest != digest else None
                if part == SMALLEST or limit is None:
                    trial.problem = self.judge.differs(program, query, self.judge.expected(query, path), result)
        self.trials.put(trial)
        self.trials.save()
        said = trial.problem or f"{trial.wall:.2f} s"
        print(f"{part} {query.name}, {way.name}, {page.heading(limit)}: {said}, {trial.peak / MEBIBYTE:.1f} MiB", file=sys.stderr, flush=True)
        return trial

    def run(self, trial: Trial, way: Way, query: queries.Query, path: Path, result: Path, patience: float) -> tuple[Run, str | None]:
        """One run under the trial's limit, in a cgroup where it is meant to be."""
        command = self.programs[way.program].command(query, path, result, self.options.threads) + ["--temp-dir", str(result.parent)]
        if trial.limit is None:
            return timed(command, patience)
        limit = trial.limit * MEBIBYTE
        # Inside of a cgroup a peer's own budget must leave room for what it does not count.
        command += ["--memory-limit", str(limit // 2 if way.grouped else limit)]
        if trial.part == CGROUP or way.grouped:
            with Group(limit if way.grouped else limit + SLACK * MEBIBYTE) as group:
                return timed(group.inside(command), patience)
        return timed(command, patience)


def build(options: argparse.Namespace) -> Path:
    """The folder with the programs, which are built where not all that is needed is given."""
    folder = Path(os.environ.get("CARGO_TARGET_DIR", measure.ROOT / "target")) / "release"
    if options.program and all((folder / name).exists() for name in ("generate", "check")):
        return folder
    return measure.build(argparse.Namespace(programs=[] if options.program else [OURS]))


def identified(program: Program, binary: Path, foreign: bool) -> Program:
    """Ours, of which the version says of which bytes it is, as nothing else tells what was measured; a peer as it is."""
    if program.name != OURS:
        return program
    digest = hashlib.sha256(binary.read_bytes()).hexdigest()[:12]
    version = programs.first_line([binary, "--version"]) if foreign else program.version
    return replace(program, version=f"{version}, program {digest}",
                   command=lambda query, path, result, threads: programs.ours(binary.absolute(), query, path, result, threads))


def make_distinct(path: Path, rows: int) -> None:
    """A column of so many different integers in no order: multiples of a number that shares no factor with the prime."""
    print(f"making {path.name}", flush=True)
    partial, factor, batch = path.with_suffix(".partial"), 7919 * 104729 % PRIME, 100_000
    with open(partial, "w") as file:
        file.write("v\n")
        for begin in range(0, rows, batch):
            file.writelines(f"{(at * factor + 12345) % PRIME}\n" for at in range(begin, min(begin + batch, rows)))
    partial.rename(path)


def digest_of(path: Path) -> str:
    """Of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main()
