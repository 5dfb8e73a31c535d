"""How much of what real records hold our records hold: JSON paths and value types.

The facts of the real records stand in the repository, so this is measured in any clone;
`make fidelity` prints the shares and every difference.
"""

from __future__ import annotations

import pytest

from cloudtrail.records.record import record_of
from tests import fidelity
from tests.cloudtrail.facts import FILE, facts, real_lines
from tests.cloudtrail.reference import FOLDER, call_of
from tests.fidelity import SETS, Shares, held, measured, total

WANTED_SHARE = 0.99

LAB_SERVICES = ("cloudformation", "cloudtrail", "dynamodb", "iam", "kms", "lambda", "s3", "sts")
LAB_SHARE = 0.995

UNKNOWN_OPERATIONS = {
    "AddMemberToGroup",
    "CreateSession",
    "CreateUser",
    "GenerateQuery",
    "GetStorageLensDashboardDataInternal",
    "Instruments_Create",
    "ListInstanceAssociations",
    "OpenTunnel",
    "PutObject",
    "DescribeRecommendationGroups",
    "UpdateInstanceAssociationStatus",
    "UpdateInstanceInformation",
    "UpdateSsoConfiguration",
}
"""Events of consoles, agents and services that are not to be called here."""


@pytest.fixture(scope="module")
def shares() -> Shares:
    return measured()


@pytest.mark.parametrize("name", SETS)
def test_almost_all_paths_agree_but_for_time_and_place(name: str, shares: Shares) -> None:
    assert total(shares[name]).share >= WANTED_SHARE, total(shares[name]).report()


@pytest.mark.parametrize("service", LAB_SERVICES)
def test_the_labs_services_agree_with_newer_records(service: str, shares: Shares) -> None:
    assert shares["newer"][service].share >= LAB_SHARE, shares["newer"][service].report()


@pytest.mark.parametrize("name", SETS)
def test_no_services_share_has_fallen(name: str, shares: Shares) -> None:
    fallen = {
        service: (last, shares[name][service].report())
        for service, last in held()[name].items()
        if service != "all" and shares[name][service].share < last
    }
    assert fallen == {}


def test_the_documentation_has_the_figures(shares: Shares) -> None:
    table = "\n".join(fidelity.table(shares))
    assert table in fidelity.DOCS.read_text(), "run python -m tests.fidelity write"


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the real records are not here: {FOLDER}")
def test_the_facts_are_those_of_the_real_records() -> None:
    assert FILE.read_text().splitlines() == real_lines()


@pytest.mark.parametrize(
    "key",
    [
        "eventSource",
        "readOnly",
        "managementEvent",
        "eventCategory",
        "eventType",
        "apiVersion",
        "errorCode",
        "awsRegion",
    ],
)
def test_the_value_agrees_with_every_fact(key: str) -> None:
    differing = {
        (fact["eventSource"], fact["eventName"], fact.get(key), ours.get(key))
        for _, fact in facts()
        if (call := call_of(fact)) is not None
        and (ours := record_of(call)).get(key) != fact.get(key)
    }
    assert differing == set()


def test_few_real_events_have_no_operation_in_the_public_apis() -> None:
    unknown = {fact["eventName"] for _, fact in facts() if call_of(fact) is None}
    assert unknown == UNKNOWN_OPERATIONS
