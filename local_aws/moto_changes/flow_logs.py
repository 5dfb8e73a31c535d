"""Flow logs of a VPC into a folder of a bucket."""

from __future__ import annotations

import functools
from typing import Any

from cloudtrail.partitions import arn_parts_if_any
from local_aws.moto_changes.patching import MotoChange


def _create(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def create_flow_logs(self: Any, *, log_destination: str | None, **named: Any) -> Any:
        destination = log_destination or ""
        bucket, slash, _ = destination.partition("/")
        place = arn_parts_if_any(bucket)
        if not slash or place is None or place.service != "s3":
            return ask_moto(self, log_destination=log_destination, **named)
        _check_other(self, named["resource_ids"], destination)
        made, failed = ask_moto(self, log_destination=bucket, **named)
        for each in made:
            each.log_destination = destination
        return made, failed

    return create_flow_logs


def _check_other(ec2: Any, resource_ids: list[str], destination: str) -> None:
    from moto.ec2.exceptions import FlowLogAlreadyExists

    held = {(each.resource_id, each.log_destination) for each in ec2.flow_logs.values()}
    if any((resource, destination) in held for resource in resource_ids):
        raise FlowLogAlreadyExists


CHANGES = (
    MotoChange(
        "moto.ec2.models.flow_logs:FlowLogsBackend",
        "create_flow_logs",
        _create,
        "moto takes `bucket/folder/` as a bucket's name (EC2 API Reference, CreateFlowLogs).",
    ),
)
