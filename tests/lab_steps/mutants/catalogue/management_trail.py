"""Mutants of steps 5 to 10: the management trail."""

from __future__ import annotations

from tests.lab_steps.mutants.catalogue.acts import (
    EmptyBucket,
    Encrypt,
    remove_policy,
)
from tests.lab_steps.mutants.catalogue.mutant import (
    NO_DELIVERY_TO_MANAGEMENT,
    NO_MANAGEMENT_FILES,
    NO_MANAGEMENT_TRAIL,
    by,
    mutant,
)
from tests.lab_steps.mutants.reference_lab import (
    ALL_MANAGEMENT,
    ALL_TABLES,
    CALL_RATE,
    DATA,
    DATA_BUCKET,
    ERROR_RATE,
    IS_MANAGEMENT,
    IS_NETWORK,
    MANAGEMENT,
    MANAGEMENT_BUCKET,
    advanced,
    basic,
    call,
    select,
)
from tests.local_aws.delivered import ACCOUNT

BOTH_IN_ONE = f"aws-cloudtrail-logs-management-events-data-events-{ACCOUNT}"

MANAGEMENT_TRAIL = (
    mutant(
        "no management trail",
        management=None,
        fails={5: "Create trail was not completed"},
        blocked={**NO_MANAGEMENT_TRAIL, 6: 5},
    ),
    mutant(
        "management trail misspelled",
        management__name="student-managment-events",
        fails={6: f"None of them is called {MANAGEMENT}"},
        blocked=NO_MANAGEMENT_TRAIL,
    ),
    mutant(
        "single-Region management trail in another Region",
        management__settings={},
        management__region="us-west-2",
        fails={5: "records nothing from the lab's Region, us-east-1"},
        blocked={**NO_MANAGEMENT_TRAIL, 6: 5},
    ),
    mutant(
        "management-events not inserted into the bucket's name",
        management__bucket=f"aws-cloudtrail-logs-{ACCOUNT}-1a2b3c4d",
        fails={6: "management-events should be inserted"},
    ),
    mutant(
        "the buckets are swapped",
        management__bucket=DATA_BUCKET,
        data__bucket=MANAGEMENT_BUCKET,
        fails={6: "management-events should be inserted", 12: "data-events should be inserted"},
    ),
    mutant(
        "one bucket for both trails",
        management__bucket=BOTH_IN_ONE,
        data__bucket=BOTH_IN_ONE,
        fails={
            6: f"The bucket is also used by {DATA}",
            12: f"The bucket is also used by {MANAGEMENT}",
            33: "belong to the other trail",
            36: "belong to the other trail",
        },
    ),
    mutant(
        "management bucket's policy removed later",
        after=(remove_policy(MANAGEMENT_BUCKET),),
        fails={6: f"CloudTrail may not deliver to bucket {MANAGEMENT_BUCKET}"},
        blocked=NO_DELIVERY_TO_MANAGEMENT,
    ),
    mutant(
        "management bucket deleted",
        after=(EmptyBucket(MANAGEMENT_BUCKET, and_delete=True),),
        fails={6: f"There is no bucket {MANAGEMENT_BUCKET}"},
        blocked=NO_DELIVERY_TO_MANAGEMENT,
    ),
    mutant(
        "SSE-KMS on for management events",
        between=(Encrypt(MANAGEMENT),),
        fails={7: "every reader needs permission to decrypt"},
    ),
    mutant(
        "validation on for management events",
        management__settings={"EnableLogFileValidation": True},
        fails={7: "validation adds digest files"},
    ),
    mutant(
        "table events on the management trail too",
        management__selectors=(ALL_MANAGEMENT, ALL_TABLES),
        fails={8: "selector", 33: "belong to the other trail"},
    ),
    mutant(
        "events of one bucket's objects on the management trail too",
        management__selectors=(
            basic("All", management=True, objects=["arn:aws:s3:::holiday-pictures/"]),
        ),
        fails={8: "selector"},
    ),
    mutant(
        "reads of one bucket's objects on the management trail too",
        management__selectors=(
            basic("All", management=True),
            basic("ReadOnly", management=False, objects=["arn:aws:s3:::holiday-pictures/"]),
        ),
        fails={8: "selector"},
    ),
    mutant(
        "network activity of one service on the management trail too",
        management__selectors=(
            ALL_MANAGEMENT,
            advanced("endpoints", IS_NETWORK, ("eventSource", "kms.amazonaws.com")),
        ),
        fails={8: "wants eventCategory NetworkActivity, wants eventSource kms"},
    ),
    mutant(
        "no Insights",
        management__insights=(),
        fails={8: "the trail has no Insights selector"},
        blocked=by(8, 10),
    ),
    mutant(
        "management read events only",
        management__selectors=(basic("ReadOnly", management=True),),
        management__insights=(ERROR_RATE,),
        fails={9: "ReadOnly", 10: f"{CALL_RATE} is not selected"},
        blocked=by(9, 34),
    ),
    mutant(
        "management write events only",
        management__selectors=(advanced("writes", IS_MANAGEMENT, ("readOnly", "false")),),
        fails={9: "readOnly"},
        blocked=by(9, 34),
    ),
    mutant(
        "management trail narrowed to write events after the work",
        after=(select(MANAGEMENT, basic("WriteOnly", management=True)),),
        fails={9: "WriteOnly"},
    ),
    mutant(
        "Insights of call rate only",
        management__insights=(CALL_RATE,),
        fails={10: f"{ERROR_RATE} is not selected"},
    ),
    mutant(
        "Insights of error rate only",
        management__insights=(ERROR_RATE,),
        fails={10: f"{CALL_RATE} is not selected"},
    ),
    mutant(
        "management trail not logging",
        management__logging=False,
        fails={10: "StartLogging turns it on"},
        blocked={30: 10, **NO_MANAGEMENT_FILES},
    ),
    mutant(
        "management trail stopped after the work",
        after=(call("cloudtrail", "stop_logging", Name=MANAGEMENT),),
        fails={10: "StartLogging turns it on"},
    ),
)
