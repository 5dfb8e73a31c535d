"""Whether a Glue table covers a trail's log files, so that a statement over it can answer.

A table that reads another bucket, or lacks the account or the day, answers like an empty bucket. So
its definition is checked before the query.
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
    """The wanted log files: those of accounts and Regions in a trail's bucket.

    `prefix` is the trail's S3KeyPrefix, "" for none; `since` the first day; `organization` the id
    of the organization whose trail it is, "" for a trail of one account.
    """

    bucket: str
    prefix: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    since: datetime
    organization: str = ""


def log_table(definition: Mapping[str, Any], wanted: Wanted) -> LogTable:
    """The table of a definition (glue:GetTable), for statements over the wanted files.

    Raises TableElsewhereError, which says what the table reads and what was wanted.
    """
    name = f"{definition['DatabaseName']}.{definition['Name']}"
    lacks = next(_lacking(definition, wanted), None)
    if lacks:
        raise TableElsewhereError(
            f"The Athena table {name} does not cover this trail: {lacks}.",
            "Deploy the tables for this lab (docs/athena.md; a lab made by hand "
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
    parts = (wanted.bucket, wanted.prefix, ROOT, wanted.organization)
    folder = "/".join(part for part in parts if part)
    one = (
        {f"s3://{folder}/{each}/" for each in wanted.accounts} if len(wanted.accounts) == 1 else ()
    )
    if not template.startswith((f"s3://{folder}/${{account}}/", *one)):
        yield (
            f"it reads {template or 'no projected location'}, but the trail delivers to "
            f"s3://{folder}"
        )
    for key, values in (("account", wanted.accounts), ("region", wanted.regions)):
        listed = properties.get(f"projection.{key}.values")
        lacking = sorted(set(values) - set(listed.split(","))) if listed is not None else []
        if lacking:
            more = f" and {len(lacking) - 1:,} more" if lacking[1:] else ""
            yield f"its partitions have no {key} {lacking[0]}{more}"
    first = properties.get("projection.timestamp.range", "").partition(",")[0].strip()
    if first > day_folder(wanted.since):
        yield f"wanted log files since {day_folder(wanted.since)}, got them since {first}"
