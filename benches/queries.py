"""The queries that are measured: their inputs, what they compute, and the goals. Says each query once; SQL, the judge's words and
the peers' programs are made from that."""

from dataclasses import dataclass
from pathlib import Path

# The SQL of each function of a value, as every engine here takes it.
FUNCTIONS = {
    "count": "count(*)",
    "sum": "sum({})",
    "min": "min({})",
    "max": "max({})",
    "avg": "avg({})",
    "median": "median({})",
    "sd": "stddev_samp({})",
    "range": "max({}) - min({})",
    "corr2": "power(corr({}, {}), 2)",
    "distinct": "count(distinct {})",
}


@dataclass(frozen=True)
class Input:
    """A generated file. `generate` are the words of benches/generate; without a header it has `names`."""

    name: str
    rows: int
    generate: tuple[str, ...]
    delimiter: str = ","
    names: tuple[str, ...] = ()
    # Where fields have line breaks in them: columns and their SQL types, for who does not find these then.
    newlines: tuple[tuple[str, str], ...] = ()

    def scaled(self, scale: float) -> int:
        """The rows at a scale; never fewer than 1,000."""
        return max(min(1_000, self.rows), round(self.rows * scale))

    def path(self, folder: Path, rows: int) -> Path:
        return folder / f"{self.name}-{rows}.csv"


@dataclass(frozen=True)
class Value:
    """A column of the result: its name and a function of columns."""

    name: str
    function: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Goal:
    """How many times the time of the fastest peer's ours should go into it, and how much memory may be resident."""

    # Times faster than the fastest peer; or None where seconds are given.
    faster: float | None
    # MiB, or None where ours should be leaner than the leanest peer.
    mebibytes: float | None
    seconds: float | None = None
    # At most so many times the time of the specialised program.
    of_specialised: float | None = None


@dataclass(frozen=True)
class Query:
    """Values by keys, or the records of `keys` where no value is asked for."""

    name: str
    title: str
    input: Input
    keys: tuple[str, ...]
    values: tuple[Value, ...]
    goal: Goal
    # A column and the number that it must exceed.
    where: tuple[str, float] | None = None
    # Whether the result is ordered, by its key where `order` says nothing else.
    ordered: bool = False
    order: tuple[str, ...] = ()

    def sql(self, table: str) -> str:
        """The statement over `table`, a name or a function of the engine's own."""
        columns = [quoted(key) for key in self.keys]
        for value in self.values:
            formula = FUNCTIONS[value.function].format(*map(quoted, value.columns))
            columns.append(f"{formula} AS {value.name}")
        where = f" WHERE {quoted(self.where[0])} > {self.where[1]}" if self.where else ""
        keys = ", ".join(map(quoted, self.keys))
        group = f" GROUP BY {keys}" if self.keys and self.values else ""
        order = f" ORDER BY {', '.join(map(quoted, self.order or self.keys))}" if self.ordered else ""
        return f"SELECT {', '.join(columns)} FROM {table}{where}{group}{order}"

    def columns(self) -> list[str]:
        """The columns of the input that are used, each once."""
        used = [*self.keys, *(column for value in self.values for column in value.columns)]
        used += [self.where[0]] if self.where else []
        return list(dict.fromkeys(used))

    def judge(self) -> list[str]:
        """The words that tell benches/check the query."""
        words = ["--delimiter", self.input.delimiter]
        words += ["--names", ",".join(self.input.names)] if self.input.names else []
        words += ["--where", f"{self.where[0]}>{self.where[1]}"] if self.where else []
        for key in self.keys:
            words += ["--key", key]
        for value in self.values:
            words += ["--value", f"{value.name}={':'.join([value.function, *value.columns])}"]
        words += ["--order", ",".join(self.order)] if self.order else []
        return words


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return name if name.isidentifier() else f'"{name}"'


STATION = {"delimiter": ";", "names": ("station", "t")}
BRC = Input("brc", 100_000_000, ("brc",), **STATION)
STATIONS = Input("stations", 100_000_000, ("brc", "--stations", "10000"), **STATION)
SMALL = Input("small", 1_000, ("brc",), **STATION)
G1 = Input("g1", 10_000_000, ("g1",))
WIDE = Input("wide", 1_000_000, ("wide",))
QUOTED = Input("quoted", 6_000_000, ("quoted",),
               newlines=(("id", "BIGINT"), ("customer, full name", "VARCHAR"), ("note", "VARCHAR"), ("amount", "DOUBLE")))
GROUPS = Input("groups", 20_000_000, ("groups",))
# No two rows are the same; benches/limits.py makes it.
DISTINCT = Input("distinct", 10_000_000, ())

MEASURES = (Value("least", "min", ("t",)), Value("mean", "avg", ("t",)), Value("greatest", "max", ("t",)))


def means(*columns: str) -> tuple[Value, ...]:
    return tuple(Value(f"mean_{column}", "avg", (column,)) for column in columns)


def sums(*columns: str) -> tuple[Value, ...]:
    return tuple(Value(f"sum_{column}", "sum", (column,)) for column in columns)


# db-benchmark's question 8, the two largest v3 of each id6, needs a window function or a top-n aggregate. Ours has neither.
QUERIES = [
    Query("brc", "1BRC: minimum, mean, maximum by station", BRC, ("station",), MEASURES,
          Goal(7, 12, of_specialised=1.8), ordered=True),
    Query("stations", "1BRC with 10,000 station names", STATIONS, ("station",), MEASURES, Goal(6, 16), ordered=True),
    Query("q1", "db-benchmark 1: sum v1 by id1 (100 groups)", G1, ("id1",), sums("v1"), Goal(5, 12)),
    Query("q2", "db-benchmark 2: sum v1 by id1, id2 (10,000 groups)", G1, ("id1", "id2"), sums("v1"), Goal(5, 12)),
    Query("q3", "db-benchmark 3: sum v1, mean v3 by id3 (100,000 groups)", G1, ("id3",), sums("v1") + means("v3"), Goal(4, 64)),
    Query("q4", "db-benchmark 4: mean v1, v2, v3 by id4 (100 groups)", G1, ("id4",), means("v1", "v2", "v3"), Goal(5, 12)),
    Query("q5", "db-benchmark 5: sum v1, v2, v3 by id6 (100,000 groups)", G1, ("id6",), sums("v1", "v2", "v3"), Goal(4, 64)),
    Query("q6", "db-benchmark 6: median v3, sd v3 by id4, id5 (10,000 groups)", G1, ("id4", "id5"),
          (Value("median_v3", "median", ("v3",)), Value("sd_v3", "sd", ("v3",))), Goal(3, None)),
    Query("q7", "db-benchmark 7: max v1 - min v2 by id3 (100,000 groups)", G1, ("id3",),
          (Value("range_v1_v2", "range", ("v1", "v2")),), Goal(4, 64)),
    Query("q9", "db-benchmark 9: r² of v1, v2 by id2, id4 (10,000 groups)", G1, ("id2", "id4"),
          (Value("r2", "corr2", ("v1", "v2")),), Goal(3, None)),
    Query("q10", "db-benchmark 10: sum v3, count by id1 to id6 (10 M groups)", G1, ("id1", "id2", "id3", "id4", "id5", "id6"),
          (Value("total", "sum", ("v3",)), Value("n", "count")), Goal(3, None)),
    Query("wide", "120 columns, 3 used: count, sum n058 by t007 where i105 > 10000000", WIDE, ("t007",),
          (Value("n", "count"), Value("total", "sum", ("n058",))), Goal(6, 16), where=("i105", 10_000_000)),
    Query("quoted", "quoted text with line breaks: count, sum by customer", QUOTED, ("customer, full name",),
          (Value("n", "count"), Value("total", "sum", ("amount",))), Goal(4, 12)),
    Query("groups", "8.6 M groups of 20 M rows: count, sum by key", GROUPS, ("key",),
          (Value("n", "count"), Value("total", "sum", ("v",))), Goal(3, None)),
    Query("filter", "filter and project to CSV: id1, id6, v3 where v3 > 90 (10 % pass)", G1, ("id1", "id6", "v3"), (),
          Goal(3, 16), where=("v3", 90)),
    Query("count", "1BRC: count(*)", BRC, (), (Value("n", "count"),), Goal(4, 12)),
    Query("small", "1BRC of 1,000 rows, start to end", SMALL, ("station",), MEASURES, Goal(None, 8, seconds=0.005), ordered=True),
]

# Measured under memory limits alone, by benches/limits.py, beside some of those above.
UNGOALED = Goal(None, None)
LARGE = [
    Query("distinct", "count(distinct) of 10 M different integers", DISTINCT, (), (Value("n", "distinct", ("v",)),), UNGOALED),
    # Next to nothing ties in these three columns, and what does is the same in the order of the file.
    Query("sort", "all columns of 10 M rows ordered by the text id3, then id6 and v3", G1,
          ("id1", "id2", "id3", "id4", "id5", "id6", "v1", "v2", "v3"), (), UNGOALED, ordered=True, order=("id3", "id6", "v3")),
]


def named(name: str) -> Query:
    """The query called `name`."""
    return next(query for query in [*QUERIES, *LARGE] if query.name == name)
