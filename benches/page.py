"""The measured part of docs/benchmarks.md, made of what is kept. Measures nothing."""

import sys
from pathlib import Path

import programs
import queries
import scaling
from kept import Entry, Kept
from programs import OURS, SPECIALISED

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
MEBIBYTE = 2**20
# Two threads against one, and how far a part of the line may be from its whole.
LEAST_SPEEDUP, STRAIGHT = 1.8, 0.05


def write(document: Path, report: str, markers: tuple[str, str] = (BEGIN, END)) -> None:
    """Puts the report between two markers of the document."""
    first, last = markers
    before, _, rest = document.read_text().partition(first)
    _, end, after = rest.partition(last)
    if not end:
        sys.exit(f"{document} has no markers {first} and {last}")
    document.write_text(f"{before}{first}\n{report}\n{last}{after}")


def report(kept: Kept) -> str:
    """All of it: the summary, how it was measured, and the details."""
    measured = [query for query in queries.QUERIES if query.name in kept.entries]
    parts = [summary(kept), speedup(kept), slope(kept), conditions(kept), *(section(query, kept) for query in measured)]
    return "\n\n".join(part for part in parts if part)


def summary(kept: Kept) -> str:
    """One line for each query: ours, the fastest peer and the leanest, the goals, and whether they are met."""
    lines = ["| query | ours, s | ours, MiB | fastest peer | its s | ratio | goal | leanest peer | its MiB | goal, MiB | met? |",
             "|---|---|---|---|---|---|---|---|---|---|---|"]
    for query in queries.QUERIES:
        ours = kept.entries.get(query.name, {}).get(OURS)
        if not ours:
            continue
        if not ours.right:
            lines.append(f"| {query.title} | {ours.problem} | | | | | | | | | no |")
            continue
        wall, peak = ours.median("wall"), ours.median("peak")
        fastest, leanest = best(query, kept, "wall"), best(query, kept, "peak")
        quick = [fastest.program, seconds(fastest.median("wall")), times(fastest.median("wall") / wall)] if fastest else ["–"] * 3
        lean = [leanest.program, mebibytes(leanest.median("peak"))] if leanest else ["–"] * 2
        goal = query.goal
        speed = f"{goal.faster:g} ×" if goal.faster else f"{goal.seconds * 1000:g} ms"
        speed += f", {goal.of_specialised} × specialised" if goal.of_specialised else ""
        memory = f"{goal.mebibytes:g}" if goal.mebibytes else "leanest"
        lines.append(f"| {query.title} | {seconds(wall)} | {mebibytes(peak)} | {' | '.join(quick)} | {speed} | {' | '.join(lean)} "
                     f"| {memory} | {verdict(shortfalls(query, kept))} |")
    return "\n".join(lines)


def best(query: queries.Query, kept: Kept, figure: str) -> Entry | None:
    """The peer whose right result took the least of `figure`."""
    exact = (OURS, SPECIALISED)
    peers = [entry for entry in kept.entries[query.name].values() if entry.right and entry.program not in exact]
    return min(peers, key=lambda entry: entry.median(figure), default=None)


def shortfalls(query: queries.Query, kept: Kept) -> list[str]:
    """The goals that are missed, or that there is nothing to hold against."""
    goal, entries = query.goal, kept.entries[query.name]
    wall, peak = entries[OURS].median("wall"), entries[OURS].median("peak")
    fastest, leanest, specialised = best(query, kept, "wall"), best(query, kept, "peak"), entries.get(SPECIALISED)
    missed = []
    if goal.faster and not fastest:
        missed.append("no peer measured")
    elif goal.faster and fastest.median("wall") / wall < goal.faster:
        missed.append(f"{times(fastest.median('wall') / wall)} of {goal.faster:g} times")
    if goal.of_specialised and not (specialised and specialised.right):
        missed.append("specialised program not measured")
    elif goal.of_specialised and wall / specialised.median("wall") > goal.of_specialised:
        missed.append(f"{times(wall / specialised.median('wall'))} times the specialised program")
    if goal.seconds and wall > goal.seconds:
        missed.append(f"{wall * 1000:.1f} of {goal.seconds * 1000:g} ms")
    if goal.mebibytes and peak > goal.mebibytes * MEBIBYTE:
        missed.append(f"{mebibytes(peak)} of {goal.mebibytes:g} MiB")
    if not goal.mebibytes and leanest and peak >= leanest.median("peak"):
        missed.append(f"{leanest.program} is leaner")
    return missed


def section(query: queries.Query, kept: Kept) -> str:
    """The table of one query: medians, and in brackets the fastest and slowest."""
    rows, size = kept.inputs[query.name]
    entries = kept.entries[query.name]
    ours = entries.get(OURS)
    lines = [f"### {query.title}\n", f"`{query.name}`: {rows:,} rows, {size / 1e9:.2f} GB. `{query.sql('file')}`\n",
             "| program | seconds | runs | GB/s | processor seconds | peak MiB | time against ours | result | measured |",
             "|---|---|---|---|---|---|---|---|---|"]
    idle = [f"{name} ({entries[name].problem})" for name in programs.NAMES if name in entries and not entries[name].runs]
    for name in programs.NAMES:
        entry = entries.get(name)
        if not entry or not entry.runs:
            continue
        if not entry.right:
            lines.append(f"| {name} | – | {len(entry.runs)} | – | – | – | – | {entry.problem} | {entry.date} |")
        else:
            wall, walls = entry.median("wall"), [run.wall for run in entry.runs]
            ratio = times(wall / ours.median("wall")) if ours and ours.right else "–"
            result = "exact" if name in (OURS, SPECIALISED) else "within 1e-9"
            lines.append(f"| {name} | {seconds(wall)} ({seconds(min(walls))} to {seconds(max(walls))}) | {len(walls)} "
                         f"| {size / wall / 1e9:.2f} | {entry.median('cpu'):.2f} | {mebibytes(entry.median('peak'))} | {ratio} "
                         f"| {result} | {entry.date} |")
    lines += [f"\nNot run: {'; '.join(idle)}."] if idle else []
    return "\n".join(lines)


def speedup(kept: Kept) -> str:
    """Two threads against one."""
    entries = kept.entries.get(scaling.THREADS, {})
    if len(entries) < 2:
        return ""
    wrong = [entry.problem for entry in entries.values() if not entry.right]
    if wrong:
        return f"Two threads against one: {wrong[0]}."
    one, two = (entries[count].median("wall") for count in ("1", "2"))
    missed = [f"{times(one / two)} of {LEAST_SPEEDUP} times"] if one / two < LEAST_SPEEDUP else []
    return (f"Two threads against one, on {kept.inputs[scaling.THREADS][0]:,} rows of the challenge: {seconds(one)} s and {seconds(two)} s, "
            f"{times(one / two)} times as fast. Goal {LEAST_SPEEDUP}; met: {verdict(missed)}.")


def slope(kept: Kept) -> str:
    """Seconds for each million rows between neighbouring sizes, against the line from the least to the greatest."""
    entries = {int(name): entry for name, entry in kept.entries.get(scaling.SLOPE, {}).items()}
    wrong = [entry.problem for entry in entries.values() if not entry.right]
    if wrong or len(entries) < 2:
        return f"Growth with the rows: {wrong[0]}." if wrong else ""
    points = [(rows, entries[rows].median("wall")) for rows in sorted(entries)]
    rate = lambda left, right: (right[1] - left[1]) / (right[0] - left[0]) * 1e6
    whole = rate(points[0], points[-1])
    lines = ["| rows of the challenge | seconds | milliseconds for each million rows more | against the whole | measured |", "|---|---|---|---|---|"]
    missed = []
    for at, (rows, wall) in enumerate(points):
        step = rate(points[at - 1], points[at]) if at else None
        cells = [f"{step * 1000:.2f}", f"{(step / whole - 1) * 100:+.1f} %"] if step is not None else ["", ""]
        lines.append(f"| {rows:,} | {seconds(wall)} | {' | '.join(cells)} | {entries[rows].date} |")
        if step is not None and abs(step / whole - 1) > STRAIGHT:
            missed.append(f"{cells[1]} up to {rows:,} rows")
    return "\n".join([*lines, f"\nGoal: within {STRAIGHT * 100:g} % of the whole; met: {verdict(missed)}."])


def conditions(kept: Kept) -> str:
    """Machine, versions, settings."""
    versions: dict[str, list[str]] = {}
    for _, entry in kept.all():
        if entry.runs and entry.version not in versions.setdefault(entry.program, []):
            versions[entry.program].append(entry.version)
    threads = max(entry.threads for _, entry in kept.all())
    idle = f" A process that does nothing takes {kept.idle * 1000:.1f} ms this way, which is in every time." if kept.idle else ""
    lines = [f"{kept.machine}. {threads} threads for every program. Medians of whole processes, files in the page cache.{idle}\n",
             "| program | version | settings |", "|---|---|---|"]
    lines += [f"| {name} | {', '.join(versions[name]) or '–'} | {programs.SETTINGS[name]} |" for name in programs.NAMES if name in versions]
    return "\n".join(lines)


def verdict(missed: list[str]) -> str:
    return f"no: {'; '.join(missed)}" if missed else "yes"


def seconds(value: float) -> str:
    """Three digits, or milliseconds of what is short."""
    return f"{value:.4f}" if value < 0.1 else f"{value:.2f}"


def mebibytes(value: float) -> str:
    return f"{value / MEBIBYTE:.1f}" if value < 100 * MEBIBYTE else f"{value / MEBIBYTE:.0f}"


def times(value: float) -> str:
    return f"{value:.1f}" if value >= 2 else f"{value:.2f}"
