"""Mutants of steps 11 to 16: the data trail."""

from __future__ import annotations

from tests.lab_steps.mutants.catalogue.acts import (
    Encrypt,
    permit,
)
from tests.lab_steps.mutants.catalogue.mutant import (
    NO_DATA_FILES,
    NO_DATA_TRAIL,
    NO_DELIVERY_TO_DATA,
    by,
    mutant,
)
from tests.lab_steps.mutants.reference_lab import (
    ALL_MANAGEMENT,
    ALL_TABLES,
    DATA,
    DATA_BUCKET,
    IS_DATA,
    IS_MANAGEMENT,
    IS_NETWORK,
    MANAGEMENT,
    MANAGEMENT_BUCKET,
    ON_TABLES,
    advanced,
    basic,
    call,
    select,
)
from tests.local_aws.delivered import ACCOUNT

USERS_TABLE_ARN = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Users"

DATA_TRAIL = (
    mutant(
        "no data trail",
        data=None,
        fails={11: "Create trail was not completed"},
        blocked={**NO_DATA_TRAIL, 12: 11},
    ),
    mutant(
        "data trail has another name",
        data__name="student-data-trail",
        fails={12: f"None of them is called {DATA}"},
        blocked=NO_DATA_TRAIL,
    ),
    mutant(
        "data-events not inserted into the bucket's name",
        data__bucket=f"aws-cloudtrail-logs-{ACCOUNT}-1a2b3c4d",
        fails={12: "data-events should be inserted"},
    ),
    mutant(
        "both trails to the management bucket",
        data__bucket=MANAGEMENT_BUCKET,
        fails={
            6: f"The bucket is also used by {DATA}",
            12: "data-events should be inserted",
            33: "belong to the other trail",
            36: "belong to the other trail",
        },
    ),
    mutant(
        "data bucket's policy names another trail",
        after=(permit(DATA_BUCKET, MANAGEMENT),),
        fails={12: "CloudTrail may not deliver"},
        blocked=NO_DELIVERY_TO_DATA,
    ),
    mutant(
        "SSE-KMS on for data events",
        between=(Encrypt(DATA),),
        fails={13: "every reader needs permission to decrypt"},
    ),
    mutant(
        "validation on for data events",
        data__settings={"EnableLogFileValidation": True},
        fails={13: "validation adds digest files"},
    ),
    mutant(
        "management events on the data trail too",
        data__selectors=(ALL_TABLES, ALL_MANAGEMENT),
        fails={14: "selector", 36: "belong to the other trail"},
    ),
    mutant(
        "data trail as the CLI makes it, without selectors",
        data__selectors=(basic("All", management=True),),
        fails={14: "management", 15: "data", 36: "belong to the other trail"},
        blocked=by(15, 23, 24, 37),
    ),
    mutant(
        "management write events put on the data trail after the work",
        after=(
            select(DATA, basic("WriteOnly", management=True, tables=["arn:aws:dynamodb"])),
            select(
                DATA,
                advanced("tables", IS_DATA, ON_TABLES),
                advanced("writes", IS_MANAGEMENT, ("readOnly", "false")),
            ),
        ),
        fails={14: "selector"},
    ),
    mutant(
        "denied network activity on the data trail too",
        data__selectors=(
            ALL_TABLES,
            advanced(
                "endpoints",
                IS_NETWORK,
                ("eventSource", "ec2.amazonaws.com"),
                ("eventName", "StartsWith", "Describe"),
                ("errorCode", "VpceAccessDenied"),
                ("vpcEndpointId", "vpce-0fedcba9876543210"),
            ),
        ),
        fails={14: "wants vpcEndpointId vpce-0fedcba9876543210"},
    ),
    mutant(
        "data events of one table only",
        data__selectors=(
            advanced("Users", IS_DATA, ON_TABLES, ("resources.ARN", USERS_TABLE_ARN)),
        ),
        fails={15: "resources.ARN"},
    ),
    mutant(
        "data events of one table only, by a basic selector",
        data__selectors=(basic("All", management=False, tables=[USERS_TABLE_ARN]),),
        fails={15: "Users"},
    ),
    mutant(
        "data events of S3 objects instead",
        data__selectors=(basic("All", management=False, objects=["arn:aws:s3"]),),
        fails={15: "AWS::S3::Object"},
        blocked={**NO_DATA_FILES, **by(15, 23, 24, 35)},
    ),
    mutant(
        "data events of S3 objects too",
        data__selectors=(
            ALL_TABLES,
            advanced("objects", IS_DATA, ("resources.type", "AWS::S3::Object")),
        ),
        fails={15: "selector"},
    ),
    mutant(
        "data events of one bucket's objects too",
        data__selectors=(
            ALL_TABLES,
            advanced(
                "objects",
                IS_DATA,
                ("resources.type", "AWS::S3::Object"),
                ("resources.ARN", "StartsWith", "arn:aws:s3:::holiday-pictures/"),
            ),
        ),
        fails={15: "selector"},
    ),
    mutant(
        "data write events only",
        data__selectors=(advanced("writes", IS_DATA, ON_TABLES, ("readOnly", "false")),),
        fails={15: "readOnly"},
        blocked=by(15, 23, 24, 37),
    ),
    mutant(
        "PutItem and GetItem only",
        data__selectors=tuple(
            advanced(name, IS_DATA, ON_TABLES, ("eventName", name))
            for name in ("PutItem", "GetItem")
        ),
        fails={15: "eventName"},
    ),
    mutant(
        "all data events but Scan",
        data__selectors=(
            advanced("no scans", IS_DATA, ON_TABLES, ("eventName", "NotEquals", "Scan")),
        ),
        fails={15: "eventName"},
    ),
    mutant(
        "all data events but those of one table",
        data__selectors=(
            advanced(
                "not Orders",
                IS_DATA,
                ON_TABLES,
                ("resources.ARN", "NotEndsWith", "table/Orders"),
            ),
        ),
        fails={15: "resources.ARN"},
    ),
    mutant(
        "data selector without a name",
        data__selectors=(advanced(None, IS_DATA, ON_TABLES),),
        fails={15: "gives it a name"},
    ),
    mutant(
        "data trail not logging",
        data__logging=False,
        fails={16: "StartLogging turns it on"},
        blocked={**NO_DATA_FILES, **by(16, 23, 24, 35)},
    ),
    mutant(
        "data trail stopped after the work",
        after=(call("cloudtrail", "stop_logging", Name=DATA),),
        fails={16: "StartLogging turns it on"},
    ),
)
