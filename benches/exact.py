"""Exact results of the benchmark's queries, by integers and fractions only: `exact.py QUERY FILE > RESULT.csv`.

It shares no code with any engine. Means are the double nearest to the exact quotient (Python divides integers so), sums
are exact decimals. Slow: about a million rows in a second.
"""

import csv
import sys
from collections import defaultdict


def scaled(text: str, digits: int) -> int:
    """`text` times 10^digits, as an integer."""
    whole, _, fraction = text.partition(".")
    if len(fraction) > digits:
        raise ValueError(f"{text} has more than {digits} digits behind the point")
    return int(whole + fraction.ljust(digits, "0"))


def decimal(mantissa: int, digits: int) -> str:
    """`mantissa` / 10^digits as text."""
    sign = "-" if mantissa < 0 else ""
    whole, fraction = divmod(abs(mantissa), 10**digits)
    return f"{sign}{whole}.{fraction:0{digits}}"


def brc(path: str):
    """Minimum, mean and maximum in tenths."""
    stations: dict[str, list[int]] = {}
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            name, _, value = line.rstrip("\n").rpartition(";")
            tenths = scaled(value, 1)
            state = stations.setdefault(name, [tenths, tenths, 0, 0])
            state[0] = min(state[0], tenths)
            state[1] = max(state[1], tenths)
            state[2] += tenths
            state[3] += 1
    yield ["station", "least", "mean", "greatest"]
    for name, (least, greatest, total, count) in sorted(stations.items()):
        yield [name, decimal(least, 1), repr(total / (10 * count)), decimal(greatest, 1)]


def g1(path: str, key: int, sums: list[int], means: list[int]):
    """Sums and means of columns by a key column; columns 0 to 8 are id1…id6, v1…v3."""
    digits = {6: 0, 7: 0, 8: 6}
    columns = sums + means
    totals: dict[str, list[int]] = defaultdict(lambda: [0] * (len(columns) + 1))
    with open(path, encoding="utf-8") as file:
        header = next(file).rstrip("\n").split(",")
        for line in file:
            cells = line.rstrip("\n").split(",")
            total = totals[cells[key]]
            for place, column in enumerate(columns):
                total[place] += scaled(cells[column], 6) if column == 8 else int(cells[column])
            total[-1] += 1
    yield [header[key]] + [header[column] for column in columns]
    for name, total in sorted(totals.items()):
        row = [name]
        for place, column in enumerate(sums):
            row.append(decimal(total[place], digits[column]) if digits[column] else str(total[place]))
        for place, column in enumerate(means, start=len(sums)):
            row.append(repr(total[place] / (total[-1] * 10 ** digits[column])))
        yield row


RESULTS = {
    "brc": brc,
    "g1-q1": lambda path: g1(path, key=0, sums=[6], means=[]),
    "g1-q3": lambda path: g1(path, key=2, sums=[6], means=[8]),
    "g1-q5": lambda path: g1(path, key=5, sums=[6, 7, 8], means=[]),
}

if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in RESULTS:
        sys.exit(f"usage: exact.py {'|'.join(RESULTS)} FILE")
    csv.writer(sys.stdout, lineterminator="\n").writerows(RESULTS[sys.argv[1]](sys.argv[2]))
