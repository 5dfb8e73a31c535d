"""The tags of log groups: they go with their group, and a deleted group cannot get tags.

Source: CloudWatch Logs API Reference, ListTagsForResource, TagResource and UntagResource, errors.
"""

from __future__ import annotations

import functools
from typing import Any

from local_aws.moto_changes.patching import MotoChange

_BACKEND = "moto.logs.models:LogsBackend"
_MISSING = "The specified resource does not exist."


def _deleting_tags(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def delete_log_group(self: Any, log_group_name: str) -> None:
        group = self.groups.get(log_group_name)
        ask_moto(self, log_group_name)
        self.tagger.delete_all_tags_for_resource(group.arn)

    return delete_log_group


def _of_existing_group(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def answer(self: Any, arn: str, *others: Any) -> Any:
        from moto.logs.exceptions import ResourceNotFoundException

        _, is_group, name = arn.partition(":log-group:")
        if is_group and name not in self.groups:
            raise ResourceNotFoundException(_MISSING)
        return ask_moto(self, arn, *others)

    return answer


CHANGES = (
    MotoChange(_BACKEND, "delete_log_group", _deleting_tags, "moto keeps the tags."),
    *(
        MotoChange(_BACKEND, name, _of_existing_group, "moto answers for groups that do not exist.")
        for name in ("list_tags_for_resource", "tag_resource", "untag_resource")
    ),
)
