"""What is kept of AWS's descriptions is what the pinned cfn-lint says."""

from __future__ import annotations

import gzip

import msgspec


def test_kept_data_is_as_cfn_lint_has_it() -> None:
    from tests.kept_data import KEPT  # cfn-lint takes a second to load

    for path, made in KEPT.items():
        kept = msgspec.json.decode(gzip.decompress(path.read_bytes()))
        assert kept == made(), f"{path.name}: run make data"
