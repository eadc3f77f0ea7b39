"""One query by chDB, which is ClickHouse in a library: `chdb_run.py QUERY FILE RESULT.csv THREADS`."""

import csv
import io
from pathlib import Path

import chdb
from task import path, queries, query, result, threads

file = query.input
settings = f"max_threads = {threads}, format_csv_delimiter = '{file.delimiter}'"
table = f"file('{path}', CSVWithNames)"
if file.names:
    renamed = ", ".join(f"c{at} AS {queries.quoted(name)}" for at, name in enumerate(file.names, start=1))
    table = f"(SELECT {renamed} FROM file('{path}', CSV))"
written = chdb.query(f"{query.sql(table)} SETTINGS {settings}", "CSVWithNames").bytes()
if file.delimiter == ",":
    Path(result).write_bytes(written)
else:
    # The input's delimiter is the result's too, which has a few thousand rows at most.
    with open(result, "w", newline="") as target:
        csv.writer(target).writerows(csv.reader(io.StringIO(written.decode(), newline=""), delimiter=file.delimiter))
