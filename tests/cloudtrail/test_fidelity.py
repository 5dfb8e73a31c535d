"""How much of what real records hold our records hold: JSON paths and value types.

Reported by `pytest -rP`: the share of paths that agree, as recorded and without the known
differences of time and place, each of which is counted.
"""

from __future__ import annotations

import msgspec
import pytest

from cloudtrail.records.identity import user_identity
from cloudtrail.records.record import record_of, to_json
from tests.cloudtrail.comparison import Comparison, of_time_or_place
from tests.cloudtrail.reference import FOLDER, call_of, records

WANTED_SHARE = 0.97

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"the real records are not here: {FOLDER}"
)


def compare(excusing: bool) -> Comparison:
    """Compare every real record with ours of the same call."""
    comparison = Comparison()
    for real in records():
        call = call_of(real)
        if call is None:
            continue
        ours = msgspec.json.decode(to_json(record_of(call)))
        if excusing:
            # What an identity looks like depends on the event version; ours is the newest.
            ours["userIdentity"] = user_identity(call.identity, real["eventVersion"])
        comparison.add(real, ours, of_time_or_place if excusing else None)
    return comparison


def test_paths_and_types_agree_with_real_records() -> None:
    comparison = compare(excusing=False)
    print(comparison.report())
    assert comparison.share >= WANTED_SHARE


def test_almost_all_paths_agree_but_for_time_and_place() -> None:
    comparison = compare(excusing=True)
    print(comparison.report())
    assert comparison.share >= 0.99


@pytest.mark.parametrize(
    "key",
    [
        "eventSource",
        "eventName",
        "readOnly",
        "managementEvent",
        "eventCategory",
        "eventType",
        "apiVersion",
        "errorCode",
        "awsRegion",
    ],
)
def test_the_value_agrees_with_every_real_record(key: str) -> None:
    differing = {
        (real["eventName"], real.get(key), ours.get(key))
        for real in records()
        if (call := call_of(real)) is not None
        and (ours := record_of(call)).get(key) != real.get(key)
    }
    assert differing == set()


def test_few_real_events_have_no_operation_in_the_public_apis() -> None:
    unknown = {real["eventName"] for real in records() if call_of(real) is None}
    assert unknown == {
        "GetStorageLensDashboardDataInternal",
        "ListInstanceAssociations",
        "UpdateInstanceAssociationStatus",
        "UpdateInstanceInformation",
    }
