"""Mutants of steps 1 to 4: the account, the organization's trail and Event history."""

from __future__ import annotations

from tests.lab_steps.mutants.catalogue.acts import (
    ORGANIZATION_TRAIL_DELETED,
    QUARTER,
    Refused,
)
from tests.lab_steps.mutants.catalogue.mutant import (
    NO_DATA_TRAIL,
    NO_EVENTS,
    NO_MANAGEMENT_TRAIL,
    NO_TABLE,
    Mutant,
    mutant,
)
from tests.lab_steps.mutants.reference_lab import (
    Lab,
    call,
)
from tests.lab_steps.standing import ORGANIZATION

SIGN_IN = (
    mutant(
        "signed in to another account",
        expected_account="999999999999",
        fails={1: "signed in to an account that is not the lab's"},
    ),
    mutant(
        "the organization has no trail",
        before=(ORGANIZATION_TRAIL_DELETED,),
        organization_trail=ORGANIZATION.name,
        fails={2: "not a member of the lab's organization, or the organization has no"},
    ),
    Mutant(
        "nothing was done",
        Lab(before=(ORGANIZATION_TRAIL_DELETED,), listed=False, after=(QUARTER,)),
        fails={
            3: "None of your management events",
            5: "Create trail was not completed",
            11: "Create trail was not completed",
        },
        blocked={
            **NO_EVENTS,
            **NO_MANAGEMENT_TRAIL,
            **NO_DATA_TRAIL,
            **NO_TABLE,
            6: 5,
            12: 11,
            19: 17,
        },
    ),
    mutant(
        "three months ago",
        after=(QUARTER,),
        fails={3: "None of your management events"},
        blocked=NO_EVENTS,
    ),
    mutant(
        "trails made three months ago, and not looked at since",
        between=(QUARTER,),
        fails={4: "Only the check has looked at the trails"},
    ),
    mutant(
        "trails made three months ago, and only a refused look at them since",
        between=(QUARTER, Refused(call("cloudtrail", "get_trail", Name="no-such-trail"))),
        fails={4: "Only the check has looked at the trails"},
    ),
    mutant(
        "trails of another home Region made three months ago, and not looked at since",
        management__region="us-west-2",
        data__region="us-west-2",
        between=(QUARTER,),
        fails={4: "Only the check has looked at the trails"},
    ),
)
