"""One query by DuckDB: `duckdb_run.py QUERY FILE RESULT.csv THREADS [--memory-limit BYTES]
[--temp-dir FOLDER]`."""

import duckdb
from task import memory_limit, path, query, result, temp_dir, threads

file = query.input
# The names are given where the file has none; the types are found by DuckDB itself.
options = f", header = false, names = {list(file.names)}" if file.names else ""
table = f"read_csv('{path}', delim = '{file.delimiter}'{options})"
connection = duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})
if temp_dir:
    connection.execute(f"SET temp_directory = '{temp_dir}'")
if memory_limit:
    connection.execute(f"SET memory_limit = '{memory_limit}B'")
connection.execute(f"COPY ({query.sql(table)}) TO '{result}' (FORMAT csv, HEADER true)")
