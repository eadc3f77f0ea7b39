"""The lesson of docs/lesson.md in Python: the same steps, checks and tables as examples/lesson/, with Python's own tools.

    python3 examples/lesson.py            checks all, prints the figures
    python3 examples/lesson.py --json     for programs, with the fields of the Rust side

The standard library is enough, from Python 3.9 on. The rows of numpy, pandas and pympler are empty where those are not
installed.
"""

import array
import datetime
import gc
import importlib
import json
import os
import platform
import resource
import sys
import tracemalloc
import types

N = 1_000_000
SQUARES = 500_000

report = {"rows": [], "sums": {}, "checks": [], "lines": []}


def row(table, name, code, exact=True, **figures):
    """Adds a row. Underscores in the names of figures are spaces; None is a package that is not there."""
    figures = {figure.replace("_", " ").strip(): value for figure, value in figures.items()}
    report["rows"].append({"table": table, "name": name, "code": code, "figures": figures, "exact": exact})


def figure(table, name, figure):
    """A figure that an earlier step has found."""
    return next(row["figures"][figure] for row in report["rows"] if (row["table"], row["name"]) == (table, name))


def check(claim, holds):
    """Asserts what must be so (with -O too), and remembers that it was."""
    if not holds:
        raise AssertionError(f"it does not hold that {claim}")
    report["checks"].append(claim)


def installed(package):
    """The package, or None."""
    try:
        return importlib.import_module(package)
    except ImportError:
        return None


def deep(*values):
    """What the values hold: themselves and all objects that they lead to, each once and in whole words, as pympler counts.
    Classes and code belong to all."""
    common = (type, types.ModuleType, types.FunctionType, types.CodeType)
    seen, waiting, size = set(), list(values), 0
    while waiting:
        value = waiting.pop()
        if id(value) not in seen and not isinstance(value, common):
            seen.add(id(value))
            size += (sys.getsizeof(value) + 7) // 8 * 8
            waiting.extend(gc.get_referents(value))
    return size


def traced(work):
    """The result of the work, the bytes that it has left, and the most that it held."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    result = work()
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return result, after - before, peak - before


def process():
    def resident():
        try:
            with open("/proc/self/statm", encoding="ascii") as statm:
                return int(statm.read().split()[1]) * resource.getpagesize()
        except OSError:
            return 0

    def usage():
        used = resource.getrusage(resource.RUSAGE_SELF)
        most = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return resident(), most, used.ru_minflt, int((used.ru_utime + used.ru_stime) * 1000)

    before = usage()
    numbers = list(range(N))
    after = usage()
    del numbers
    names = [
        ("bytes resident", "`/proc/self/statm`"),
        ("most bytes resident", "`getrusage().ru_maxrss`"),
        ("minor page faults, number", "`getrusage().ru_minflt`"),
        ("processor time, ms", "`ru_utime + ru_stime`"),
    ]
    for (name, code), was, now in zip(names, before, after):
        row("process", name, code, exact=False, before=was, after=now)
    check("what is written to becomes resident", not after[0] or after[0] - before[0] >= 30_000_000)
    check("a first touch is a page fault", after[2] > before[2])


def narrowest(numbers):
    """The array in the narrowest integer type that loses nothing."""
    for code in "bhiq":
        try:
            return array.array(code, numbers)
        except OverflowError:
            pass


def hold():
    numbers, left, _ = traced(lambda: list(range(N)))
    of_list = deep(numbers)
    row("hold", "list", "`list(range(N))`", shallow=sys.getsizeof(numbers), deep=of_list)
    # The numbers up to 256 were there before.
    check("a deep size is what the allocator has counted", abs(of_list - left) < of_list / 1000)

    generator, left, _ = traced(lambda: (number for number in range(N)))
    lazy = deep(generator)
    row("hold", "generator", "`(n for n in range(N))`", shallow=sys.getsizeof(generator), deep=lazy)
    check("an iterator holds none of the numbers", left < 1024)

    compact = narrowest(numbers)
    narrow = deep(compact)
    row("hold", "array.array", "`array.array('i', numbers)`", shallow=sys.getsizeof(compact), deep=narrow)
    check("the narrowest type has 32 bits", compact.itemsize == 4)
    check("narrowing loses nothing", compact.tolist() == numbers)

    report["sums"]["numbers"] = sum(numbers)
    check("all three hold the same numbers", sum(numbers) == sum(generator) == sum(compact))
    check("the array needs at most a quarter of the list", narrow * 4 <= of_list)
    check("the lazy way is the smallest", lazy < narrow and lazy < of_list)

    asizeof = installed("pympler.asizeof")
    asked = asizeof and asizeof.asizeof(numbers)
    if asked:
        check("pympler says the same", asked == of_list)
    return asked


def lines():
    here = sys._getframe()
    tracemalloc.start()
    before = tracemalloc.take_snapshot()
    first = here.f_lineno + 1
    squares = [number * number for number in range(SQUARES)]
    texts = [str(square) for square in squares[:1000]]
    lazy = sum(number * number for number in range(SQUARES))
    after = tracemalloc.take_snapshot()
    tracemalloc.stop()
    assert len(texts) == 1000

    grown = after.compare_to(before, "lineno")
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
    library = os.path.dirname(tracemalloc.__file__) + os.sep
    report["lines"] = [str(change).replace(folder, "").replace(library, "") for change in grown[:3]]

    def is_line(change, line):
        return (change.traceback[0].filename, change.traceback[0].lineno) == (__file__, line)

    of_lazy = sum(change.size_diff for change in grown if is_line(change, first + 2))
    check("the line of the eager squares is on top", is_line(grown[0], first))
    check("the line of the lazy sum holds next to nothing", of_lazy < 1024)
    check("eager and lazy give the same sum of squares", sum(squares) == lazy)
    check("the sum of squares is right", lazy == 41_666_541_666_750_000)
    report["sums"]["squares"] = lazy
    row("lines", "eager squares", "`squares = […]`", held=grown[0].size_diff)


def evens():
    eager, _, held = traced(lambda: sum([number for number in range(N) if number % 2 == 0]))
    lazy, _, streamed = traced(lambda: sum(number for number in range(N) if number % 2 == 0))
    row("evens", "eager", "`sum([…])`", peak=held)
    row("evens", "lazy", "`sum(…)`", peak=streamed)
    report["sums"]["even numbers"] = lazy
    check("eager and lazy give the same sum of even numbers", eager == lazy)
    check("the lazy sum holds at most a thousandth", streamed * 1000 <= held)


def concatenated(pieces):
    """The text, and the bytes that all steps together have allocated. Each step copies all that is there already:
    `before` keeps the old text, else CPython would grow it in place."""
    text, allocated = "", 0
    tracemalloc.start()
    for piece in pieces:
        before = text
        tracemalloc.reset_peak()
        current, _ = tracemalloc.get_traced_memory()
        text = before + piece
        allocated += tracemalloc.get_traced_memory()[1] - current
    tracemalloc.stop()
    return text, allocated


def joins():
    pieces = [str(number) for number in range(2000)]
    (slow, quadratic), (slow_twice, quadratic_twice) = concatenated(pieces[:1000]), concatenated(pieces)
    thousand = pieces[:1000]
    fast, _, linear = traced(lambda: "".join(thousand))
    fast_twice, _, linear_twice = traced(lambda: "".join(pieces))
    for name, code, once, twice in [
        ("repeated concatenation", "`text = before + piece`", quadratic, quadratic_twice),
        ("one buffer", "`\"\".join(pieces)`", linear, linear_twice),
    ]:
        row("concatenate", name, code, **{"1,000 pieces": once, "2,000 pieces": twice})
    check("concatenation and buffer give the same text", slow == fast and slow_twice == fast_twice)
    check("repeated concatenation is quadratic", quadratic_twice >= 4 * quadratic)
    check("one buffer is linear", linear_twice <= 3 * linear)

    eager, _, of_list = traced(lambda: ",".join([str(number) for number in range(1000)]))
    lazy, _, of_iterator = traced(lambda: ",".join(str(number) for number in range(1000)))
    row("join", "of a list", "`\",\".join([…])`", peak=of_list)
    row("join", "of an iterator", "`\",\".join(…)`", peak=of_iterator)
    check("eager and lazy joins give the same text", eager == lazy)


def views():
    numbers = bytearray(array.array("q", range(N)))
    half = len(numbers) // 2
    view, _, looked = traced(lambda: memoryview(numbers)[half:])
    copy, _, copied = traced(lambda: bytes(view))
    row("view", "view", "`memoryview(numbers)[half:]`", shallow=sys.getsizeof(view), allocated=looked,
        keeps_alive=deep(view))
    row("view", "copy", "`bytes(view)`", shallow=sys.getsizeof(copy), allocated=copied, keeps_alive=deep(copy))
    check("view and copy have the same bytes", view == copy and len(view) == half)
    numbers[half] ^= 1
    check("the view lies in the buffer", view[0] == numbers[half] and copy[0] != numbers[half])
    check("a view allocates next to nothing", looked < 1024)
    check("a copy allocates all of its bytes", copied >= half)
    check("a view keeps the whole buffer alive", deep(view) >= len(numbers))


def tools(asizeof):
    numpy, pandas = installed("numpy"), installed("pandas")
    plain = numpy and sys.getsizeof(numpy.arange(N, dtype="int64"))
    frame = None
    if pandas:
        columns = {"number": numpy.arange(N, dtype="int64"), "square": numpy.arange(N, dtype="int64") ** 2}
        frame = int(pandas.DataFrame(columns).memory_usage(deep=True).sum())
    for tool, code, size in [
        ("list", "deep size of `list(range(N))`", figure("hold", "list", "deep")),
        ("generator", "deep size of `(n for n in range(N))`", figure("hold", "generator", "deep")),
        ("array.array", "deep size of `array.array('i', numbers)`", figure("hold", "array.array", "deep")),
        ("numpy.ndarray", "`getsizeof` of `arange(N, dtype=\"int64\")`", plain),
        ("memoryview", "`getsizeof` of the view", figure("view", "view", "shallow")),
        ("pandas.DataFrame", "`memory_usage(deep=True)` of 2 columns", frame),
        ("sys.getsizeof", "of the list", figure("hold", "list", "shallow")),
        ("pympler.asizeof", "of the list", asizeof),
        ("tracemalloc", "what the line of the squares holds", figure("lines", "eager squares", "held")),
        ("resource.getrusage", "most bytes resident with the list", figure("process", "most bytes resident", "after")),
        ("str.join", "of 1,000 pieces: allocated", figure("concatenate", "one buffer", "1,000 pieces")),
    ]:
        row("tools", tool, code, exact=tool != "resource.getrusage", bytes=size)


def main():
    process()
    asizeof = hold()
    lines()
    evens()
    joins()
    views()
    tools(asizeof)
    report["date"] = datetime.date.today().isoformat()
    packages = [("numpy", "numpy"), ("pandas", "pandas"), ("Pympler", "pympler")]
    report["versions"] = {platform.python_implementation(): platform.python_version()}
    for name, package in packages:
        if installed(package):
            report["versions"][name] = getattr(installed(package), "__version__", "of unknown version")

    if "--json" in sys.argv[1:]:
        json.dump(report, sys.stdout, indent=2)
        return
    for one in report["rows"]:
        figures = ", ".join(f"{name} {'not installed' if size is None else size}" for name, size in one["figures"].items())
        print(f"{one['table']:<12} {one['name']:<26} {one['code']:<44} {figures}")
    print(*report["lines"], sep="\n")
    for name, total in report["sums"].items():
        print(f"sum of {name}: {total}")
    for claim in report["checks"]:
        print(f"it holds that {claim}")


if __name__ == "__main__":
    main()
