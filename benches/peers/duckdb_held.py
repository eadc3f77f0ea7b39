"""A second query by DuckDB over its own table in memory: `duckdb_held.py FILE SQL THREADS KIND`. Prints seconds and rows as
JSON."""

import json
import sys
import time

import duckdb

path, sql, threads, kind = sys.argv[1:]
options = ", delim = ';', header = false, names = ['station', 't']" if kind == "brc" else ""
connection = duckdb.connect(config={"threads": int(threads), "preserve_insertion_order": False})
connection.execute(f"CREATE TABLE held AS SELECT * FROM read_csv('{path}'{options})")
query = sql.format(table="held")
connection.execute(query).fetchall()
begin = time.perf_counter()
# The result as Arrow-like chunks inside of DuckDB: Python objects would be Python's time.
result = connection.execute(f"CREATE OR REPLACE TEMP TABLE result AS {query}")
seconds = time.perf_counter() - begin
rows = connection.execute("SELECT count(*) FROM result").fetchone()[0]
print(json.dumps({"seconds": seconds, "rows": rows}))
