"""One query by DataFusion: `datafusion_run.py QUERY FILE RESULT.csv THREADS [--memory-limit BYTES]
[--temp-dir FOLDER]`."""

from datafusion import RuntimeEnvBuilder, SessionConfig, SessionContext
from task import memory_limit, path, queries, query, result, temp_dir, threads

file = query.input
runtime = RuntimeEnvBuilder()
if temp_dir:
    runtime = runtime.with_disk_manager_specified(temp_dir)
if memory_limit:
    runtime = runtime.with_fair_spill_pool(memory_limit)
context = SessionContext(SessionConfig().with_target_partitions(threads), runtime)
header, newlines = str(not file.names).lower(), str(bool(file.newlines)).lower()
# It finds the types itself, but for fields with line breaks.
types = f"({', '.join(f'{queries.quoted(name)} {kind}' for name, kind in file.newlines)})" if file.newlines else ""
context.sql(f"CREATE EXTERNAL TABLE file {types} STORED AS CSV LOCATION '{path}' OPTIONS ('format.has_header' '{header}', "
            f"'format.delimiter' '{file.delimiter}', 'format.newlines_in_values' '{newlines}')").collect()
table = "file"
if file.names:
    renamed = ", ".join(f"column_{at} AS {queries.quoted(name)}" for at, name in enumerate(file.names, start=1))
    context.sql(f"CREATE VIEW named AS SELECT {renamed} FROM file").collect()
    table = "named"
context.sql(f"COPY ({query.sql(table)}) TO '{result}' STORED AS CSV OPTIONS ('format.has_header' 'true')").collect()
