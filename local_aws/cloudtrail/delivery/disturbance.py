"""Deliveries disturbed on purpose."""

from __future__ import annotations

from msgspec import Struct


class Disturbance(Struct, frozen=True):
    """At-least-once, late and unordered delivery on purpose, so that consumers can be tested.

    `duplicates` and `late` are shares of the events, 0 to 1: delivered a second time in another
    file, and delivered up to three delays later. `shuffle` mixes the events of a file. The same
    seed disturbs the same events in the same way.
    """

    duplicates: float = 0.0
    late: float = 0.0
    shuffle: bool = False
    seed: int | None = None
