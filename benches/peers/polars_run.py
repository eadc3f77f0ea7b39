"""One query by Polars, lazily and on its streaming engine: `polars_run.py QUERY FILE RESULT.csv THREADS`."""

import os
import sys

name, path, result, threads = sys.argv[1:]
os.environ["POLARS_MAX_THREADS"] = threads  # read when Polars is imported

import polars as pl  # noqa: E402

if name == "brc":
    frame = pl.scan_csv(path, separator=";", has_header=False, new_columns=["station", "t"], quote_char=None)
    t = pl.col("t")
    query = frame.group_by("station").agg(t.min().alias("least"), t.mean().alias("mean"), t.max().alias("greatest"))
    query = query.sort("station")
else:
    frame = pl.scan_csv(path)
    key, sums, means = {
        "g1-q1": ("id1", ["v1"], []),
        "g1-q3": ("id3", ["v1"], ["v3"]),
        "g1-q5": ("id6", ["v1", "v2", "v3"], []),
    }[name]
    query = frame.group_by(key).agg([pl.sum(column) for column in sums] + [pl.mean(column) for column in means])
query.collect(engine="streaming").write_csv(result)
