"""What moto and its libraries do again and again for each call, done once, or not at all.

Nothing here changes an answer. `bench.local_aws` says what it saves.
"""

from __future__ import annotations

from contextlib import ExitStack

from local_aws.moto_changes.quick import lookups, routing, shapes


def install(stack: ExitStack) -> None:
    """Be quick until `stack` is left."""
    lookups.install(stack)
    routing.install(stack)
    shapes.install(stack)
