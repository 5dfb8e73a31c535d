"""What moto and its libraries do again for each call is done once here, or not at all.

Nothing here changes an answer. `bench.local_aws` says what it saves.
"""

from __future__ import annotations

from contextlib import ExitStack

from local_aws.moto_changes.quick import lookups, routing, shapes


def install(stack: ExitStack) -> None:
    """Make calls quicker until `stack` is closed."""
    lookups.install(stack)
    routing.install(stack)
    shapes.install(stack)
