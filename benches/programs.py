"""The programs that are measured: how each is called, with which settings, and what it cannot do. Runs nothing but version flags and
installations."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from queries import MEASURES, Query

sys.path.insert(0, str(Path(__file__).parent / "peers"))
import environment

OURS = "plimsoll"
SPECIALISED = "specialised"
# From PyPI, each with a program of its own in benches/peers.
LIBRARIES = ["duckdb", "polars", "datafusion", "chdb", "pandas", "pyarrow"]
# From Debian: the name of the package, and of the program.
TOOLS = {"miller": "mlr", "datamash": "datamash"}
NAMES = [OURS, SPECIALISED, *LIBRARIES, *TOOLS]


@dataclass
class Program:
    """`command` takes query, input, result and threads. `cannot` gives the reason where a query is beyond it."""

    name: str
    version: str
    command: Callable[[Query, Path, Path, int], list[str]]
    cannot: Callable[[Query], str | None] = lambda _: None
    # Of its result.
    delimiter: str = ","

    @property
    def exact(self) -> bool:
        """Whether its result must be the exact one."""
        return self.name in (OURS, SPECIALISED)


def chosen(names: list[str], binaries: Path) -> tuple[list[Program], dict[str, str]]:
    """The programs called `names`, installed where they are peers; and, of those that there are not, why."""
    missing: dict[str, str] = {}
    interpreter = None
    if set(names) & set(LIBRARIES):
        try:
            interpreter = environment.python()
        except (OSError, subprocess.CalledProcessError) as error:
            missing |= {name: f"could not be installed: {error}" for name in names if name in LIBRARIES}
    missing |= {name: reason for name in names if name in TOOLS and (reason := installed(name))}
    return [program(name, binaries, interpreter) for name in names if name not in missing], missing


def program(name: str, binaries: Path, interpreter: Path | None) -> Program:
    if name == OURS:
        commit = first_line(["git", "-C", Path(__file__).parent, "rev-parse", "--short", "HEAD"])
        return Program(name, f"{first_line([binaries / name, '--version'])} ({commit})",
                       lambda query, path, result, threads: ours(binaries / name, query, path, result, threads))
    if name == SPECIALISED:
        line = f'exec {shlex.quote(str(binaries / name))} --threads {{threads}} "$1" >"$2"'
        return Program(name, "", lambda query, path, result, threads: shell(line.format(threads=threads), path, result),
                       lambda query: None if query.values == MEASURES else "is made for the challenge alone")
    if name in LIBRARIES:
        script = Path(__file__).parent / "peers" / f"{name}_run.py"
        return Program(name, environment.versions()[name],
                       lambda query, path, result, threads: [str(interpreter), str(script), query.name, str(path), str(result), str(threads)],
                       arrow_only if name == "pyarrow" else lambda _: None)
    lines = LINES[name]
    return Program(name, first_line([TOOLS[name], "--version"]).split()[-1],
                   lambda query, path, result, threads: shell(lines[query.name].format(threads=threads), path, result),
                   lambda query: None if query.name in lines else "takes the challenge and question 1 alone",
                   delimiter=";" if name == "datamash" else ",")


def ours(binary: Path, query: Query, path: Path, result: Path, threads: int) -> list[str]:
    file = query.input
    dialect = ["--no-header", "--columns", ",".join(file.names), "--delimiter", file.delimiter] if file.names else []
    return [str(binary), "query", query.sql(f"'{path}'"), "--threads", str(threads), "--format", "csv", "-o", str(result), "--quiet", *dialect]


def shell(line: str, path: Path, result: Path) -> list[str]:
    """A command line that finds the input as $1 and the result as $2."""
    return ["sh", "-c", line, "sh", str(path), str(result)]


def arrow_only(query: Query) -> str | None:
    functions = {value.function for value in query.values}
    if "median" in functions:
        return "has an approximate median only"
    return "has no correlation by group" if "corr2" in functions else None


# Of each program, for the page.
SETTINGS = {
    OURS: "`--threads`; `--no-header`, `--columns` and `--delimiter` for the challenge's files",
    SPECIALISED: "`--threads`; knows the format and checks nothing (`benches/specialised`)",
    "duckdb": "`threads`; `preserve_insertion_order = false`; `COPY (…) TO` the result",
    "polars": "`POLARS_MAX_THREADS`; `scan_csv`, the streaming engine, `sink_csv` in any order; `quote_char=None` for the challenge's "
              "files, which have no quotes",
    "datafusion": "`with_target_partitions`; `COPY (…) TO` the result; for quoted text `newlines_in_values`, and the columns' types, "
                  "which it does not find itself where fields have line breaks",
    "chdb": "`max_threads`; `file(…)` as CSV, the result as bytes",
    "pandas": "`set_cpu_count` of Arrow; `engine=\"pyarrow\"`, Arrow's types, the used columns alone; `engine=\"c\"` for quoted text, where "
              "the other fails at line breaks",
    "pyarrow": "`set_cpu_count`; a streaming plan of Acero over a dataset's scan; `newlines_in_values` for quoted text",
    "miller": "`GOMAXPROCS`; `--icsvlite`",
    "datamash": "`--sort` in the C locale",
}

# The queries that a tool takes, as lines of the shell.
LINES = {
    "miller": {
        "brc": "GOMAXPROCS={threads} exec mlr --icsvlite --ifs ';' --implicit-csv-header --ocsv "
               "stats1 -a min,mean,max -f 2 -g 1 then sort -f 1 \"$1\" >\"$2\"",
        "q1": "GOMAXPROCS={threads} exec mlr --icsvlite --ocsv stats1 -a sum -f v1 -g id1 \"$1\" >\"$2\"",
    },
    "datamash": {
        "brc": "LC_ALL=C exec datamash --field-separator ';' --header-out --sort --group 1 min 2 mean 2 max 2 <\"$1\" >\"$2\"",
        "q1": "LC_ALL=C exec datamash --field-separator , --output-delimiter ';' --header-in --header-out --sort --group 1 sum 7 "
              "<\"$1\" >\"$2\"",
    },
}


def installed(name: str) -> str | None:
    """Installs a tool from Debian where it is missing and this may; the reason where there is none."""
    if shutil.which(TOOLS[name]):
        return None
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return f"is not installed: apt-get install {name}"
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "--no-install-recommends", name]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return f"could not be installed: {(done.stderr.strip().splitlines() or ['apt-get failed'])[-1]}"
    return None


def first_line(command: list) -> str:
    """What a program says of itself."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
    return (said.splitlines() or [""])[0].split(" (")[0].removeprefix(f"{OURS} ")
