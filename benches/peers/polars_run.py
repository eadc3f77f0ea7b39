"""One query by Polars, lazily and on its streaming engine: `polars_run.py QUERY FILE RESULT.csv THREADS [--memory-limit BYTES]
[--temp-dir FOLDER]`."""

import os

from task import memory_limit, path, query, temp_dir, threads
from task import result as target

# Read when Polars is imported.
os.environ["POLARS_MAX_THREADS"] = str(threads)
if temp_dir:
    os.environ["POLARS_OOC_SPILL_DIR"] = temp_dir
if memory_limit:
    # Above this it writes what it can to files; in millions of bytes.
    os.environ["POLARS_OOC_MEMORY_BUDGET_MB"] = str(max(1, memory_limit // 10**6))

import polars as pl  # noqa: E402

FUNCTIONS = {
    "count": lambda: pl.len(),
    "sum": lambda x: x.sum(),
    "min": lambda x: x.min(),
    "max": lambda x: x.max(),
    "avg": lambda x: x.mean(),
    "median": lambda x: x.median(),
    "sd": lambda x: x.std(),
    "range": lambda x, y: x.max() - y.min(),
    "corr2": lambda x, y: pl.corr(x, y) ** 2,
    "distinct": lambda x: x.n_unique(),
}

file = query.input
# Without quotes in the file it need not look for them; only Polars has such a setting.
unquoted = {"quote_char": None} if file.names else {}
frame = pl.scan_csv(path, separator=file.delimiter, has_header=not file.names, new_columns=file.names or None, **unquoted)
if query.where:
    frame = frame.filter(pl.col(query.where[0]) > query.where[1])
values = [FUNCTIONS[value.function](*map(pl.col, value.columns)).alias(value.name) for value in query.values]
if not values:
    frame = frame.select(query.keys)
elif query.keys:
    frame = frame.group_by(query.keys).agg(values)
else:
    frame = frame.select(values)
if query.ordered:
    frame = frame.sort(query.order or query.keys)
frame.sink_csv(target, engine="streaming", maintain_order=query.ordered)
