"""Inline policies of roles, users and groups may leave out the version, which managed ones need.

Source: IAM User Guide, "IAM JSON policy elements: Version" (2008-10-17 is the default), and the
refusal of managed policies without it.
"""

from __future__ import annotations

import functools
from contextvars import ContextVar
from typing import Any

from local_aws.moto_changes.patching import MotoChange

_IS_INLINE: ContextVar[bool] = ContextVar("is_inline", default=False)


def _put(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def put(*positional: Any, **named: Any) -> Any:
        token = _IS_INLINE.set(True)
        try:
            return ask_moto(*positional, **named)
        finally:
            _IS_INLINE.reset(token)

    return put


def _validate_version(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def validate_version(self: Any) -> None:
        if not _IS_INLINE.get():
            ask_moto(self)

    return validate_version


_WHY = "moto requires a version in inline policies; only managed ones need it."
CHANGES = (
    *(
        MotoChange("moto.iam.models:IAMBackend", f"put_{principal}_policy", _put, _WHY)
        for principal in ("role", "user", "group")
    ),
    MotoChange(
        "moto.iam.policy_validation:IAMPolicyDocumentValidator",
        "_validate_version",
        _validate_version,
        _WHY,
    ),
)
