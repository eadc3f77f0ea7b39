"""One query by pandas over the used columns, read by Arrow's reader where it can: `pandas_run.py QUERY FILE RESULT.csv
THREADS`."""

import pandas
import pyarrow
from task import path, query, result, threads

pyarrow.set_cpu_count(threads)
file = query.input
columns = query.columns() or list(file.names)
if file.names:
    # Arrow's reader takes columns by their places where it is given the names.
    named = {"names": list(file.names), "header": None, "usecols": [file.names.index(column) for column in columns]}
else:
    named = {"usecols": columns}
# Arrow's reader, which uses all threads, is not told by pandas that fields may have line breaks in them.
engine = "c" if file.newlines else "pyarrow"
frame = pandas.read_csv(path, sep=file.delimiter, engine=engine, dtype_backend="pyarrow", **named)
if query.where:
    frame = frame[frame[query.where[0]] > query.where[1]]
if not query.values:
    frame[list(query.keys)].to_csv(result, index=False)
    raise SystemExit
if not query.keys:
    pandas.DataFrame({query.values[0].name: [len(frame)]}).to_csv(result, index=False)
    raise SystemExit
groups = frame.groupby(list(query.keys), sort=query.ordered, dropna=False)
found = {}
for value in query.values:
    columns = [groups[column] for column in value.columns]
    match value.function:
        case "count":
            found[value.name] = groups.size()
        case "sum":
            found[value.name] = columns[0].sum()
        case "min":
            found[value.name] = columns[0].min()
        case "max":
            found[value.name] = columns[0].max()
        case "avg":
            found[value.name] = columns[0].mean()
        case "median":
            found[value.name] = columns[0].median()
        case "sd":
            found[value.name] = columns[0].std()
        case "range":
            found[value.name] = columns[0].max() - columns[1].min()
        case "corr2":
            # One matrix for each group; its second row has the coefficient first.
            matrices = groups[list(value.columns)].corr()
            found[value.name] = matrices[value.columns[0]].xs(value.columns[1], level=-1) ** 2
pandas.DataFrame(found).reset_index().to_csv(result, index=False)
