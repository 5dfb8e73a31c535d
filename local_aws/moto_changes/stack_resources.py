"""What CloudFormation needs of services that moto does not let it do, or does not have."""

from __future__ import annotations

import functools
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import xmltodict  # type: ignore[import-untyped]

from local_aws.moto_changes.changes import MotoChange, change_on_first_use
from local_aws.moto_changes.first_use import on_first_use
from local_aws.recording.receive import is_made_here


def install(patches: ExitStack) -> None:
    """Change S3 and CloudWatch Logs once they are first used, until `patches` is left."""
    change_on_first_use(patches, ("s3", "s3bucket_path"), _CHANGES)
    on_first_use(patches, frozenset({"logs"}), _change_keys_of_groups)


def _let_system_tags_in(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def tagging(self: Any) -> dict[str, str]:
        if not is_made_here():
            tags: dict[str, str] = ask_moto(self)
            return tags
        found = xmltodict.parse(self.body, force_list={"Tag": True})["Tagging"]["TagSet"]
        return {tag["Key"]: tag["Value"] or "" for tag in found["Tag"]}

    return tagging


def _tell_of_event_bridge(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def get(self: Any) -> Any:
        status, headers, body = ask_moto(self)
        found = self.backend.get_bucket_notification_configuration(self.bucket_name)
        if found and found.event_bridge is not None:
            end = "</NotificationConfiguration>"
            body = body.replace(end, f"<EventBridgeConfiguration/>{end}")
        return status, headers, body

    return get


_CHANGES = (
    MotoChange(
        "moto.s3.responses:S3Response",
        "_bucket_tagging_from_body",
        _let_system_tags_in,
        "Tags `aws:cloudformation:...` are CloudFormation's to give; moto lets nobody.",
    ),
    MotoChange(
        "moto.s3.responses:S3Response",
        "get_bucket_notification",
        _tell_of_event_bridge,
        "moto keeps the EventBridge part of a configuration, and does not show it.",
    ),
)


def _change_keys_of_groups(patches: ExitStack) -> None:
    """AssociateKmsKey and DisassociateKmsKey of a log group, which moto does not have."""
    from moto.logs.exceptions import ResourceNotFoundException
    from moto.logs.responses import LogsResponse

    def set_key(self: LogsResponse, key: str | None) -> str:
        name = self._get_param("logGroupName") or _group_of(
            self._get_param("resourceIdentifier") or ""
        )
        group = self.logs_backend.groups.get(name)
        if group is None:
            raise ResourceNotFoundException()
        group.kms_key_id = key
        return "{}"

    def associate_kms_key(self: LogsResponse) -> str:
        return set_key(self, self._get_param("kmsKeyId"))

    def disassociate_kms_key(self: LogsResponse) -> str:
        return set_key(self, None)

    for operation in (associate_kms_key, disassociate_kms_key):
        changed: Any = patch.object(LogsResponse, operation.__name__, operation, create=True)
        patches.enter_context(changed)


def _group_of(arn: str) -> str:
    """The name in a log group's ARN, with or without `:*`."""
    return arn.removesuffix(":*").partition(":log-group:")[2]
