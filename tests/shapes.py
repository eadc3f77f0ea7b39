#!/usr/bin/env python3
"""Draws shapes of files and queries, runs the program under memory limits, and holds the peak of each process against its limit.

    python3 tests/shapes.py PROGRAM [--runs 60] [--seed N]

A run under a limit must end with 0 or 4 and a peak below the limit, give the bytes that a run without one gives, and end with 4
only where twice the limit shows that memory was short: there it may fit. The seed is printed; each shape is drawn from its own
number, so that one alone can be run again (--only NUMBER). Needs GNU time. Ends with an error where a shape breaks the limit.
"""

import argparse
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 1 << 20
LIMITS = [16, 20, 24, 32, 48, 64, 96, 128, 192, 256]
SECONDS = 120


@dataclass
class Shape:
    """A file's text, a query over it and the settings of a run."""

    what: str
    text: str
    sql: str
    limit: int
    threads: int
    flags: list[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path)
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(10**9))
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    print(f"seed {options.seed}")
    numbers = [options.only] if options.only is not None else range(options.runs)
    broken = refused = 0
    for number in numbers:
        shape = drawn(random.Random(f"{options.seed}/{number}"))
        with tempfile.TemporaryDirectory() as place:
            problem, ended = judged(options.program.resolve(), shape, Path(place))
        refused += ended == 4
        if problem:
            broken += 1
            print(f"{number}: {shape.what}, {shape.limit} MiB, {shape.threads} threads: {problem}\n    {shape.sql[:160]}")
            sys.stdout.flush()
    print(f"{len(numbers)} shapes: {broken} broken, {refused} ended with 4")
    sys.exit(broken > 0)


def drawn(r: random.Random) -> Shape:
    kinds = [wide, long_texts, many_groups, many_expressions, many_keys, head, list_of_constants, nested, long_field]
    shape = r.choice(kinds)(r)
    shape.limit, shape.threads = r.choice(LIMITS), r.choice([1, 2, 4, 8])
    return shape


def made(what: str, text: str, sql: str, flags: list[str] | None = None) -> Shape:
    return Shape(what, text, sql, 0, 0, flags or [])


def magnitude(r: random.Random, most: int) -> int:
    """From 1 to `most`; half of the orders of magnitude, the small ones, once in four times."""
    return max(1, round(most ** (r.random() if r.random() < 0.25 else 0.5 + 0.5 * r.random())))


def wide(r: random.Random) -> Shape:
    columns = magnitude(r, 20_000)
    rows = max(2, min(400, 400_000 // columns))
    names = ",".join(f"c{at}" for at in range(columns))
    lines = (",".join(str(at * row % 1000) for at in range(columns)) for row in range(rows))
    last = columns - 1
    sql = r.choice([
        "SELECT count(*) FROM 'f.csv'",
        f"SELECT sum(c{last}), max(c0) FROM 'f.csv'",
        "SELECT * FROM 'f.csv'",
        f"SELECT * FROM 'f.csv' ORDER BY c{last}",
        f"SELECT c0, count(*) FROM 'f.csv' GROUP BY c0 ORDER BY c0",
    ])
    return made(f"{columns} columns, {rows} rows", names + "\n" + "\n".join(lines) + "\n", sql)


def long_texts(r: random.Random) -> Shape:
    length = magnitude(r, 1_000_000)
    rows = max(2, min(20_000, 30_000_000 // (2 * length)))
    text = lambda at: ("t" + str(r.randrange(10**9)) + "abcdefghij" * (length // 10 + 1))[:length]
    lines = (f"{at},{text(at)},{'q' * length}{r.randrange(10**6)}" for at in range(rows))
    sql = r.choice([
        "SELECT t, u FROM 'f.csv' GROUP BY t, u ORDER BY 1, 2",
        "SELECT DISTINCT t FROM 'f.csv' ORDER BY t",
        "SELECT count(DISTINCT t) FROM 'f.csv'",
        "SELECT * FROM 'f.csv' ORDER BY u, id",
        "SELECT id % 10 AS g, min(t), max(u) FROM 'f.csv' GROUP BY 1 ORDER BY 1",
        "SELECT max(length(t || u)) FROM 'f.csv'",
        "SELECT id, upper(t) AS t FROM 'f.csv'",
    ])
    return made(f"texts of {length} bytes, {rows} rows", "id,t,u\n" + "\n".join(lines) + "\n", sql)


def numbers(r: random.Random, rows: int, groups: int) -> str:
    line = lambda: (
        f"{r.randrange(groups)},{r.randrange(10**9)},{r.randrange(10**6) / 100},{r.random():.6f},x{r.randrange(groups)}"
    )
    return "g,a,b,c,s\n" + "\n".join(line() for _ in range(rows)) + "\n"


def many_groups(r: random.Random) -> Shape:
    groups = magnitude(r, 1_000_000)
    sql = r.choice([
        "SELECT g, sum(a), avg(b), max(c) FROM 'f.csv' GROUP BY g ORDER BY g",
        "SELECT s, min(s), max(s), first(a), last(b) FROM 'f.csv' GROUP BY s ORDER BY s",
        "SELECT g % 100 AS k, count(DISTINCT a), count(DISTINCT s) FROM 'f.csv' GROUP BY 1 ORDER BY 1",
        "SELECT g % 1000 AS k, median(c), quantile_cont(a, 0.9) FROM 'f.csv' GROUP BY 1 ORDER BY 1",
        "SELECT DISTINCT g, s FROM 'f.csv' ORDER BY g, s",
        "SELECT g, s FROM 'f.csv' GROUP BY g, s",
    ])
    return made(f"{groups} groups", numbers(r, 300_000, groups), sql)


def many_expressions(r: random.Random) -> Shape:
    count = magnitude(r, 300)
    function = r.choice(["sum", "min", "avg", "stddev", "median", "count"])
    listed = ", ".join(f"{function}(a + {at})" for at in range(count))
    grouped = r.choice(["", " GROUP BY g % 100 ORDER BY min(g % 100)"])
    return made(f"{count} times {function}", numbers(r, 50_000, 1000), f"SELECT {listed} FROM 'f.csv'{grouped}")


def many_keys(r: random.Random) -> Shape:
    count = magnitude(r, 300)
    keys = ", ".join(f"a + {at}" for at in range(count))
    sql = r.choice([
        f"SELECT count(*) FROM (f) GROUP BY {keys} LIMIT 1", f"SELECT a FROM (f) ORDER BY {keys}"
    ]).replace("(f)", "'f.csv'")
    return made(f"{count} keys", numbers(r, 50_000, 1000), sql)


def head(r: random.Random) -> Shape:
    size = magnitude(r, 64_000_000)
    line, flags = r.choice([("# remark", ["--comment", "#"]), ("# remark", []), ("", []), ("skipped", None)])
    lines = size // (len(line) + 1)
    flags = ["--skip-rows", str(lines)] if flags is None else flags
    text = (line + "\n") * lines + "a,b\n1,2\n3,4\n"
    return made(f"head of {size} bytes of {line!r}", text, "SELECT sum(b) FROM 'f.csv'", flags)


def list_of_constants(r: random.Random) -> Shape:
    count = magnitude(r, 200_000)
    listed = ",".join(r.choice(["{}", "'{}'"]).format(r.randrange(10**9)) for _ in range(count))
    listed = ",".join(entry.strip("'") for entry in listed.split(","))
    return made(f"{count} constants", numbers(r, 20_000, 1000), f"SELECT count(*) FROM 'f.csv' WHERE a IN ({listed})")


def nested(r: random.Random) -> Shape:
    depth = magnitude(r, 60)
    expression = "s"
    for at in range(depth):
        expression = r.choice([f"upper({expression})", f"lower({expression})", f"trim({expression})",
                               f"replace({expression}, '{at % 10}', 'number')"])
    return made(f"{depth} functions", numbers(r, 20_000, 1000), f"SELECT max(length({expression})) FROM 'f.csv'")


def long_field(r: random.Random) -> Shape:
    length = magnitude(r, 20_000_000)
    text = "id,s\n1,a\n2," + "x" * length + "\n3,y\n"
    sql = r.choice(["SELECT sum(id) FROM 'f.csv'", "SELECT max(length(s)) FROM 'f.csv'", "SELECT * FROM 'f.csv'"])
    return made(f"a field of {length} bytes", text, sql, ["--max-field", "100MiB"])


def judged(program: Path, shape: Shape, place: Path) -> tuple[str | None, int]:
    """What is wrong with a shape, and how its run under the limit ended."""
    (place / "f.csv").write_text(shape.text)
    shape.text = ""
    ended, peak, given, message = run(program, shape, place, shape.limit)
    if ended not in (0, 4):
        return f"ended with {ended}: {message}", ended
    if peak > shape.limit * 1024:
        return f"peak {peak / 1024:.1f} MiB, ended with {ended}", ended
    if ended == 4:
        again, peak, _, _ = run(program, shape, place, 2 * shape.limit)
        if again == 0 and peak < 0.6 * shape.limit * 1024:
            return f"ended with 4, but twice the limit needs {peak / 1024:.1f} MiB: {message}", ended
        return None, ended
    ended_without, _, expected, message = run(program, shape, place, None)
    if ended_without != 0 or given != expected:
        return f"other bytes than without a limit: {message}", ended
    return None, ended


def run(program: Path, shape: Shape, place: Path, limit: int | None) -> tuple[int, int, bytes, str]:
    """Exit code, peak in KiB, the result's bytes and the first line of a message."""
    limited = [] if limit is None else ["--memory-limit", f"{limit}MiB"]
    result, peak = place / "out.csv", place / "peak"
    result.unlink(missing_ok=True)
    command = ["/usr/bin/time", "-q", "-f", "%M", "-o", str(peak), str(program), "query", "--quiet", "--threads",
               str(shape.threads), *limited, *shape.flags, "-o", str(result), "-"]
    try:
        done = subprocess.run(command, input=shape.sql.encode(), capture_output=True, cwd=place, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return -1, 0, b"", f"took more than {SECONDS} seconds"
    first = done.stderr.decode(errors="replace").split("\n", 1)[0][:200]
    return done.returncode, int(peak.read_text().split()[-1]), result.read_bytes() if result.exists() else b"", first


if __name__ == "__main__":
    main()
