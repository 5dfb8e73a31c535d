"""Amazon Athena over the lab's log files: an optional stack for people who read many accounts.

One table for each trail, with partition projection (Athena UG, cloudtrail-logs, "Create a table for
CloudTrail logs with partition projection"): no partition is ever added by hand, and a query reads
only the accounts, Regions and days it names. Athena charges by the byte scanned, so the workgroup
limits queries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Environment, Fn, RemovalPolicy, Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cloudtrail.bucket_names import is_bucket_name
from cloudtrail.partitions import DEFAULT_REGIONS
from stacks import class_list
from stacks.class_list import ClassListError
from stacks.log_bucket import (
    EMPTY_ON_DELETE,
    ENCRYPTED,
    PRIVATE,
    bound_roles,
    empty_on_delete,
    tls_only,
)
from stacks.review import acknowledge
from stacks.settings import (
    ATHENA_DATABASE,
    ATHENA_STACK,
    ATHENA_WORKGROUP,
    LabSettings,
    SettingsError,
    athena_table,
)
from stacks.tag import PROJECT_TAG

CUT_OFF_BYTES = 10 * 1024**3
"""A query that scans more is stopped: ten gigabytes, about five cents."""

MIN_CUT_OFF_BYTES = 10_000_000
"""The least that Athena accepts (API/WorkGroupConfiguration, BytesScannedCutoffPerQuery)."""

_RESULTS_KEPT_DAYS = 7
_RESULTS = "Results"
"""The bucket's id in the template."""

_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_ACCOUNT = re.compile(r"[0-9]{12}")
_DAY = re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2}")

_ATTRIBUTES = "attributes:struct<mfaauthenticated:string,creationdate:string>"
_ISSUER = (
    "sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,"
    "username:string>"
)
_WEB = "webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>"
_IDENTITY = (
    "struct<type:string,principalid:string,arn:string,accountid:string,invokedby:string,"
    "accesskeyid:string,username:string,"
    "onbehalfof:struct<userid:string,identitystorearn:string>,"
    f"sessioncontext:struct<{_ATTRIBUTES},{_ISSUER},ec2roledelivery:string,{_WEB}>>"
)
_INSIGHT = (
    "struct<state:string,eventsource:string,eventname:string,insighttype:string,errorcode:string>"
)
COLUMNS: dict[str, str] = {
    "eventversion": "string",
    "useridentity": _IDENTITY,
    **dict.fromkeys(
        (
            *("eventtime", "eventsource", "eventname", "awsregion", "sourceipaddress"),
            *("useragent", "errorcode", "errormessage", "requestparameters", "responseelements"),
            *("additionaleventdata", "requestid", "eventid", "readonly"),
        ),
        "string",
    ),
    "resources": "array<struct<arn:string,accountid:string,type:string>>",
    **dict.fromkeys(
        (
            *("eventtype", "apiversion", "recipientaccountid", "serviceeventdetails"),
            *("sharedeventid", "vpcendpointid", "vpcendpointaccountid", "eventcategory"),
        ),
        "string",
    ),
    "addendum": (
        "struct<reason:string,updatedfields:string,originalrequestid:string,originaleventid:string>"
    ),
    "sessioncredentialfromconsole": "string",
    "edgedevicedetails": "string",
    "tlsdetails": "struct<tlsversion:string,ciphersuite:string,clientprovidedhostheader:string>",
    "insightdetails": _INSIGHT,
}
"""The documented table's columns, and insightdetails for the files of CloudTrail-Insight."""


@dataclass(frozen=True, slots=True)
class AthenaSettings:
    """What the tables cover.

    CDK context keys: `athena:accounts` and so on, comma-separated; `athena:class` is the path of a
    class's list (`stacks.class_list`) instead of its accounts. `accounts`: the accounts with files
    in the buckets; none for the lab's own. `organization`: the id of the organization whose trail
    delivers them, None without one. `regions`: the Regions with log files. `first_day`:
    `YYYY/MM/DD`, the oldest one. `cut_off_bytes`: what a query may scan. `management_bucket`,
    `data_bucket`: the trails' buckets, if the lab's stacks did not make them. Raises SettingsError.
    """

    accounts: tuple[str, ...] = ()
    organization: str | None = None
    regions: tuple[str, ...] = DEFAULT_REGIONS
    first_day: str = "2024/01/01"
    cut_off_bytes: int = CUT_OFF_BYTES
    management_bucket: str | None = None
    data_bucket: str | None = None

    def __post_init__(self) -> None:
        for account in self.accounts:
            _check("accounts", "12 digits each", account, _ACCOUNT.fullmatch(account))
        organization = self.organization is None or _ORGANIZATION.fullmatch(self.organization)
        _check("organization", "o- and 10 to 32 letters or digits", self.organization, organization)
        _check("accounts", "an organization's accounts", self.accounts,
               self.accounts or not self.organization)  # fmt: skip
        _check("regions", "at least one Region", self.regions, self.regions)
        _check("first_day", "YYYY/MM/DD", self.first_day, _DAY.fullmatch(self.first_day))
        for key in ("management_bucket", "data_bucket"):
            name = getattr(self, key)
            _check(key, "a bucket's name", name, name is None or is_bucket_name(name))
        fits = self.cut_off_bytes >= MIN_CUT_OFF_BYTES
        _check("cut_off_bytes", f"at least {MIN_CUT_OFF_BYTES}", self.cut_off_bytes, fits)

    @classmethod
    def from_context(cls, context: Mapping[str, object]) -> AthenaSettings | None:
        """The settings in a CDK app's context; None unless `athena:tables` is `true`."""
        wanted = str(context.get("athena:tables", "false"))
        _check("tables", "true or false", wanted, wanted in ("true", "false"))
        unknown = {key for key in context if key.startswith("athena:")} - _CONTEXT
        for key in sorted(unknown):
            _check(key.removeprefix("athena:"), f"one of {', '.join(sorted(_CONTEXT))}", key, False)
        if wanted == "false":
            return None
        told = {key: str(context[f"athena:{key}"]) for key in _KEYS if f"athena:{key}" in context}
        if _CLASS in context:
            _check("class", "no athena:accounts beside it", context[_CLASS], "accounts" not in told)
            told["accounts"] = ",".join(_accounts_of(str(context[_CLASS])))
        values: dict[str, object] = {
            key: _list(value) if key in ("accounts", "regions") else value
            for key, value in told.items()
        }
        if "cut_off_bytes" in told:
            digits = told["cut_off_bytes"]
            _check("cut_off_bytes", "a number of bytes", digits, digits.isdecimal())
            values["cut_off_bytes"] = int(digits)
        return cls(**values)  # type: ignore[arg-type]


_KEYS = (
    *("accounts", "organization", "regions", "first_day", "cut_off_bytes"),
    *("management_bucket", "data_bucket"),
)
_CLASS = "athena:class"
_CONTEXT = {"athena:tables", _CLASS, *(f"athena:{key}" for key in _KEYS)}


@dataclass(frozen=True, slots=True)
class LogTableProps:
    """A table's name, and the bucket whose log files it reads."""

    name: str
    bucket: str


class AthenaStack(Stack):
    """Database, a table for each trail, workgroup. Outputs: `WorkgroupName`, `DatabaseName`."""

    def __init__(
        self,
        scope: Construct,
        tables: Sequence[LogTableProps],
        settings: LabSettings,
        athena_settings: AthenaSettings,
    ) -> None:
        super().__init__(
            scope,
            ATHENA_STACK,
            description="CloudTrail lab: Athena over the log files of both trails",
            env=Environment(account=settings.account, region=settings.region),
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            analytics_reporting=False,
            tags=dict([PROJECT_TAG]),
        )
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=self.account,
            database_input={"name": ATHENA_DATABASE},
        )
        for table in tables:
            _table(self, database, table, settings.prefix, athena_settings)
        workgroup = _workgroup(self, _results_bucket(self, settings), athena_settings.cut_off_bytes)
        CfnOutput(self, "WorkgroupName", description="Where queries run", value=workgroup.name)
        CfnOutput(self, "DatabaseName", description="Of the tables", value=database.ref)
        bound_roles(self, settings.permissions_boundary)


def add_athena(
    scope: Construct, settings: LabSettings, athena_settings: AthenaSettings
) -> AthenaStack:
    """Add the stack for the trails' two buckets: tables management_events and data_events."""
    account = settings.account or "${AWS::AccountId}"
    buckets = (
        (settings.management_purpose, athena_settings.management_bucket),
        (settings.data_purpose, athena_settings.data_bucket),
    )
    tables = [
        LogTableProps(athena_table(purpose), bucket or settings.bucket_name(purpose, account))
        for purpose, bucket in buckets
    ]
    return AthenaStack(scope, tables, settings, athena_settings)


def _table(
    scope: Stack,
    database: glue.CfnDatabase,
    table: LogTableProps,
    prefix: str,
    settings: AthenaSettings,
) -> None:
    root = "/".join(part for part in (prefix, "AWSLogs", settings.organization) if part)
    location = f"s3://{table.bucket}/{root}/"
    # ${!name} is how Fn::Sub writes ${name}, which is Glue's to fill in.
    template = location + "${!account}/${!folder}/${!region}/${!timestamp}"
    made = glue.CfnTable(
        scope,
        f"Table-{table.name}",
        catalog_id=scope.account,
        database_name=database.ref,
        table_input={
            "name": table.name,
            "tableType": "EXTERNAL_TABLE",
            "partitionKeys": [
                {"name": name, "type": "string"}
                for name in ("account", "folder", "region", "timestamp")
            ],
            "parameters": _projection(scope, settings)
            | {"storage.location.template": Fn.sub(template)},
            "storageDescriptor": {
                "columns": [{"name": name, "type": kind} for name, kind in COLUMNS.items()],
                "location": Fn.sub(location),
                "inputFormat": "com.amazon.emr.cloudtrail.CloudTrailInputFormat",
                "outputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "serdeInfo": {"serializationLibrary": "org.apache.hive.hcatalog.data.JsonSerDe"},
            },
        },
    )
    made.add_resource_dependency(database)


def _projection(scope: Stack, settings: AthenaSettings) -> dict[str, str]:
    """How Athena computes the partitions (Athena UG/partition-projection-supported-types)."""
    enums = {
        "account": ",".join(settings.accounts) or scope.account,
        "folder": "CloudTrail,CloudTrail-Insight",
        "region": ",".join(settings.regions),
    }
    return {
        "EXTERNAL": "TRUE",
        "classification": "cloudtrail",
        "projection.enabled": "true",
        **{f"projection.{name}.type": "enum" for name in enums},
        **{f"projection.{name}.values": values for name, values in enums.items()},
        "projection.timestamp.type": "date",
        "projection.timestamp.format": "yyyy/MM/dd",
        "projection.timestamp.interval": "1",
        "projection.timestamp.interval.unit": "DAYS",
        "projection.timestamp.range": f"{settings.first_day},NOW",
    }


def _results_bucket(scope: Stack, settings: LabSettings) -> s3.CfnBucket:
    """The bucket that results are written to; it is deleted with its stack if log buckets are."""
    bucket = s3.CfnBucket(
        scope,
        _RESULTS,
        bucket_encryption=ENCRYPTED,
        public_access_block_configuration=PRIVATE,
        lifecycle_configuration={
            "rules": [{"status": "Enabled", "expirationInDays": _RESULTS_KEPT_DAYS}]
        },
        tags=[EMPTY_ON_DELETE] if settings.removes_logs else None,
    )
    removal = RemovalPolicy.DESTROY if settings.removes_logs else RemovalPolicy.RETAIN
    bucket.apply_removal_policy(removal)
    policy = s3.CfnBucketPolicy(
        scope,
        "ResultsPolicy",
        bucket=bucket.ref,
        policy_document={"Version": "2012-10-17", "Statement": [tls_only(bucket)]},
    )
    policy.apply_removal_policy(removal)
    if settings.removes_logs:
        reason = "Athena names the results: all of them are deleted, in this bucket alone."
        emptied = empty_on_delete(scope, bucket, f"${{{_RESULTS}}}", reason)
        policy.add_resource_dependency(emptied)
    acknowledge(
        bucket,
        "AwsSolutions-S1",
        "Query results of a few days, which Athena's own history and CloudTrail account for.",
    )
    return bucket


def _workgroup(scope: Stack, results: s3.CfnBucket, cut_off: int) -> athena.CfnWorkGroup:
    return athena.CfnWorkGroup(
        scope,
        "Workgroup",
        name=ATHENA_WORKGROUP,
        description="Log checks of the CloudTrail lab",
        recursive_delete_option=True,
        work_group_configuration={
            "enforceWorkGroupConfiguration": True,
            "publishCloudWatchMetricsEnabled": True,
            "bytesScannedCutoffPerQuery": cut_off,
            "resultConfiguration": {
                "outputLocation": Fn.join("", ["s3://", results.ref, "/"]),
                "encryptionConfiguration": {"encryptionOption": "SSE_S3"},
            },
        },
    )


def _accounts_of(path: str) -> list[str]:
    """The accounts of a class, each once."""
    try:
        students = class_list.read(Path(path), with_way_in=False)
    except (OSError, ClassListError) as error:
        raise SettingsError(f"athena:class: {error}") from error
    return sorted({each.account for each in students})


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _check(key: str, wanted: str, got: object, fits: object) -> None:
    if not fits:
        raise SettingsError(f"athena:{key}: wanted {wanted}, got {got!r}")
