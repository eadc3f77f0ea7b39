"""The text, the flags and the SQL of a shape. The same shape gives the same."""

import random
import re
from datetime import date, datetime, timedelta

from drawing import FORMS, Shape

# The types of columns, in turns: group, text, decimal, integer, code, double, day, integer or NULL, moment, Boolean.
TYPES = "gtdisfynmb"
DELIMITERS = {"semicolons": ";", "colons": "::"}
ENDS = {"crlf": "\r\n", "blank lines": "\n\n"}

# What stands for {…} in SQL: N, T and D are columns of numbers, texts and times, k is a constant.
GRAMMAR: dict[str, list[str]] = {
    "number": ["{N}", "{N} + {k}", "{N} * 3", "CASE WHEN {flag} THEN {N} ELSE {N} END", "coalesce({N}, {k})", "length({text})",
               "abs({N} - {k})", "round({N} / 7, 2)", "{N} % 1000", "strpos({T}, '7')", "year({D})"],
    "text": ["{T}", "{T}", "upper({T})", "{T} || {T}", "substr({T}, 3, 500)", "replace({T}, '1', 'one')", "concat({T}, '-', {N})",
             "left({T}, 10)", "CASE WHEN {flag} THEN {T} ELSE upper({T}) END", "coalesce({T}, 'none')", "CAST({N} AS VARCHAR)"],
    "time": ["{D}", "date_trunc('month', {D})", "{D} + INTERVAL 3 DAY", "CASE WHEN {flag} THEN {D} END"],
    "flag": ["{N} > {k}", "{T} LIKE '%7%'", "{D} IS NULL", "{N} BETWEEN 5 AND {k}", "{T} IN ('x1', 'x2', 'x3')", "NOT {N} = 7"],
    "any": ["{number}", "{number}", "{text}", "{text}", "{time}", "{flag}"],
    "aggregate": ["count(*)", "count({any})", "count(DISTINCT {any})", "count_if({flag})", "sum({number})", "avg({number})",
                  "min({any})", "max({any})", "var_pop({number})", "var_samp({number})", "stddev_pop({number})", "stddev({number})",
                  "median({number})", "quantile_cont({number}, 0.9)", "quantile_disc({number}, 0.1)", "quantile_disc({time}, 0.5)",
                  "first({any})", "last({any})", "any_value({any})", "corr({number}, {number})", "max({number}) - min({number})"],
    "wrapped": ["upper({})", "lower({})", "trim({})", "replace({}, '{k}', 'number')", "concat({}, 'x')", "coalesce({}, 'none')"],
    "direction": ["", "", " DESC", " NULLS FIRST", " DESC NULLS FIRST"],
    "rest": ["", "", " LIMIT 10", " LIMIT 1000 OFFSET 500", " LIMIT 100000"],
    "having": ["", "", " HAVING count(*) > 0", " HAVING {aggregate} IS NOT NULL", " HAVING count(*) > 1 AND max({N}) > {k}"],
    "grouping": ["ALL", "positions"],
}


def text_of(shape: Shape) -> bytes:
    r, sizes, choices = random.Random(f"{shape.key}/text"), shape.sizes, shape.choices
    delimiter, end = DELIMITERS.get(choices["dialect"], ","), ENDS.get(choices["dialect"], "\n")
    rows, columns = sizes["rows"], sizes["columns"]
    cells = [cells_of(r, type_, shape) for type_ in TYPES[:columns]]
    # Columns behind the tenth are those of a few records again.
    others = [delimiter.join(record) for record in zip(*(column[:64] for column in cells))]
    long = cells[min(1, columns - 1)]
    if sizes["field"]:
        long[rows // 2] = "x" * sizes["field"]
    if sizes["quote"]:
        long[rows // 2] = '"' + "text, more of it\n" * (sizes["quote"] // 17)
    records = map(delimiter.join, zip(*cells))
    if columns > 10:
        blocks, rest = divmod(columns - 10, 10)
        short = [delimiter.join(column[0] for column in cells[:rest])] if rest else []
        few = [delimiter.join([others[(at + block) % len(others)] for block in range(blocks)] + short) for at in range(8)]
        records = (f"{record}{delimiter}{few[at % 8]}" for at, record in enumerate(records))
    line = {"blank": "", "skipped": "skipped"}.get(choices["heads"], "# remark")
    head = (line + "\n") * (sizes["head"] // (len(line) + 1))
    names = [delimiter.join(name(shape, at) for at in range(columns))] if choices["header"] != "none" else []
    return (head + end.join([*names, *records]) + end).encode(choices["encoding"], errors="replace")


def cells_of(r: random.Random, type_: str, shape: Shape) -> list[str]:
    rows, groups = shape.sizes["rows"], shape.sizes["groups"]
    days = lambda: r.choices(range(20_000), k=rows)
    match type_:
        case "g": return [str(value) for value in r.choices(range(groups), k=rows)]
        case "t": return texts(r, shape)
        case "d": return [f"{value}.{value % 100:02}" for value in r.choices(range(10**6), k=rows)]
        case "i": return [str(value) for value in r.choices(range(10**9), k=rows)]
        case "s": return [f"x{value}" for value in r.choices(range(groups), k=rows)]
        case "f": return [repr(r.random() * 1e-5) for _ in range(rows)]
        case "y": return [str(date(1970, 1, 1) + timedelta(day)) for day in days()]
        case "n": return [str(value) if value % 3 else "" for value in r.choices(range(1000), k=rows)]
        case "m": return [str(datetime(1970, 1, 1, 7, 30) + timedelta(day)) for day in days()]
    return r.choices(["true", "false"], k=rows)


def texts(r: random.Random, shape: Shape) -> list[str]:
    """Texts of so many bytes, of which so many differ."""
    length, letters = shape.sizes["length"], shape.choices["letters"]
    filler = {"same": "abcdefghij", "growing": "ΐ", "quotes": 'a,"', "lines": "abc\n"}.get(letters) or r.randbytes(length + 1).hex()
    filler *= 2 * length // len(filler) + 1
    mark = '"' if letters in ("quotes", "lines") else ""
    length = max(1, length // 2) if letters == "growing" else length

    def cell(value: int) -> str:
        begin = value * 7919 % (length + 1)
        text = f"t{value}{filler[begin:begin + length]}"[:length]
        return mark + text.replace('"', '""') + mark

    return [cell(value) for value in r.choices(range(shape.sizes["groups"]), k=shape.sizes["rows"])]


def name(shape: Shape, at: int) -> str:
    width = len(str(shape.sizes["columns"] - 1))
    return f"column{at:0{width}}" if shape.choices["header"] == "none" else f"{TYPES[at % 10]}{at}"


def flags_of(shape: Shape) -> list[str]:
    """The flags that say how the file is read."""
    sizes, choices = shape.sizes, shape.choices
    flags = {"given": ["--header"], "none": ["--no-header"]}.get(choices["header"], [])
    if choices["dialect"] == "colons":
        flags += ["--delimiter", "::"]
    if choices["encoding"] == "windows-1252":
        flags += ["--encoding", "windows-1252"]
    if choices["infer"] == "full":
        flags += ["--infer", "full"]
    if sizes["head"] and choices["heads"] == "skipped":
        flags += ["--skip-rows", str(sizes["head"] // 8)]
    if sizes["head"] and choices["heads"] == "comments":
        flags += ["--comment", "#"]
    if sizes["field"] or sizes["quote"]:
        flags += ["--max-field", "100MiB"]
    return flags + {"lenient": ["--lenient"], "skip": ["--on-error", "skip"]}.get(choices["bad"], [])


def statements(shape: Shape, file: str) -> list[str]:
    """The SQL of a shape; several of it where several queries run together."""
    count = shape.sizes["queries"] if shape.verb == "together" else 1
    return [Statement(random.Random(f"{shape.key}/sql/{at}"), shape).text(file) for at in range(count)]


class Statement:
    """One statement; `r` is asked in an order in which a smaller shape gives less of the same."""

    def __init__(self, r: random.Random, shape: Shape):
        self.r, self.shape, self.sizes = r, shape, shape.sizes
        columns = shape.sizes["columns"]
        named = lambda types: [name(shape, at) for at in range(min(columns, 2000)) if TYPES[at % 10] in types]
        self.columns = {
            "N": named("gdifn"),
            "T": named("ts") or [f"CAST({name(shape, 0)} AS VARCHAR)"],
            "D": named("ym") or [f"(DATE '2020-01-01' + {name(shape, 0)} % 1000)"],
        }

    def of(self, symbol: str) -> str:
        """What the grammar has for a symbol."""
        if symbol == "k":
            return str(self.r.randrange(1000))
        if symbol in self.columns:
            return self.r.choice(self.columns[symbol])
        return self.filled(self.r.choice(GRAMMAR[symbol]))

    def filled(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: self.of(found[1]), text)

    def text(self, file: str) -> str:
        rest, where, grouping, having = self.of("rest"), self.where(), self.of("grouping"), self.of("having")
        form = self.r.choice(FORMS) if self.shape.verb == "together" else self.shape.form
        begin = f"FROM '{file}'{where}"
        if form == "count":
            return f"SELECT count(*) {begin}"
        if form == "star":
            return f"SELECT * {begin}{self.order('any')}{rest}"
        what = "aggregate" if form in ("groups", "aggregates") else "any"
        values = [f"{self.of(what)} AS e{at}" for at in range(self.sizes["expressions"])]
        if form == "aggregates":
            return f"SELECT {', '.join(self.nested(values, is_aggregate=True))} {begin}"
        if form == "distinct":
            return f"SELECT DISTINCT {', '.join(self.nested(values))} {begin}{self.order('alias')}{rest}"
        if form == "rows":
            return f"SELECT {', '.join(self.nested(values))} {begin}{self.order('any')}{rest}"
        keys = self.nested([f"{self.of('any')} AS k{at}" for at in range(self.sizes["keys"])])
        by = "ALL" if grouping == "ALL" else ", ".join(str(at + 1) for at in range(len(keys)))
        return f"SELECT {', '.join(keys + values)} {begin} GROUP BY {by}{having}{self.order('aggregate')}{rest}"

    def nested(self, values: list[str], is_aggregate: bool = False) -> list[str]:
        """`values`, the first of which is a text in so many functions."""
        depth = self.sizes["depth"]
        inner = self.of("T")
        for _ in range(depth):
            inner = self.filled(self.r.choice(GRAMMAR["wrapped"]).replace("{}", inner))
        if is_aggregate:
            inner = f"max({inner})"
        return [f"{inner} AS nested", *values[1:]] if depth else values

    def order(self, what: str) -> str:
        count = self.sizes["sorts"]
        if what == "alias":
            count = min(count, self.sizes["expressions"] - (self.sizes["depth"] > 0))
            keys = [f"e{self.sizes['expressions'] - 1 - at}" for at in range(count)]
        else:
            keys = [self.of(what) for _ in range(count)]
        return " ORDER BY " + ", ".join(key + self.of("direction") for key in keys) if count else ""

    def where(self) -> str:
        """A condition of so many bytes, of at most 60 parts."""
        size, r = self.sizes["sql"], self.r
        if not size:
            return ""
        parts = 1 + round(59 * r.random() ** 3)
        return " WHERE " + " OR ".join(self.part(size // parts) for _ in range(parts))

    def part(self, size: int) -> str:
        """A condition of about so many bytes, by one of the ways to be long."""
        r, of = self.r, self.of
        # The parser takes 200 expressions inside of each other.
        few = range(min(size // 12 + 1, 50))
        match r.randrange(7):
            case 0:
                numbers = map(str, r.choices(range(10**6), k=size // 9 + 1))
                return f"{of('N')} IN ({', '.join(numbers)})"
            case 1:
                codes = (f"'x{at}'" for at in r.choices(range(10**5), k=size // 10 + 1))
                return f"{of('T')} IN ({', '.join(codes)})"
            case 2:
                return f"{of('T')} <> '{'constant ' * (size // 9)}'"
            case 3:
                return f"({' OR '.join(of('N') + ' = ' + of('k') for _ in few)})"
            case 4:
                return "(" * len(few) + of("flag") + ")" * len(few)
            case 5:
                branches = (f"WHEN {of('k')} THEN true" for _ in few)
                return f"CASE {of('N')} {' '.join(branches)} ELSE false END"
        return f"({' AND '.join(of('N') + ' BETWEEN 0 AND ' + of('k') for _ in few)})"
