"""What is kept of AWS's descriptions is what the pinned cfn-lint says."""

from __future__ import annotations

import gzip
from pathlib import Path

import msgspec
import pytest

from tests.kept_data import KEPT


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_kept_data_is_as_cfn_lint_has_it(path: Path) -> None:
    assert msgspec.json.decode(gzip.decompress(path.read_bytes())) == KEPT[path](), "run make data"
