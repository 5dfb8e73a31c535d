"""What CloudFormation needs from services and moto refuses or lacks."""

from __future__ import annotations

import functools
from typing import Any

import xmltodict  # type: ignore[import-untyped]

from local_aws.moto_changes.patching import MotoChange
from local_aws.recording.receive import is_made_here


def _let_system_tags_in(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def tagging(self: Any) -> dict[str, str]:
        if not is_made_here():
            tags: dict[str, str] = ask_moto(self)
            return tags
        found = xmltodict.parse(self.body, force_list={"Tag": True})["Tagging"]["TagSet"]
        return {tag["Key"]: tag["Value"] or "" for tag in found["Tag"]}

    return tagging


def _set_key(self: Any) -> str:
    """AssociateKmsKey, and DisassociateKmsKey, which names no key."""
    from moto.logs.exceptions import ResourceNotFoundException

    name = self._get_param("logGroupName") or _group_of(self._get_param("resourceIdentifier") or "")
    group = self.logs_backend.groups.get(name)
    if group is None:
        raise ResourceNotFoundException()
    group.kms_key_id = self._get_param("kmsKeyId")
    return "{}"


def _group_of(arn: str) -> str:
    """The name in a log group's ARN, with or without `:*`."""
    return arn.removesuffix(":*").partition(":log-group:")[2]


_LOGS, _LACKED = "moto.logs.responses:LogsResponse", "moto lacks it."
CHANGES = (
    MotoChange(
        "moto.s3.responses:S3Response",
        "_bucket_tagging_from_body",
        _let_system_tags_in,
        "CloudFormation sets tags `aws:cloudformation:...`; moto refuses them from everyone.",
    ),
    MotoChange(_LOGS, "associate_kms_key", _set_key, _LACKED, is_new=True),
    MotoChange(_LOGS, "disassociate_kms_key", _set_key, _LACKED, is_new=True),
)
