#!/usr/bin/env python3
"""Runs the queries of duckdb_cases.py through DuckDB and Plimsoll, and compares every value.

    python3 tests/duckdb_oracle.py target/release/plimsoll [flags for every run, such as --threads 1]
    python3 tests/duckdb_oracle.py --duckdb-only        checks that DuckDB takes all the queries

Integers, decimals, text, dates and Booleans must be equal. Doubles may differ by four units in the last place, or by what a
case allows, since DuckDB's sums are not exact. Exit code 1 with the query and the first row that differs. Without the pinned
DuckDB it makes an environment under target/; where that cannot be had it says so and exits with 0.
"""

import datetime
import json
import math
import os
import random
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benches" / "peers"))

import environment
from duckdb_cases import CASES, FILES, RANDOM, Case, File

ULPS = 4


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return 2
    problem = enter_environment()
    if problem:
        print(f"skipped: the pinned DuckDB for Python cannot be had: {problem}")
        return 0
    program, flags = sys.argv[1], sys.argv[2:]
    only_duckdb = program == "--duckdb-only"
    with tempfile.TemporaryDirectory() as folder:
        files = {**FILES, "small": random_file(Path(folder) / "small.csv", 1, 300),
                 "large": random_file(Path(folder) / "large.csv", 2, 5000)}
        connection = connect(files)
        failed = 0
        for case in CASES:
            wanted = ask_duckdb(connection, case, files)
            problem = None if only_duckdb else compare(case, wanted, program, flags, files)
            if problem:
                failed += 1
                print(f"FAILED {case.sql}\n  {problem}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


def enter_environment() -> str | None:
    """Goes on with the pinned DuckDB, if need be in another interpreter; else says why not."""
    wanted = environment.versions()["duckdb"]
    try:
        import duckdb
        if duckdb.__version__ == wanted:
            return None
    except ImportError:
        pass
    if os.environ.get("DUCKDB_ORACLE_ENTERED"):
        return f"the environment made for it lacks version {wanted}"
    try:
        interpreter = environment.python("duckdb")
    except (OSError, subprocess.CalledProcessError) as error:
        return str(error)
    os.environ["DUCKDB_ORACLE_ENTERED"] = "1"
    os.execv(interpreter, [str(interpreter), *sys.argv])


def connect(files: dict[str, File]):
    import duckdb
    # One thread, so that first, last and unordered rows follow the file.
    connection = duckdb.connect(config={"threads": 1})
    for name, file in files.items():
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv('{ROOT / file.path}', {file.duckdb})")
    return connection


def ask_duckdb(connection, case: Case, files: dict[str, File]) -> list[tuple]:
    """DuckDB's rows. What it says of a query that it does not take ends the program: the case is wrong."""
    return connection.execute((case.duckdb or case.sql).format(**{name: name for name in files})).fetchall()


def ask_plimsoll(case: Case, program: str, flags: list[str], files: dict[str, File]) -> list[list]:
    """Plimsoll's rows; numbers as decimals with all their digits. Raises `RuntimeError` with what it said."""
    used = [file for name, file in files.items() if f"{{{name}}}" in case.sql]
    sql = case.sql.format(**{name: f"'{file.path}'" for name, file in files.items()})
    command = [program, "query", sql, "--format", "jsonl", "--quiet", *(flag for file in used for flag in file.flags), *flags]
    # A relative program is the caller's, while the files are relative to the root.
    command[0] = str(Path(program).resolve())
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr.strip()}")

    def values(line: str) -> list:
        pairs = json.loads(line, parse_int=Decimal, parse_float=Decimal, object_pairs_hook=list)
        return [value for _, value in pairs]

    return [values(line) for line in done.stdout.split("\n") if line]


def compare(case: Case, wanted: list[tuple], program: str, flags: list[str], files: dict[str, File]) -> str | None:
    """The first difference in words."""
    try:
        found = ask_plimsoll(case, program, flags, files)
    except (RuntimeError, ValueError) as error:
        return str(error)
    if len(wanted) != len(found):
        return f"{len(found)} rows instead of {len(wanted)}"
    grouped = "GROUP BY" in case.sql or "DISTINCT" in case.sql
    if grouped and "ORDER BY" not in case.sql:
        wanted, found = sorted(wanted, key=sort_key), sorted(found, key=sort_key)
    for number, (left, right) in enumerate(zip(wanted, found), start=1):
        if len(left) != len(right) or not all(equal(a, b, case.tolerance) for a, b in zip(left, right)):
            return f"row {number}: duckdb  {list(left)}\n  row {number}: plimsoll {right}"
    return None


def equal(wanted, found, tolerance: float) -> bool:
    """Whether a value of DuckDB's and one of Plimsoll's JSON are the same."""
    if wanted is None or found is None:
        return wanted is found
    if isinstance(wanted, bool):
        return wanted is found
    if isinstance(wanted, float) and not math.isfinite(wanted):
        return found == ("NaN" if math.isnan(wanted) else "inf" if wanted > 0 else "-inf")
    if isinstance(wanted, (int, Decimal, float)):
        if not isinstance(found, Decimal):
            return False
        if isinstance(wanted, float):
            difference = abs(wanted - float(found))
            return difference <= max(ULPS * math.ulp(wanted), tolerance * abs(wanted))
        return Decimal(wanted) == found
    return text(wanted) == found


def text(value) -> str:
    """A date, time, timestamp or text as Plimsoll prints it."""
    if isinstance(value, datetime.datetime):
        return f"{value.date().isoformat()} {text(value.time())}"
    if isinstance(value, datetime.time):
        fraction = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
        return value.replace(microsecond=0).isoformat() + fraction
    return value.isoformat() if isinstance(value, datetime.date) else value


def sort_key(row) -> list[str]:
    """A key under which equal rows of both sides stand at the same place."""
    def key(value) -> str:
        if value is None or isinstance(value, bool):
            return repr(value)
        if isinstance(value, (int, float, Decimal)):
            return f"{float(value):.9e}"
        return text(value)

    return [key(value) for value in row]


def random_file(path: Path, seed: int, rows: int) -> File:
    """Writes a file with a column of each type, about one cell in eight NULL, text with everything that needs quotes."""
    rng = random.Random(seed)
    pieces = ["a", "b", "abc", "A", "M", "z", "É", "ñ", "東京", " ", "  ", ",", '""', "\n", "\r\n", "%", "_", "'", "7", "\t"]

    def number(least: int, most: int) -> int:
        return rng.randint(least, most)

    def double() -> str:
        # An exponent makes a column of doubles; 7 digits survive as a double.
        return f"{number(-9_999_999, 9_999_999)}e{number(-12, 4)}"

    def day() -> str:
        return f"{number(1, 9999) if number(0, 9) == 0 else number(2000, 2024):04}-{number(1, 12):02}-{number(1, 28):02}"

    def clock() -> str:
        fraction = f".{number(0, 999_999):06}" if number(0, 1) else ""
        return f"{number(0, 23):02}:{number(0, 59):02}:{number(0, 59):02}{fraction}"

    def cell(make) -> str:
        return "" if number(0, 7) == 0 else make()

    makers = [
        lambda: rng.choice(["a", "b", "c", "long key", '"quoted, key"']),
        lambda: str(number(-1000, 1000) if number(0, 3) else number(-9, 9)),
        lambda: f"{'-' if number(0, 1) else ''}{number(0, 999)}.{number(0, 99):02}",
        double,
        lambda: '"' + "".join(rng.choice(pieces) for _ in range(number(0, 8))) + '"',
        lambda: rng.choice(["true", "false"]),
        day,
        lambda: f"{day()} {clock()}",
    ]
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write("k,i,d,f,s,b,day,ts\n")
        for _ in range(rows):
            file.write(",".join(cell(make) for make in makers) + "\n")
    return File(str(path), duckdb=RANDOM)


if __name__ == "__main__":
    sys.exit(main())
