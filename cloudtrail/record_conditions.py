"""Any field of a record by its path, conditions on it, and the names of its caller.

A path is `eventName`, `userIdentity.arn`, `requestParameters.key.id`, `resources[0].ARN`. A missing
field counts as empty text, so `errorCode=` means "succeeded" and `errorCode!=` means "failed". In
the value to compare with, `*` stands for any text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Raw, Struct

_PATH = r"[A-Za-z_][\w-]*(?:\[\d+\])*(?:\.[A-Za-z_][\w-]*(?:\[\d+\])*)*"
_CONDITION = re.compile(rf"({_PATH})(!?=)(.*)", re.DOTALL)
_OR = re.compile(rf"\s+(?:or|OR)\s+(?={_PATH}!?=)")
is_path = re.compile(_PATH).fullmatch

ANY = "*"

_object = msgspec.json.Decoder(dict[str, Raw])
_array = msgspec.json.Decoder(list[Raw])
_text = msgspec.json.Decoder(str)


class SessionIssuer(Struct, gc=False):
    """The role (or user) that issued a session."""

    arn: str | None = None
    userName: str | None = None  # noqa: N815


class SessionContext(Struct, gc=False):
    """`userIdentity.sessionContext`, as far as identities are compared."""

    sessionIssuer: SessionIssuer | None = None  # noqa: N815


class UserIdentity(Struct, gc=False):
    """`userIdentity`, as far as identities are compared."""

    arn: str | None = None
    userName: str | None = None  # noqa: N815
    accountId: str | None = None  # noqa: N815
    sessionContext: SessionContext | None = None  # noqa: N815

    def names(self) -> tuple[str | None, ...]:
        """ARN and user name of the caller, and of the issuer of its session."""
        issuer = self.sessionContext and self.sessionContext.sessionIssuer
        return (self.arn, self.userName, *((issuer.arn, issuer.userName) if issuer else ()))


class InvalidConditionError(ValueError):
    """A condition that is not `path=value` or `path!=value`."""


class Condition(Struct, frozen=True):
    """A field must equal, or not equal, a text; ANY in it stands for any text."""

    path: str
    value: str
    equal: bool = True

    def __str__(self) -> str:
        return f"{self.path}{'=' if self.equal else '!='}{self.value}"

    def test(self) -> Callable[[str | None], bool]:
        """A function that tells if the field's text, None if it is absent, meets the condition."""
        value, equal = self.value, self.equal
        if ANY not in value:
            return lambda text: ((text or "") == value) == equal
        parts = value.split(ANY)
        return lambda text: _is_like(parts, text or "") == equal


def _is_like(parts: Sequence[str], text: str) -> bool:
    """Whether the text is these parts, two or more, with any text between them.

    Each part is matched where it first occurs, so no pattern takes long.
    """
    first, *inner, last = parts
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for part in inner:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def alternatives(text: str) -> list[Condition]:
    """The conditions of a text, with ` or ` between them: one of them must hold.

    Raises InvalidConditionError.
    """
    return [condition(each) for each in _OR.split(text)]


def condition(text: str) -> Condition:
    """`eventName=PutItem` or `eventName!=PutItem` as a condition. Raises InvalidConditionError."""
    found = _CONDITION.fullmatch(text)
    if not found:
        raise InvalidConditionError(
            "wanted a condition like field=value or field!=value, such as eventName=PutItem or "
            f"requestParameters.tableName=Users, got {text!r}."
        )
    path, operator, value = found.groups()
    return Condition(path, value, operator == "=")


def parameter_steps(path: str) -> tuple[str | int, ...]:
    """`requestItems[0].tableName` as ("requestItems", 0, "tableName")."""
    steps = re.findall(r"[^.\[\]]+|\[\d+\]", path)
    return tuple(int(step[1:-1]) if step.startswith("[") else step for step in steps)


def scalar_at(parameters: Raw | bytes, steps: Sequence[str | int]) -> str | None:
    """The text of the scalar at `steps`, None if there is none (or an object, or null).

    Numbers and booleans are their JSON text, which is what json_extract_scalar gives.
    """
    here = parameters
    try:
        for step in steps:
            here = (
                _array.decode(here)[step] if isinstance(step, int) else _object.decode(here)[step]
            )
    except (KeyError, IndexError, msgspec.ValidationError):
        return None
    text = bytes(here).strip()
    if text.startswith(b'"'):
        return _text.decode(text)
    return None if text[:1] in b"{[" or text == b"null" else text.decode()
