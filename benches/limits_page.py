"""The part of docs/benchmarks.md about memory limits, made of what is kept. Measures nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import queries
from page import MEBIBYTE, mebibytes, seconds, times, verdict
from programs import OURS
from trials import AT_ALL, CGROUP, NEARLY, SMALLEST, STEPS, TWICE, NotMeasured, Trial, Trials, search

# Of the two tables, each of which is measured by a command of its own.
MARKERS = {STEPS: ("<!-- limits: begin -->", "<!-- limits: end -->"),
           SMALLEST: ("<!-- smallest limits: begin -->", "<!-- smallest limits: end -->")}
# db-benchmark's questions, many groups, and what is measured under limits alone.
NAMES = ["q1", "q2", "q3", "q4", "q5", "q6", "q7", "q9", "q10", "groups", "distinct", "sort"]
# MiB; None is no limit.
LIMITS: list[int | None] = [None, 1024, 256, 128, 64, 32, 16]
LADDER = [16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096]
# From one limit to the next, time may grow so many times.
STEEPEST = 2.5
# MiB that a cgroup is larger than the limit: the kernel counts in it what is not resident in the process.
SLACK = 8


@dataclass(frozen=True)
class Way:
    """A program and how it is told its limit, in words."""

    name: str
    program: str
    told: str
    # Whether a cgroup of the limit is around it.
    grouped: bool = False


WAYS = [
    Way(OURS, OURS, "`--memory-limit`, which bounds the process"),
    Way("duckdb", "duckdb", "`memory_limit`, `temp_directory`"),
    Way("datafusion", "datafusion", "`with_fair_spill_pool`, `with_disk_manager_specified`"),
    Way("polars", "polars", "`POLARS_OOC_MEMORY_BUDGET_MB`, `POLARS_OOC_SPILL_DIR`: above the budget it writes to files what it can"),
    Way("polars-cgroup", "polars", "a memory cgroup of the limit, which ends the process that exceeds it, and half of it as the budget above",
        grouped=True),
]


def report(trials: Trials, part: str) -> str:
    """All of a part, of what there is: Plimsoll at each limit, or the smallest limits."""
    if part == SMALLEST:
        parts = [conditions(trials, " --smallest", SMALLEST), told(trials), least(trials, NAMES, [way.name for way in WAYS], LADDER)]
    else:
        parts = [conditions(trials, "", STEPS, CGROUP), steps(trials, NAMES, LIMITS), grouped(trials, NAMES, LIMITS)]
    return "\n\n".join(part for part in parts if part)


def conditions(trials: Trials, flag: str, *parts: str) -> str:
    """When, where, and by which command."""
    measured = list(trials.of(*parts))
    if not measured:
        return "Not measured yet."
    dates = sorted({trial.date for trial in measured})
    threads = sorted({str(trial.threads) for trial in measured})
    versions = "; ".join(f"{way.name} {', '.join(found)}" for way in WAYS
                         if (found := sorted({trial.version for trial in measured if trial.way == way.name})))
    fewest, most = (count(len(trial.runs) for trial in measured if trial.runs) for count in (min, max))
    return (f"Measured on {' to '.join(dict.fromkeys([dates[0], dates[-1]]))}: {trials.machine}. {' and '.join(threads)} threads; medians of "
            f"{'' if fewest == most else f'{fewest} to '}{most} runs, the greatest peak of them. {versions}.\n"
            f"Command: `python3 benches/limits.py{flag}`")


def steps(trials: Trials, names: Sequence[str], limits: Sequence[int | None]) -> str:
    """Ours at each limit: time, peak, and what is not as it should be."""
    if not any(trials.of(STEPS)):
        return ""
    heads = [heading(limit) for limit in limits]
    lines = ["### Plimsoll at each limit\n", f"| query | {' | '.join(heads)} |", f"|---{'|---' * len(heads)}|"]
    for name in names:
        cells = []
        for above, limit in zip([None, *limits], limits):
            trial = trials.get(STEPS, OURS, name, limit)
            before = trials.get(STEPS, OURS, name, above) if above != limit else None
            cells.append(cell(trial, before) if trial else "not measured")
        lines.append(f"| {queries.named(name).title} | {' | '.join(cells)} |")
    missed = [*broken(trials, names, limits, STEPS), *steep(trials, names, limits), *unmeasured(trials, names, limits, STEPS)]
    lines.append(f"\nGoal: the same bytes as without a limit, a peak under the limit, and at most {STEEPEST} times the time of the next "
                 f"greater limit; met: {verdict(missed)}.")
    return "\n".join(lines)


def heading(limit: int | None) -> str:
    return "no limit" if limit is None else f"{limit} MiB"


def cell(trial: Trial, before: Trial | None) -> str:
    """Time and peak; in bold what is wrong."""
    marks = [f"**{mark}**" for mark in [short(trial), over(trial), step(trial, before)] if mark]
    return "; ".join([f"{seconds(trial.wall)} s, {mebibytes(trial.peak)} MiB", *marks])


def short(trial: Trial) -> str | None:
    """What went wrong, without the program's own words."""
    return trial.problem and trial.problem.partition(":")[0].replace("|", "/")


def over(trial: Trial) -> str | None:
    """Whether more was resident than the limit allows."""
    exceeds = trial.limit is not None and trial.peak > trial.limit * MEBIBYTE
    return f"{mebibytes(trial.peak)} MiB are above the limit" if exceeds else None


def step(trial: Trial, before: Trial | None) -> str | None:
    """Whether it took too long beside the next greater limit."""
    if before is None or not (trial.right and before.right) or trial.wall <= STEEPEST * before.wall:
        return None
    return f"{times(trial.wall / before.wall)} times the step before"


def broken(trials: Trials, names: Sequence[str], limits: Sequence[int | None], part: str) -> list[str]:
    """What ours has promised and not kept."""
    found = (trials.get(part, OURS, name, limit) for name in names for limit in limits)
    # A cgroup has its own way to say that a peak was too high.
    told = ((trial, problem) for trial in found if trial for problem in [short(trial), over(trial) if part == STEPS else None])
    return [f"{trial.query} at {heading(trial.limit)}: {problem}" for trial, problem in told if problem]


def unmeasured(trials: Trials, names: Sequence[str], limits: Sequence[int | None], part: str) -> list[str]:
    """That a part was not measured, of which nothing is known."""
    count = sum(trials.get(part, OURS, name, limit) is None for name in names for limit in limits)
    return [f"{count} not measured"] if count else []


def steep(trials: Trials, names: Sequence[str], limits: Sequence[int | None]) -> Iterator[str]:
    """The steps that are too long."""
    for name in names:
        found = [trials.get(STEPS, OURS, name, limit) for limit in limits]
        for before, trial in zip(found, found[1:]):
            if trial and before and (mark := step(trial, before)):
                yield f"{name} at {heading(trial.limit)}: {mark}"


def grouped(trials: Trials, names: Sequence[str], limits: Sequence[int | None]) -> str:
    """Ours inside of a cgroup that is hardly larger than its limit."""
    if not any(trials.of(CGROUP)):
        return ""
    bounded = [limit for limit in limits if limit is not None]
    lines = [f"The same inside of a memory cgroup of the limit and {SLACK} MiB more, which would end the process at once; seconds, where it "
             "ended by itself with the same bytes:\n",
             f"| query | {' | '.join(heading(limit) for limit in bounded)} |", f"|---{'|---' * len(bounded)}|"]
    for name in names:
        found = [trials.get(CGROUP, OURS, name, limit) for limit in bounded]
        cells = [(f"**{short(trial)}**" if trial.problem else seconds(trial.wall)) if trial else "not measured" for trial in found]
        lines.append(f"| {queries.named(name).title} | {' | '.join(cells)} |")
    missed = [*broken(trials, names, bounded, CGROUP), *unmeasured(trials, names, bounded, CGROUP)]
    lines.append(f"\nGoal: every one; met: {verdict(missed)}.")
    return "\n".join(lines)


def told(trials: Trials) -> str:
    """How each program is told its limit."""
    ways = {trial.way for trial in trials.of(SMALLEST)}
    lines = [f"| {way.name} | {way.told} |" for way in WAYS if way.name in ways]
    return "\n".join(["| program | how it is told the limit |", "|---|---|", *lines]) if lines else ""


def least(trials: Trials, names: Sequence[str], ways: Sequence[str], ladder: Sequence[int]) -> str:
    """The smallest limit at which each program ends rightly, and does so in little more time than without."""
    if not any(trials.of(SMALLEST)):
        return ""
    lines = [f"| query | program | no limit | smallest limit within {TWICE:g} times | within {NEARLY:g} times | that works at all |",
             "|---|---|---|---|---|---|"]
    for name in names:
        for way in ways:
            base = trials.get(SMALLEST, way, name, None)
            if base is None:
                cells = ["not measured"] * 4
            elif not base.right:
                cells = [f"{short(base)}", "–", "–", "–"]
            else:
                cells = [f"{seconds(base.wall)} s, {mebibytes(base.peak)} MiB", *smallest_cells(trials, base, ladder)]
            lines.append(f"| {queries.named(name).title} | {way} | {' | '.join(cells)} |")
    lines.append(f"\nTime and peak resident memory; limits in MiB, of {', '.join(map(str, ladder))}. What takes more than {AT_ALL:g} times the time "
                 "without a limit has not worked.")
    return "\n".join(lines)


def smallest_cells(trials: Trials, base: Trial, ladder: Sequence[int]) -> list[str]:
    """Within twice the time, within little more, and at all: by the search that has measured them."""
    found: dict[float, str] = {}
    try:
        for factor, trial in search(ladder, base.wall, remembered(trials, base)):
            found[factor] = limit_cell(trial, ladder)
    except NotMeasured:
        pass  # what was found before stands
    return [found.get(factor, "not measured") for factor in (TWICE, NEARLY, AT_ALL)]


def remembered(trials: Trials, base: Trial) -> Callable[[int], Trial]:
    """The trials of the same way and query as `base`."""

    def trial(limit: int) -> Trial:
        found = trials.get(SMALLEST, base.way, base.query, limit)
        if found is None:
            raise NotMeasured
        return found

    return trial


def limit_cell(trial: Trial | None, ladder: Sequence[int]) -> str:
    if trial is None:
        return f"none up to {ladder[-1]}"
    fewer = " or less" if trial.limit == ladder[0] else ""
    return f"{trial.limit}{fewer} ({seconds(trial.wall)} s, {mebibytes(trial.peak)} MiB)"
