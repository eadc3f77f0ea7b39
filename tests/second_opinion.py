#!/usr/bin/env python3
"""Reads the polluted files of tests/pollution with DuckDB and with Python's csv module, and prints for both the table
that the test prints for Plimsoll. Decides nothing: where all three agree on a wrong reading, the expectation is wrong.

    POLLUTION_DIRECTORY=/tmp/polluted cargo test -p plimsoll-workspace --test pollution
    python3 tests/second_opinion.py /tmp/polluted [--show KIND]

Needs DuckDB's package (tests/duckdb_oracle.py has its version).
"""

import argparse
import csv
import datetime
import decimal
import json
import pathlib
import re
import sys

ANY = "\u0001any"
LINE = re.compile(r"Line: (\d+)|line (\d+)", re.IGNORECASE)


def text(value):
    """A cell as the expectations write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        value = value.replace(tzinfo=None)
        return value.isoformat(sep=" ")
    return str(value)


def number(cell):
    """The number that a cell is, or None."""
    cell = cell.strip(" \t")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", cell) or re.match(r"0\d", cell):
        return None
    return decimal.Decimal(cell)


def time(cell):
    """A time without what may be left out: T, Z, an offset or a fraction of zeros, seconds of zero."""
    cell = cell.strip(" \t")
    if cell in ("True", "TRUE"):
        return "true"
    if len(cell) < 16 or cell[4] != "-":
        return cell
    cell = re.sub(r"(\.0+)?(Z|\+00(:00)?)?$", "", cell.replace("T", " ", 1))
    return cell + ":00" if len(cell) == 16 else cell


def alike(expected, found):
    """Whether two cells say the same."""
    if expected == found or expected == ANY:
        return True
    left, right = number(expected), number(found)
    return left == right if left is not None and right is not None else time(expected) == time(found)


def records(table):
    """The names, then the rows."""
    return [table["names"], *table["rows"]]


def same(expected, found):
    """Whether two tables say the same."""
    left, right = records(expected), records(found)
    return len(left) == len(right) and all(
        len(a) == len(b) and all(map(alike, a, b)) for a, b in zip(left, right)
    )


def similarity(expected, found):
    """The part of two tables' fields that are alike, records put side by side so that it is greatest."""
    left, right = records(expected), records(found)
    most = max(sum(map(len, left)), sum(map(len, right)), 1)
    best = [0] * (len(right) + 1)
    for a in left:
        before = best[:]
        for at, b in enumerate(right):
            pairs = sum(map(alike, a, b))
            best[at + 1] = max(before[at + 1], best[at], before[at] + pairs)
    return best[-1] / most


def duckdb_reader(options):
    """Reads with DuckDB's read_csv and those options."""
    import duckdb

    connection = duckdb.connect()

    def read(path):
        relation = connection.execute(f"SELECT * FROM read_csv('{path}'{options})")
        names = [column[0] for column in relation.description]
        return {"names": names, "rows": [[text(cell) for cell in row] for row in relation.fetchall()]}

    return read


def python_reader(strict):
    """Reads with Python's csv module, the dialect sniffed where a delimiter other than the comma is there."""

    def read(path):
        with open(path, encoding="utf-8-sig", newline="") as file:
            head = file.read(8192)
            file.seek(0)
            try:
                dialect = csv.Sniffer().sniff(head, ",;\t|")
            except csv.Error:
                dialect = csv.excel
            reader = csv.reader(file, dialect, strict=strict)
            rows = []
            for row in reader:
                if row and rows and strict and len(row) != len(rows[0]):
                    raise ValueError(f"line {reader.line_num}: {len(row)} fields")
                if row:
                    rows.append(row)
        return {"names": rows[0] if rows else [], "rows": rows[1:]}

    return read


def strict_outcome(case, read, path):
    """right, error or WRONG, and what was found."""
    try:
        found = read(path)
    except Exception as error:  # The reader's own errors are many types.
        line = LINE.search(str(error))
        line = int(next(filter(None, line.groups()))) if line else None
        right = line is None or line in case["lines"] or not case["lines"]
        return ("error" if right else "WRONG"), f"line {line}: {str(error).splitlines()[0]}"
    right = any(same(table, found) for table in case["tables"])
    return ("right" if right else "WRONG"), found


def judged(cases, directory, strict, lenient, show):
    """For each kind: variants, right, error, wrong, and the sum of similarities."""
    kinds = {}
    for case in cases:
        line = kinds.setdefault(case["kind"], [0, 0, 0, 0, 0.0])
        path = directory / case["file"]
        outcome, found = strict_outcome(case, strict, path)
        line[0] += 1
        line[["right", "error", "WRONG"].index(outcome) + 1] += 1
        if show == case["kind"]:
            print(case["file"], case["name"], outcome, str(found)[:300])
        try:
            line[4] += similarity(case["repaired"], lenient(path))
        except Exception:  # What cannot be read at all has nothing right.
            pass
    return kinds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--show", help="print each outcome of this kind")
    arguments = parser.parse_args()
    cases = json.loads((arguments.directory / "expected.json").read_text())
    readers = {
        "Python's csv": (python_reader(True), python_reader(False)),
        "DuckDB": (
            duckdb_reader(""),
            duckdb_reader(", ignore_errors=true, null_padding=true, strict_mode=false, parallel=false"),
        ),
    }
    for name, (strict, lenient) in readers.items():
        kinds = judged(cases, arguments.directory, strict, lenient, arguments.show)
        kinds["all"] = [sum(column) for column in zip(*kinds.values())]
        print(f"\n{name}\n{'kind':<36} {'variants':>8} {'right':>6} {'error':>6} {'WRONG':>6} {'lenient':>8}")
        for kind, (variants, right, error, wrong, lenient_sum) in kinds.items():
            print(f"{kind:<36} {variants:>8} {right:>6} {error:>6} {wrong:>6} {lenient_sum / variants:>8.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
