#!/usr/bin/env python3
"""What it costs to hold the data: `plimsoll compare` over generated files, and a second query over held columns beside
DuckDB's over its own table in memory.

    python3 benches/held.py                         everything; writes its part of docs/benchmarks.md
    python3 benches/held.py --rows-scale 0.01 --runs 1      a smoke test; prints it

Runs are interleaved, medians are kept. Plimsoll's second query is timed by `plimsoll compare` in the process that holds the
columns; DuckDB's in the process that holds its table, which is made by CREATE TABLE AS from the same file. Both have had
the same query once before, use the same threads, and their results are compared.
"""

import argparse
import datetime
import json
import math
import statistics
import subprocess
import sys

import measure
import queries

sys.path.insert(0, str(measure.ROOT / "benches" / "peers"))
import environment

BEGIN, END = "<!-- held: begin -->", "<!-- held: end -->"
FORMS = ["columnar", "compact", "mapped"]

BRC = ["--no-header", "--columns", "station,t", "--delimiter", ";"]
# Name, kind of input, statement, flags: db-benchmark's questions 1 to 5, and the challenge on ten million rows.
SECOND = [
    ("1BRC", "brc", "SELECT station, min(t), avg(t), max(t) FROM {table} GROUP BY station", BRC),
    ("question 1", "g1", "SELECT id1, sum(v1) FROM {table} GROUP BY id1", []),
    ("question 2", "g1", "SELECT id1, id2, sum(v1) FROM {table} GROUP BY id1, id2", []),
    ("question 3", "g1", "SELECT id3, sum(v1), avg(v3) FROM {table} GROUP BY id3", []),
    ("question 4", "g1", "SELECT id4, avg(v1), avg(v2), avg(v3) FROM {table} GROUP BY id4", []),
    ("question 5", "g1", "SELECT id6, sum(v1), sum(v2), sum(v3) FROM {table} GROUP BY id6", []),
]
# Files over which all five strategies are compared, and the rows of each.
COMPARED = [
    ("brc", 10_000_000, "SELECT station, min(t), avg(t), max(t) FROM {table} GROUP BY station", BRC),
    ("g1", 1_000_000, "SELECT id1, sum(v1), avg(v3) FROM {table} GROUP BY id1", []),
    ("wide", 50_000, "SELECT count(*) FROM {table}", []),
    ("quoted", 500_000, "SELECT count(*) FROM {table}", []),
    ("groups", 1_000_000, "SELECT count(*), sum(v) FROM {table}", []),
]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures what it costs to hold the data.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows-scale", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-write", action="store_true")
    options = parser.parse_args()
    options.programs = [measure.OURS]
    measure.DATA.mkdir(exist_ok=True)
    binaries = measure.build(options)
    interpreter = environment.python("duckdb")
    parts = [header(options), second_queries(options, binaries, interpreter), comparisons(options, binaries)]
    text = "\n".join(parts)
    print(text)
    if options.rows_scale == 1 and not options.no_write:
        document = measure.DOCUMENT.read_text()
        before, rest = document.split(BEGIN)
        _, after = rest.split(END)
        measure.DOCUMENT.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def header(options) -> str:
    flags = " ".join(sys.argv[1:])
    return (f"Measured on {datetime.date.today()}: {measure.machine()}. duckdb {environment.versions()['duckdb']}; "
            f"{options.threads} threads; medians of {options.runs} interleaved runs.\n"
            f"Command: `python3 benches/held.py{' ' + flags if flags else ''}`\n")


def made(binaries, kind, rows, scale):
    """The input, made where it is not there yet."""
    rows = max(1000, round(rows * scale))
    path = measure.DATA / f"{kind}-{rows}.csv"
    if not path.exists():
        subprocess.run([binaries / "generate", kind, "--rows", str(rows), path], check=True)
    measure.warm_up(path)
    return path


def second_queries(options, binaries, interpreter) -> str:
    lines = ["### A second query over what is held\n", "Ten million rows, milliseconds; each program holds the same file in its own way.\n",
             "| query | columnar | compact | mapped | duckdb | duckdb against columnar |", "|---|---|---|---|---|---|"]
    for name, kind, sql, flags in SECOND:
        path = made(binaries, kind, 10_000_000, options.rows_scale)
        times = {form: [] for form in [*FORMS, "duckdb"]}
        for _ in range(options.runs):
            report = compared(binaries, path, sql, flags, options, FORMS, repeats=1)
            for entry in report["strategies"]:
                times[entry["strategy"]].append(entry["outcome"]["measured"]["second_query_seconds"])
            rows = report["strategies"][0]["outcome"]["measured"]["digest"]["rows"]
            script = measure.ROOT / "benches" / "peers" / "duckdb_held.py"
            done = subprocess.run([interpreter, script, path, sql, str(options.threads), kind], check=True, capture_output=True, text=True)
            peer = json.loads(done.stdout)
            if peer["rows"] != rows:
                sys.exit(f"{name}: {rows} rows here, {peer['rows']} there")
            times["duckdb"].append(peer["seconds"])
        middle = {form: statistics.median(found) for form, found in times.items()}
        cells = [f"{middle[form] * 1000:.0f}" for form in [*FORMS, "duckdb"]]
        lines.append(f"| {name} | {' | '.join(cells)} | {middle['duckdb'] / middle['columnar']:.2f} |")
    return "\n".join(lines) + "\n"


def comparisons(options, binaries) -> str:
    parts = []
    for kind, rows, sql, flags in COMPARED:
        path = made(binaries, kind, rows, options.rows_scale)
        first, again = (compared(binaries, path, sql, flags, options, None, repeats=3) for _ in range(2))
        parts.append(f"### `{kind}`, {rows:,} rows: what each strategy holds\n\n{table(first, again)}")
    return "\n".join(parts)


def table(report, again) -> str:
    mebibytes = lambda figure: "" if figure is None else f"{figure / 2**20:.1f}"
    lines = ["| strategy | predicted MiB | live heap MiB | error | peak heap MiB | peak resident MiB | bytes a record | load s | query s | second query s | repeated |",
             "|---|---|---|---|---|---|---|---|---|---|---|"]
    for entry, other in zip(report["strategies"], again["strategies"]):
        outcome, repeated = entry["outcome"], other["outcome"]
        if "measured" not in outcome or "measured" not in repeated:
            lines.append(f"| {entry['strategy']} | {json.dumps(outcome)} |")
            continue
        found, predicted = outcome["measured"], entry["predicted_bytes"]
        held = found["live_heap_bytes"]
        holds = entry["strategy"] in ("rows", "columnar", "compact")
        error = f"{(predicted / held - 1) * 100:+.1f} %" if predicted and held and holds else ""
        drift = abs(repeated["measured"]["live_heap_bytes"] - held) / held if held and holds else math.nan
        cells = [mebibytes(predicted), mebibytes(held), error, mebibytes(found["peak_heap_bytes"]),
                 mebibytes(found["peak_resident_bytes"]), f"{held / max(found['records'], 1):.1f}",
                 f"{found['load_seconds']:.3f}", f"{found['query_seconds']:.3f}", f"{found['second_query_seconds']:.3f}",
                 "" if math.isnan(drift) else f"{drift * 100:.2f} %"]
        lines.append(f"| {entry['strategy']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def compared(binaries, path, sql, flags, options, strategies, repeats) -> dict:
    chosen = ["--strategies", ",".join(strategies)] if strategies else []
    command = [binaries / measure.OURS, "compare", sql.format(table=f"'{path}'"), "--threads", str(options.threads), "--format",
               "json", "--quiet", "--repeats", str(repeats), *chosen, *flags]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
