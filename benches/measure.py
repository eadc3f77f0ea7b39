#!/usr/bin/env python3
"""Measures Plimsoll and its peers side by side: time, processor time and peak memory of whole processes.

    python3 benches/measure.py                      everything; writes docs/benchmarks.md
    python3 benches/measure.py --rows-scale 0.01 --runs 1      a smoke test; prints the table

It makes the inputs, the programs and the peers' environment itself. Runs are interleaved: the first run of every program,
then the second, so that a slow minute of the machine meets all of them. Every result is checked: ours must equal the exact
one, a peer's must agree within 1e-9. Needs GNU time (Debian's package `time`).
"""

import argparse
import datetime
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import queries
import results

sys.path.insert(0, str(Path(__file__).parent / "peers"))
import environment

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "bench-data"
DOCUMENT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
GNU_TIME = Path("/usr/bin/time")
OURS = "plimsoll"
PEERS = ["duckdb", "polars", "datafusion"]


@dataclass
class Run:
    """One process: seconds on the wall, seconds of processor time, bytes resident at the peak."""

    wall: float
    cpu: float
    peak: int


@dataclass
class Line:
    """What the table says of one program and query."""

    program: str
    runs: list[Run]
    verdict: str


def main() -> None:
    options = arguments()
    if not GNU_TIME.exists():
        sys.exit(f"{GNU_TIME} is missing: apt-get install time")
    DATA.mkdir(exist_ok=True)
    binaries = build(options)
    interpreter = environment.python() if set(options.programs) & set(PEERS) else None
    sections = []
    for query in queries.QUERIES:
        if options.queries and query.name not in options.queries:
            continue
        path, rows = query.input(DATA, options.rows_scale)
        make_input(binaries / "generate", query, path, rows)
        wanted = expected(binaries / "check", query, path, rows)
        commands = {program: command(program, query, path, options, binaries, interpreter) for program in options.programs}
        lines = measure(query, path, commands, wanted, options.runs)
        sections.append(section(query, path, rows, lines))
        print(sections[-1], flush=True)
    report = "\n".join([header(options, binaries), *sections])
    full = options.rows_scale == 1 and not options.queries and OURS in options.programs
    if full and not options.no_write:
        write(report)
    else:
        print("\nnot written: only a full measurement of all queries with plimsoll goes into the document")
    if "differs" in report or "failed" in report:
        sys.exit(1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures plimsoll and its peers side by side.")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program and query (default 5)")
    parser.add_argument("--rows-scale", type=float, default=1.0, help="part of the full number of rows, for smoke tests")
    parser.add_argument("--threads", type=int, default=2, help="threads for every program (default 2)")
    parser.add_argument("--programs", type=lambda text: text.split(","), default=[OURS, *PEERS],
                        help=f"of {','.join([OURS, *PEERS])}")
    parser.add_argument("--queries", type=lambda text: text.split(","), default=[],
                        help=f"of {','.join(query.name for query in queries.QUERIES)} (default all)")
    parser.add_argument("--no-write", action="store_true", help="print the table and leave the document as it is")
    options = parser.parse_args()
    unknown = set(options.programs) - {OURS, *PEERS}
    unknown |= set(options.queries) - {query.name for query in queries.QUERIES}
    if unknown or options.runs < 1:
        parser.error(f"unknown: {', '.join(sorted(unknown))}" if unknown else "--runs takes 1 or more")
    return options


def build(options: argparse.Namespace) -> Path:
    """Builds what is needed in release and gives the folder with the programs."""
    subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "plimsoll-workspace", "--bin", "generate", "--bin", "check"],
                   cwd=ROOT, check=True)
    if OURS in options.programs:
        subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "plimsoll-cli"], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"


def make_input(generate: Path, query: queries.Query, path: Path, rows: int) -> None:
    if not path.exists():
        subprocess.run([generate, query.kind, "--rows", str(rows), path], check=True)


def expected(check: Path, query: queries.Query, path: Path, rows: int) -> dict[str, list[str]]:
    """The exact result, kept beside the input. Large inputs of the challenge go to the compiled judge."""
    kept = path.with_suffix(f".{query.name}.expected")
    if not kept.exists() or kept.stat().st_mtime < path.stat().st_mtime:
        compiled = query.kind == "brc" and rows > 2_000_000
        judge = [check] if compiled else [sys.executable, Path(__file__).with_name("exact.py"), query.name]
        partial = kept.with_suffix(".partial")
        with open(partial, "wb") as file:
            subprocess.run([*judge, path], stdout=file, check=True)
        partial.rename(kept)
    return results.read(kept)


def command(program, query, path, options, binaries, interpreter) -> list[str]:
    """The command line of one program, writing its result to `result_path`."""
    result = str(result_path(program, query))
    if program == OURS:
        sql = query.sql.format(table=f"'{path}'")
        flags = ["--threads", str(options.threads), "--format", "csv", "-o", result, "--quiet", *query.plimsoll_flags]
        return [str(binaries / OURS), "query", sql, *flags]
    script = Path(__file__).parent / "peers" / f"{program}_run.py"
    return [str(interpreter), str(script), query.name, str(path), result, str(options.threads)]


def result_path(program: str, query: queries.Query) -> Path:
    return DATA / f"result-{query.name}-{program}.csv"


def measure(query, path, commands, wanted, runs) -> list[Line]:
    """Runs all programs in turn, `runs` times over, and checks each one's result."""
    warm_up(path)
    lines = {program: Line(program, [], "") for program in commands}
    for _ in range(runs):
        for program, line in lines.items():
            if line.verdict:
                continue
            result = result_path(program, query)
            result.unlink(missing_ok=True)
            run, problem = timed(commands[program])
            line.runs.append(run)
            if problem is None:
                problem = check(result, wanted, exactly=program == OURS)
            line.verdict = problem or ""
    for program, line in lines.items():
        line.verdict = line.verdict or ("exact" if program == OURS else "within 1e-9")
    return list(lines.values())


def warm_up(path: Path) -> None:
    """Reads the file once, so that every run finds it in the page cache."""
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 24):
            pass


def timed(command: list[str]) -> tuple[Run, str | None]:
    """One run and what went wrong, if anything. GNU time stands between, so that the peak is not this program's own."""
    begin = time.perf_counter()
    done = subprocess.run([GNU_TIME, "--quiet", "-f", "%U %S %M", *command], stderr=subprocess.PIPE, text=True, check=False)
    wall = time.perf_counter() - begin
    said = done.stderr.strip().splitlines()
    user, system, kibibytes = said[-1].split()
    run = Run(wall, float(user) + float(system), int(kibibytes) * 1024)
    if done.returncode != 0:
        print("\n".join([shlex.join(command), *said[:-1]]), file=sys.stderr)
        return run, f"failed with code {done.returncode}"
    return run, None


def check(result: Path, wanted: dict[str, list[str]], exactly: bool) -> str | None:
    try:
        problem = results.difference(wanted, results.read(result), exactly)
    except (OSError, ValueError, StopIteration) as error:
        return f"failed: {error}"
    return problem and f"differs: {problem}"


def section(query: queries.Query, path: Path, rows: int, lines: list[Line]) -> str:
    """The markdown of one query: medians, and in brackets the fastest and slowest."""
    size = path.stat().st_size
    median = lambda line, figure: statistics.median(figure(run) for run in line.runs)
    ours = next((median(line, lambda run: run.wall) for line in lines if line.program == OURS), None)
    text = [
        f"\n### {query.title}\n",
        f"{rows:,} rows, {size / 1e9:.2f} GB.\n",
        "| program | seconds | GB/s | processor seconds | peak memory | time against plimsoll's | result |",
        "|---|---|---|---|---|---|---|",
    ]
    for line in lines:
        walls = [run.wall for run in line.runs]
        wall = statistics.median(walls)
        ratio = f"{wall / ours:.2f}" if ours else "–"
        peak = median(line, lambda run: run.peak) / 2**20
        cpu = median(line, lambda run: run.cpu)
        text.append(f"| {line.program} | {wall:.2f} ({min(walls):.2f} to {max(walls):.2f}) | {size / wall / 1e9:.2f} | {cpu:.2f} "
                    f"| {peak:.0f} MiB | {ratio} | {line.verdict} |")
    return "\n".join(text)


def header(options: argparse.Namespace, binaries: Path) -> str:
    """When, where, with which versions and by which command."""
    versions = [f"{name} {version}" for name, version in environment.versions().items() if name in options.programs]
    if OURS in options.programs:
        said = subprocess.run([binaries / OURS, "--version"], capture_output=True, text=True, check=False).stdout.strip()
        versions.insert(0, said or OURS)
    return "\n".join([
        f"Measured on {datetime.date.today()}: {machine()}.",
        f"{', '.join(versions)}; {options.threads} threads; median of {options.runs} interleaved runs of whole processes "
        f"(fastest to slowest), files in the page cache.",
        f"Command: `{shlex.join(['python3', 'benches/measure.py', *sys.argv[1:]])}`",
    ])


def machine() -> str:
    """Processor, cores, memory and system in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, {platform.system()} {platform.release()}"


def processor() -> str:
    """The processor's name, as the kernel gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def write(report: str) -> None:
    """Puts the report between the document's markers."""
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        sys.exit(f"{DOCUMENT} has no markers {BEGIN} and {END}")
    DOCUMENT.write_text(f"{before}{BEGIN}\n{report}\n{END}{after}")


if __name__ == "__main__":
    main()
