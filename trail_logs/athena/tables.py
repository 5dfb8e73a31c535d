"""What a Glue table covers: whether a statement over it can answer for a trail's log files.

A table that reads another bucket, or leaves out the account or the day, answers like an empty
bucket. So its definition is checked before the query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cloudtrail.log_files import day_folder
from trail_logs.athena.client import TableElsewhereError
from trail_logs.athena.statement import LogTable
from trail_logs.layout import ROOT


@dataclass(frozen=True, slots=True)
class Wanted:
    """The log files in question: those of an account and Region in a trail's bucket.

    `prefix` is the trail's S3KeyPrefix, "" for none; `since` the first day.
    """

    bucket: str
    prefix: str
    account: str
    region: str
    since: datetime


def log_table(definition: Mapping[str, Any], wanted: Wanted) -> LogTable:
    """The table of a definition (glue:GetTable), for statements over what is wanted.

    Raises TableElsewhereError, which says what the table reads and what was wanted.
    """
    name = f"{definition['DatabaseName']}.{definition['Name']}"
    lacks = next(_lacking(definition, wanted), None)
    if lacks:
        raise TableElsewhereError(
            f"The Athena table {name} does not cover this trail: {lacks}.",
            "Deploy the tables for this lab (docs/trainers.md, Through Athena; a lab made by hand "
            "needs athena:management_bucket and athena:data_bucket), or check without --engine "
            "athena.",
        )
    keys = {key["Name"] for key in definition.get("PartitionKeys", [])}
    return LogTable(
        definition["DatabaseName"],
        definition["Name"],
        by_account="account" in keys,
        by_folder="folder" in keys,
    )


def _lacking(definition: Mapping[str, Any], wanted: Wanted) -> Iterator[str]:
    """What is wrong with the table, in words."""
    properties = definition.get("Parameters", {})
    template = properties.get("storage.location.template", "")
    folder = "/".join(part for part in (wanted.bucket, wanted.prefix, ROOT) if part)
    accounts = (f"s3://{folder}/${{account}}/", f"s3://{folder}/{wanted.account}/")
    if not template.startswith(accounts):
        yield (
            f"it reads {template or 'no projected location'}, but the trail delivers to "
            f"s3://{folder}"
        )
    for key, value in (("account", wanted.account), ("region", wanted.region)):
        known = properties.get(f"projection.{key}.values", value).split(",")
        if value not in known:
            yield f"its partitions have no {key} {value}"
    first = properties.get("projection.timestamp.range", "").partition(",")[0].strip()
    if first > day_folder(wanted.since):
        yield f"wanted log files since {day_folder(wanted.since)}, got them since {first}"
