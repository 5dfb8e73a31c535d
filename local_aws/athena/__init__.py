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

from __future__ import annotations

from contextlib import ExitStack

from local_aws.first_use import on_first_use

__all__ = ["install"]

_QUERIES_END_WITHIN = 10.0


def install(patches: ExitStack) -> None:
    """Answer Athena's queries until `patches` is closed."""
    on_first_use(patches, frozenset({"athena"}), _install_now)


def _install_now(patches: ExitStack) -> None:
    from unittest.mock import patch

    from moto.athena import urls

    from local_aws.athena import queries
    from local_aws.athena.responses import LocalAthenaResponse

    routes = {"{0}/$": LocalAthenaResponse.dispatch}
    patches.enter_context(patch.object(urls, "url_paths", routes))
    patches.callback(queries.cancel_all, _QUERIES_END_WITHIN)
    patches.callback(queries.engines.close)
    queries.engines.start()
