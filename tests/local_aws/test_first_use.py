"""Changes that wait for a service's first use, and go with the stack they came with."""

from __future__ import annotations

from contextlib import ExitStack

import moto.backends

from local_aws.first_use import ANY_SERVICE, begin, install, on_first_use


def test_a_change_waits_for_its_service_and_is_made_once() -> None:
    made: list[str] = []
    with ExitStack() as patches:
        install(patches)
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
        install(entered)
        on_first_use(entered, frozenset({"sqs"}), change)
        patches = entered.pop_all()
    moto.backends.get_backend("sqs")
    assert undone == []
    patches.close()
    assert undone == ["undone"]
    assert moto.backends.get_backend is before


def test_what_any_call_needs_waits_for_the_first_and_not_for_motos_own_pages() -> None:
    made: list[str] = []
    with ExitStack() as patches:
        install(patches)
        on_first_use(patches, ANY_SERVICE, lambda _: made.append("made"))
        moto.backends.get_backend("moto_api")
        assert made == []
        begin("sqs")
        begin("iam")
    assert made == ["made"]


def test_a_change_may_begin_a_service_and_have_others_wait() -> None:
    made: list[str] = []

    def change(late: ExitStack) -> None:
        on_first_use(late, frozenset({"sqs"}), lambda _: made.append("second"))
        begin("sqs")
        made.append("first")

    with ExitStack() as patches:
        on_first_use(patches, frozenset({"sqs"}), change)
        begin("sqs")
    assert made == ["second", "first"]
