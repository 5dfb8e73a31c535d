"""Athena's queries answered here instead of by moto, which returns prepared results."""

from __future__ import annotations

from contextlib import ExitStack

from local_aws.first_use import on_first_use

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
