"""Resource types that the local AWS does not create: refused, or ignored if requested."""

from __future__ import annotations

from contextlib import ExitStack
from unittest.mock import patch

_ignored = False


def ignore(patches: ExitStack) -> None:
    """Let stacks continue without resources of such types until `patches` is closed."""
    patches.enter_context(patch(f"{__name__}._ignored", True))


def are_ignored() -> bool:
    """Whether stacks continue without them."""
    return _ignored
