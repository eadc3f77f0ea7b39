"""One query by DuckDB: `duckdb_run.py QUERY FILE RESULT.csv THREADS`."""

import duckdb
from task import query, path, result, threads

file = query.input
# The names are given where the file has none; the types are found by DuckDB itself.
options = f", header = false, names = {list(file.names)}" if file.names else ""
table = f"read_csv('{path}', delim = '{file.delimiter}'{options})"
connection = duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})
connection.execute(f"COPY ({query.sql(table)}) TO '{result}' (FORMAT csv, HEADER true)")
