"""Reading and comparing query results: CSV files with a header, whose first column is the key."""

import csv
from fractions import Fraction
from pathlib import Path

# Peers add floats one after another and in any order, so their sums and means differ from the exact ones.
PEER_TOLERANCE = 1e-9


def read(path: Path) -> dict[str, list[str]]:
    """The rows by key. Raises `ValueError` where a key occurs twice."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        table: dict[str, list[str]] = {}
        for key, *cells in rows:
            if key in table:
                raise ValueError(f"{path}: {key} occurs twice")
            table[key] = cells
    return table


def difference(wanted: dict[str, list[str]], found: dict[str, list[str]], exactly: bool) -> str | None:
    """The first difference in words. Numbers must be equal, or, unless `exactly`, equal within the tolerance for peers.

    `exactly` still takes 7 for 7.0: a value, not its text, is compared.
    """
    if wanted.keys() != found.keys():
        odd = min(wanted.keys() ^ found.keys())
        return f"{odd!r} is {'missing' if odd in wanted else 'not wanted'}"
    for key, cells in wanted.items():
        if len(cells) != len(found[key]):
            return f"{key!r} has {len(found[key])} values instead of {len(cells)}"
        for left, right in zip(cells, found[key]):
            if not equal(left, right, exactly):
                return f"{key!r} has {right} instead of {left}"
    return None


def equal(left: str, right: str, exactly: bool) -> bool:
    """Whether two numbers, as texts, are the same."""
    if left == right:
        return True
    try:
        wanted, found = Fraction(left), Fraction(right)
    except ValueError:
        return False
    if exactly:
        return wanted == found
    return abs(wanted - found) <= PEER_TOLERANCE * max(1, abs(wanted))
