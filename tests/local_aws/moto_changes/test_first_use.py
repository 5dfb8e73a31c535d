"""Changes that wait for a service's first use, and go with the stack they came with."""

from __future__ import annotations

from contextlib import ExitStack

import moto.backends

from local_aws.moto_changes.first_use import on_first_use


def test_a_change_waits_for_its_service_and_is_made_once() -> None:
    made: list[str] = []
    with ExitStack() as patches:
        on_first_use(patches, frozenset({"sqs"}), lambda _: made.append("made"))
        moto.backends.get_backend("sns")
        assert made == []
        moto.backends.get_backend("sqs")
        moto.backends.get_backend("sqs")
    assert made == ["made"]


def test_leaving_the_stack_undoes_a_late_change_and_the_waiting() -> None:
    before = moto.backends.get_backend
    undone: list[str] = []

    def change(late: ExitStack) -> None:
        late.callback(undone.append, "undone")

    with ExitStack() as entered:
        on_first_use(entered, frozenset({"sqs"}), change)
        patches = entered.pop_all()
    moto.backends.get_backend("sqs")
    assert undone == []
    patches.close()
    assert undone == ["undone"]
    assert moto.backends.get_backend is before
