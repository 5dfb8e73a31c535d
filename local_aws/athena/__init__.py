"""Athena on the local AWS: queries of CloudTrail log files really run.

    installing.py      has it answer instead of moto's, from the first request
    responses.py       the API
    queries.py         queries in the background, from QUEUED to their end
    workgroups.py      where results go, and the scan cut-off
    definitions.py     databases and tables from Athena's DDL
    engine_process.py  the process in which a statement runs, and its limits
    engine.py          a statement, run over the tables that it names
    tables.py          Glue tables with partition projection over log files
    answers.py         what queries read and return
    exceptions.py      what ends a query

moto's Athena returns prepared results. Here a query runs: the log files in the buckets are read as
the Glue table defines them, and DuckDB evaluates the statement, which sqlglot translates from
Athena's SQL. Both are optional: without them queries end FAILED and say so. Everything else is
moto's Athena, including its queue of prepared results.
"""
