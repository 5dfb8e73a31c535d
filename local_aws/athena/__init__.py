"""Athena on the local AWS: queries of CloudTrail log files really run.

moto's Athena returns prepared results. Here a query runs: the log files in the buckets are read
as the Glue table defines them, and DuckDB evaluates the statement, which sqlglot translates from
Athena's SQL. Both are optional: without them queries end FAILED and say so. Everything else is
moto's Athena, its queue of prepared results too.

- `tables`: Glue tables with partition projection over CloudTrail's log files;
- `engine`: a statement, run over the tables that it names;
- `engine_process`: the process in which that happens, and what it may take;
- `answers`: what is read and answered, as values;
- `queries`: a query's way from QUEUED to its end, in the background;
- `definitions`: databases and tables, of Athena's DDL;
- `workgroups`: where results go, the scan cut-off;
- `responses`: the API.
"""

from __future__ import annotations

from contextlib import ExitStack

from local_aws.moto_changes.first_use import on_first_use

__all__ = ["install"]

_QUERIES_END_WITHIN = 10.0


def install(patches: ExitStack) -> None:
    """Answer Athena's queries until `patches` is left."""
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
