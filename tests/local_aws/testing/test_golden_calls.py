"""Golden trails: a file of calls, what differs from it, and how it is renewed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from local_aws import LocalAws
from local_aws.testing import golden_calls
from local_aws.testing.golden_calls import Calls, Entry, InvalidCalls, difference, renewed
from tests.local_aws.delivered import client, put_item, table


def made(*calls: str, **parameters: Any) -> list[Entry]:
    """Calls of root such as `s3:GetObject AccessDenied`."""
    parts = (each.partition(" ") for each in calls)
    return [Entry(name, "root", error, 1, parameters) for name, _, error in parts]


def wanted(*calls: Entry | str, order: Any = "strict") -> Calls:
    return Calls([Entry(each) if isinstance(each, str) else each for each in calls], order)


def told(calls: Calls, happened: list[Entry]) -> list[str]:
    """The lines between the first one and the last."""
    pairs = calls.pairs(happened)
    assert any(not pair.is_match for pair in pairs)
    return difference("x.yaml", pairs).split("\n")[1:-1]


def holds(calls: Calls, happened: list[Entry]) -> bool:
    return all(pair.is_match for pair in calls.pairs(happened))


def test_missing_new_and_changed_calls_are_told_apart() -> None:
    calls = wanted("a:One", "a:Two", Entry("a:Three", parameters={"name": "x"}), "a:Four", "a:Five")
    happened = [
        *made("a:One", "a:New", "a:Two"),
        *made("a:Three", name="y", more=1),
        *made("a:Five"),
    ]
    assert told(calls, happened) == [
        "    a:One",
        "  + a:New by root",
        "    a:Two",
        "  ~ a:Three",
        "      parameters.name: wanted x, got y",
        "  - a:Four",
        "    ...",
    ]


def test_identity_and_error_count() -> None:
    calls = wanted(
        Entry("s3:GetObject", "role/reader"), Entry("s3:PutObject", error="AccessDenied")
    )
    assert told(calls, made("s3:GetObject AccessDenied", "s3:PutObject")) == [
        "  ~ s3:GetObject",
        "      by: wanted role/reader, got root",
        "      error: wanted none, got AccessDenied",
        "  ~ s3:PutObject",
        "      error: wanted AccessDenied, got none",
    ]


@pytest.mark.parametrize(
    ("parameters", "same"),
    [
        ({}, True),
        ({"tableName": "Users"}, True),
        ({"tableName": "Us*"}, True),
        ({"tableName": "*"}, True),
        ({"tableName": "users"}, False),
        ({"limit": 5}, True),
        ({"limit": "5"}, True),
        ({"limit": 6}, False),
        ({"consistent": True}, True),
        ({"consistent": False}, False),
        ({"keys": ["a", "b"]}, True),
        ({"keys": ["a", "*"]}, True),
        ({"keys": ["a"]}, False),
        ({"keys": ["b", "a"]}, False),
        ({"inner": {"deep": "x"}}, True),
        ({"inner": {"deep": "y"}}, False),
        ({"inner": "x"}, False),
        ({"nothing": None}, True),
        ({"missing": None}, True),
        ({"missing": "*"}, False),
    ],
)
def test_named_parameters_must_be_as_named(parameters: dict[str, Any], same: bool) -> None:
    happened = made(
        "a:Call",
        tableName="Users",
        limit=5,
        consistent=True,
        keys=["a", "b"],
        inner={"deep": "x", "other": 1},
        nothing=None,
    )
    assert holds(wanted(Entry("a:Call", parameters=parameters)), happened) is same


@pytest.mark.parametrize("order", ["strict", "any"])
@pytest.mark.parametrize(
    ("times", "number", "same"),
    [
        (1, 1, True),
        (3, 3, True),
        (3, 2, False),
        (3, 4, False),
        ("2+", 1, False),
        ("2+", 2, True),
        ("2+", 9, True),
        ("0+", 0, True),
        ("0+", 2, True),
        (0, 1, False),
    ],
)
def test_numbers_count(order: str, times: int | str, number: int, same: bool) -> None:
    calls = wanted("a:First", Entry("a:Call", times=times), "a:Last", order=order)
    happened = made("a:First", *["a:Call"] * number, "a:Last")
    assert holds(calls, happened) is same


def test_order_counts_unless_any_is_wanted() -> None:
    happened = made("a:Two", "a:One")
    assert told(wanted("a:One", "a:Two"), happened) == [
        "  - a:One",
        "    a:Two",
        "  + a:One by root",
    ]
    assert holds(wanted("a:One", "a:Two", order="any"), happened)


def test_in_any_order_each_call_goes_where_it_is_needed() -> None:
    loose = Entry("a:Call")
    exact = Entry("a:Call", parameters={"name": "x"})
    happened = [*made("a:Call", name="x"), *made("a:Call", name="y")]
    assert holds(wanted(loose, exact, order="any"), happened)
    assert holds(wanted(exact, loose, order="any"), happened)
    assert told(wanted(exact, exact, order="any"), happened) == [
        '    a:Call {"name":"x"}',
        "  ~ a:Call",
        "      parameters.name: wanted x, got y",
    ]


def test_a_thousand_calls_are_compared_in_no_time() -> None:
    happened = made(*["a:Call"] * 1000, "a:Other")
    for order in ("strict", "any"):
        calls = wanted(Entry("a:Call", times=1000), order=order)
        assert told(calls, happened)[-1] == "  + a:Other by root"


def test_a_new_file_names_all_parameters_but_those_of_chance() -> None:
    token = "0f8fad5b-d9cb-469f-a165-70867728950e"
    happened = [*made("a:Call", name="x", token=token, parts=[token])] * 2
    assert yaml.safe_load(renewed(Calls([]), happened)) == {
        "order": "strict",
        "calls": [
            {
                "call": "a:Call",
                "by": "root",
                "times": 2,
                "parameters": {"name": "x", "token": "*", "parts": ["*"]},
            }
        ],
    }


def renewed_calls(old: Calls, happened: list[Entry]) -> Calls:
    """The renewed file, which holds and does not change when it is renewed again."""
    path_text = renewed(old, happened)
    found = golden_calls.parsed(path_text)
    assert holds(found, happened)
    assert renewed(found, happened) == path_text
    return found


def test_what_people_chose_outlasts_a_renewal() -> None:
    old = wanted(
        Entry("a:Create*", parameters={"name": "app-*"}),
        Entry("a:Put", "root", times="1+", parameters={"size": 1}),
        Entry("a:Maybe", times="0+"),
        "a:Gone",
    )
    happened = [
        *made("a:CreateThing", name="app-7", other="z"),
        *made("a:Put", size=2, other="z"),
        *made("a:New"),
    ]
    assert renewed_calls(old, happened).calls == [
        Entry("a:Create*", parameters={"name": "app-*"}),
        Entry("a:Put", "root", times="1+", parameters={"size": 2}),
        Entry("a:New", "root"),
        Entry("a:Maybe", times="0+"),
    ]


def test_a_renewed_file_holds_though_fewer_calls_were_made() -> None:
    old = wanted(Entry("a:Call", times="3+"), Entry("a:Other", times=4))
    found = renewed_calls(old, made("a:Call", "a:Call", "a:Other"))
    assert found.calls == [Entry("a:Call", times="2+"), Entry("a:Other")]


def test_any_order_stays_and_equal_calls_are_one_entry() -> None:
    found = renewed_calls(wanted(order="any"), made("a:One", "a:Two", "a:One"))
    assert found == Calls([Entry("a:One", "root", times=2), Entry("a:Two", "root")], "any")


_NAMES = st.sampled_from(["a:One", "a:Two"])
_SIZES = st.sampled_from([{}, {"size": 1}, {"size": 2}, {"size": "*"}])
_OLD = st.lists(
    st.builds(
        Entry,
        st.sampled_from(["a:One", "a:Two", "a:*"]),
        by=st.sampled_from(["*", "root"]),
        times=st.sampled_from([0, 1, 2, "0+", "1+", "2+"]),
        parameters=_SIZES,
    ),
    max_size=4,
)
_MADE = st.lists(st.builds(Entry, _NAMES, by=st.just("root"), parameters=_SIZES), max_size=6)


@given(old=_OLD, happened=_MADE, order=st.sampled_from(["strict", "any"]))
def test_every_renewed_file_holds(old: list[Entry], happened: list[Entry], order: Any) -> None:
    calls = Calls(old, order)
    found = golden_calls.parsed(renewed(calls, happened))
    assert holds(found, happened)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expected `object`, got `null`"),
        ("calls: [", "while parsing"),
        ("calls: [{by: root}]", "missing required field `call`"),
        ("calls: [{call: a, time: 2}]", "unknown field `time`"),
        (
            "calls: [{call: a, times: often}]",
            "wanted times as 3, or 3+ for at least 3",
        ),
        ("calls: []\norder: loose", "Invalid enum value 'loose'"),
    ],
)
def test_what_is_no_file_of_calls_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.calls.yaml"
    path.write_text(text)
    with pytest.raises(InvalidCalls) as failed:
        golden_calls.assert_calls(path, [], update=False)
    assert str(failed.value).startswith(f"{path} is not a file of calls: ")
    assert message in str(failed.value)


def test_a_file_that_is_missing_is_not_made_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "x.calls.yaml"
    with pytest.raises(AssertionError, match=r"there is no x\.calls\.yaml: pytest --update-calls"):
        golden_calls.assert_calls(path, [], update=False)
    assert not path.exists()


def test_calls_of_a_server_but_for_deliveries(patient_aws: LocalAws, tmp_path: Path) -> None:
    path = tmp_path / "x.calls.yaml"
    patient_aws.trail("audit")
    patient_aws.forget_records()
    table(patient_aws)
    put_item(patient_aws, "1")
    golden_calls.assert_calls(path, patient_aws.records(), update=True)
    patient_aws.deliver_now()
    assert patient_aws.records(user="cloudtrail.amazonaws.com")
    golden_calls.assert_calls(path, patient_aws.records(), update=False)
    assert [each.call for each in golden_calls.read(path).calls] == [
        "dynamodb:CreateTable",
        "dynamodb:PutItem",
    ]
    client(patient_aws, "s3").list_buckets()
    with pytest.raises(AssertionError, match=r"\n  \+ s3:ListBuckets by root\n"):
        golden_calls.assert_calls(path, patient_aws.records(), update=False)
