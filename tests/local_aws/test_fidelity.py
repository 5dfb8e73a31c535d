"""How much of what real records hold the local AWS records of the same calls.

Every operation of the real records is asked again by boto3, of a server that is running; what
it recorded is compared, path by path and type by type. `pytest -rP` shows the shares and
every difference. What cannot be compared is counted, and listed here by operation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from cloudtrail.records.calls import Record
from local_aws import LocalAws
from tests.cloudtrail.comparison import Comparison, of_time_or_place, paths
from tests.cloudtrail.reference import FOLDER
from tests.cloudtrail.reference import records as real_records
from tests.local_aws.delivered import ORGANIZATION
from tests.local_aws.replay import Replayed, replay

pytestmark = [
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the real records are not here: {FOLDER}"),
    pytest.mark.timeout(900),  # the first test makes all calls
]

WANTED_SHARE = 0.97

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
    if path.startswith(".userIdentity.sessionContext"):
        if real["eventVersion"] == "1.08" and path.endswith(("sessionIssuer", "FederationData")):
            return "event version 1.08 writes empty objects into sessions; ours is 1.11"
        if user["type"] == "IAMUser":
            return "a user's session, of the console or GetSessionToken: no client here has one"
    return of_time_or_place(path, real)


@pytest.fixture(scope="module")
def replayed(_local_aws_process: Callable[..., LocalAws]) -> list[Replayed]:
    """Every real record, asked again; calls that are alike are made once."""
    aws = _local_aws_process(delivery_delay=3600, organization=ORGANIZATION)
    made: dict[Any, Replayed] = {}
    found = []
    for real in real_records():
        alike = _alike(real)
        if alike not in made:
            made[alike] = replay(aws, real)
        first = made[alike]
        found.append(Replayed(real, first.ours, first.excluded))
    print(f"{len(found)} real records, {len(made)} calls")
    return found


def _alike(real: Record) -> Any:
    """Return what makes a call: its operation, caller, outcome, and the shape of its parameters."""
    user = real["userIdentity"]
    caller = user["type"], "invokedBy" in user
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
