"""Athena on the local AWS: queries of CloudTrail log files really run.

moto's Athena returns prepared results. Here a query runs: the log files in the buckets are read as
the Glue table defines them, and DuckDB evaluates the statement, which sqlglot translates from
Athena's SQL. Both are optional: without them queries end FAILED and say so. Everything else is
moto's Athena, including its queue of prepared results.

- `tables`: Glue tables with partition projection over CloudTrail's log files;
- `engine`: a statement, run over the tables that it names;
- `engine_process`: the process in which that happens, and its limits;
- `answers`: what queries read and return, as values;
- `queries`: queries in the background, from QUEUED to their end;
- `definitions`: databases and tables from Athena's DDL;
- `workgroups`: where results go, and the scan cut-off;
- `responses`: the API.
"""
