"""The queries that measure.py measures: their inputs, their SQL, and how to compare their results."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Query:
    """One query over one generated input. `sql` has the place {table}; its first column is the key."""

    name: str
    title: str
    kind: str
    rows: int
    sql: str
    # How plimsoll is told the dialect; the peers' programs say the same in their own words.
    plimsoll_flags: list[str] = field(default_factory=list)

    def input(self, folder: Path, scale: float) -> tuple[Path, int]:
        """The input file and its rows, at least 1,000."""
        rows = max(1_000, round(self.rows * scale))
        return folder / f"{self.kind}-{rows}.csv", rows


QUERIES = [
    Query(
        name="brc",
        title="One Billion Row Challenge: minimum, mean and maximum by station",
        kind="brc",
        rows=100_000_000,
        sql="SELECT station, min(t) AS least, avg(t) AS mean, max(t) AS greatest "
        "FROM {table} GROUP BY station ORDER BY station",
        plimsoll_flags=["--no-header", "--columns", "station,t", "--delimiter", ";"],
    ),
    Query(
        name="g1-q1",
        title="db-benchmark question 1: sum v1 by id1 (100 groups)",
        kind="g1",
        rows=10_000_000,
        sql="SELECT id1, sum(v1) AS v1 FROM {table} GROUP BY id1",
    ),
    Query(
        name="g1-q3",
        title="db-benchmark question 3: sum v1, mean v3 by id3 (100,000 groups)",
        kind="g1",
        rows=10_000_000,
        sql="SELECT id3, sum(v1) AS v1, avg(v3) AS v3 FROM {table} GROUP BY id3",
    ),
    Query(
        name="g1-q5",
        title="db-benchmark question 5: sum v1, v2, v3 by id6 (100,000 groups)",
        kind="g1",
        rows=10_000_000,
        sql="SELECT id6, sum(v1) AS v1, sum(v2) AS v2, sum(v3) AS v3 FROM {table} GROUP BY id6",
    ),
]


def named(name: str) -> Query:
    """The query called `name`."""
    return next(query for query in QUERIES if query.name == name)
