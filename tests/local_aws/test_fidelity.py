"""How much of what real records hold the local AWS records of the same calls.

Every operation of the real records is asked again by boto3, of a server that is running; what
it recorded is compared, path by path and type by type. `pytest -rP` shows the shares and
every difference. What cannot be compared is counted, and listed here by operation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ParamValidationError
from hypothesis import settings

from cloudtrail.records.calls import Record
from local_aws import LocalAws
from tests.cloudtrail.comparison import Comparison, of_time_or_place, paths
from tests.cloudtrail.reference import CONSOLE, FOLDER
from tests.cloudtrail.reference import records as real_records
from tests.local_aws.delivered import ORGANIZATION
from tests.local_aws.replay import Replayed, replay

pytestmark = [
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the real records are not here: {FOLDER}"),
    pytest.mark.timeout(900),  # the first test makes all calls
]

WANTED_SHARE = 0.97
WANTED_SHARE_OF_NEWER = 0.98
SAME_OUTCOMES = 295
"""Newer records whose calls must end as they did."""

MANY = 2_000
"""Examples of a property in the long profile."""

NOT_MADE = {
    "no public API has such an operation": {
        "GetStorageLensDashboardDataInternal",
        "ListInstanceAssociations",
        "UpdateInstanceAssociationStatus",
        "UpdateInstanceInformation",
    },
    "nothing throttles this service here": {
        "DeleteParameter",
        "DescribeParameters",
        "PutParameter",
    },
    "nothing here is busy with an earlier change": {"DeleteLoginProfile"},
    "moto does not serve the operation": {
        "DescribeInstanceInformation",
        "GetAccountSettings20160819",
        "GetStorageLensConfiguration",
        "ListMFADevices",
        "ListSSHPublicKeys",
        "PutComplianceItems",
        "PutInventory",
    },
}
"""Why a call is not made again, and the events of which this is true."""

OTHER_OUTCOMES = {
    "GetBucketEncryption": "since 2023-01 every bucket has an encryption, the record is older",
    "GetBucketPublicAccessBlock": "since 2023-04 new buckets have a block, the record is older",
    "GetSessionToken": "refused for its MFA device; everybody may call it, and moto has no MFA",
    "ListDelegatedAdministrators": "moto's Organizations does not know CloudTrail's principal",
}
"""Calls that moto answers otherwise than AWS did; they are compared all the same."""

SERVICE_CALLERS = ("AWSService", "AWSAccount", "WebIdentityUser")


def of_the_caller(path: str, real: Record) -> str | None:
    """Excuse what depends on when, from where and by whom a call was made."""
    user = real["userIdentity"]
    if path.startswith((".userIdentity", ".sharedEventID", ".tlsDetails")) and (
        "invokedBy" in user or user["type"] in SERVICE_CALLERS
    ):
        return "made by an AWS service, another account or a token; here a user or role asks"
    is_of_1_08 = path.endswith(("sessionIssuer", "FederationData"))
    if is_of_1_08 and real["eventVersion"] == "1.08":
        return "event version 1.08 writes empty objects into sessions; ours is 1.11"
    return of_time_or_place(path, real)


@pytest.fixture(scope="module")
def replayed(_local_aws_process: Callable[..., LocalAws]) -> list[Replayed]:
    """Every older real record, asked again."""
    return _asked_again(_local_aws_process, real_records(), replay)


@pytest.fixture(scope="module")
def newer(_local_aws_process: Callable[..., LocalAws]) -> list[Replayed]:
    """Every newer one, with less made before the calls: more of them end differently."""
    if settings().max_examples < MANY:
        pytest.skip("two minutes long: make test-all asks the newer records again")

    def ask(aws: LocalAws, real: Record) -> Replayed:
        try:
            return replay(aws, real)
        except (AssertionError, EndpointConnectionError, ParamValidationError) as error:
            return Replayed(real, excluded=f"boto3 cannot ask again: {type(error).__name__}")

    return _asked_again(_local_aws_process, real_records(newer=True), ask)


def _asked_again(
    process: Callable[..., LocalAws],
    reals: Iterable[Record],
    ask: Callable[[LocalAws, Record], Replayed],
) -> list[Replayed]:
    """Ask each record again; calls that are alike are made once."""
    aws = process(delivery_delay=3600, organization=ORGANIZATION)
    made: dict[Any, Replayed] = {}
    found = []
    for real in reals:
        alike = _alike(real)
        if alike not in made:
            made[alike] = ask(aws, real)
        first = made[alike]
        found.append(Replayed(real, first.ours, first.excluded))
    print(f"{len(found)} real records, {len(made)} calls")
    return found


def _alike(real: Record) -> Any:
    """Return what makes a call: its operation, caller, outcome, and the shape of its parameters."""
    user = real["userIdentity"]
    caller = user["type"], "invokedBy" in user, "sessionContext" in user, CONSOLE in real
    asked = frozenset(paths(real["requestParameters"]))
    return real["eventSource"], real["eventName"], real.get("errorCode"), caller, asked


def _compare(replayed: list[Replayed], excuse: Any = None) -> Comparison:
    comparison = Comparison()
    for each in replayed:
        if each.ours is not None:
            comparison.add(each.real, each.ours, excuse)
    return comparison


def test_almost_all_paths_agree_but_for_time_place_and_caller(replayed: list[Replayed]) -> None:
    comparison = _compare(replayed, of_the_caller)
    print(comparison.report())
    assert comparison.share >= WANTED_SHARE


def test_newer_records_agree_where_the_call_ends_as_it_did(newer: list[Replayed]) -> None:
    same = [
        each
        for each in newer
        if each.ours is not None and each.ours.get("errorCode") == each.real.get("errorCode")
    ]
    comparison = _compare(same, of_the_caller)
    print(comparison.report())
    assert len(same) >= SAME_OUTCOMES
    assert comparison.share >= WANTED_SHARE_OF_NEWER


def test_boto3_asks_almost_all_newer_records_again(newer: list[Replayed]) -> None:
    unasked = [each for each in newer if str(each.excluded).startswith("boto3 cannot")]
    assert len(unasked) <= 12, Counter(each.real["eventName"] for each in unasked)


def test_the_excuses_cover_little(replayed: list[Replayed]) -> None:
    comparison = _compare(replayed)
    print(f"as recorded, nothing excused: {comparison.share:.4f}")
    assert comparison.share >= 0.92


def test_every_call_has_the_outcome_that_it_had(replayed: list[Replayed]) -> None:
    differing = {
        each.real["eventName"]: (each.real.get("errorCode"), each.ours.get("errorCode"))
        for each in replayed
        if each.ours is not None and each.ours.get("errorCode") != each.real.get("errorCode")
    }
    assert differing.keys() == OTHER_OUTCOMES.keys(), differing


def test_only_the_listed_calls_are_not_made(replayed: list[Replayed]) -> None:
    found: dict[str, set[str]] = {}
    for each in replayed:
        if each.excluded is not None:
            found.setdefault(each.excluded, set()).add(each.real["eventName"])
    print(Counter(each.excluded for each in replayed))
    assert found == NOT_MADE


@pytest.mark.parametrize(
    "key",
    ["eventSource", "eventName", "readOnly", "managementEvent", "eventCategory", "apiVersion"],
)
def test_the_value_agrees_with_every_real_record(key: str, replayed: list[Replayed]) -> None:
    differing = {
        (each.real["eventName"], each.real.get(key), each.ours.get(key))
        for each in replayed
        if each.ours is not None and each.ours.get(key) != each.real.get(key)
    }
    assert differing == set()
