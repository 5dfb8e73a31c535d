"""What a shape of botocore's says about its members, worked out once for each shape.

moto does it again for each value of each call: that took a sixth of a call.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

_MEMBERS = "_local_aws_members"
_KEYS = "_local_aws_keys"


def install(stack: ExitStack) -> None:
    """Work it out once until `stack` is closed."""
    from moto.core.parse import BaseJSONParser
    from moto.core.serialize import ResponseSerializer, XFormedAttributePicker

    find_keys: Any = XFormedAttributePicker.get_possible_keys
    ask_moto: Any = ResponseSerializer.get_value

    def keys_of(self: XFormedAttributePicker, context: Any) -> Any:
        """The names that an attribute may have in objects of a class."""
        owner, shape = context.obj, context.shape
        if hasattr(owner, "Meta"):  # An object's own names.
            return find_keys(self, context)
        known = vars(shape).setdefault(_KEYS, {})
        place = type(owner), context.key
        if place not in known:
            known[place] = tuple(dict.fromkeys(find_keys(self, context)))
        return known[place]

    def get_value(self: ResponseSerializer, owner: Any, key: str, shape: Any) -> Any:
        """The value that a plain dict has under one of the names, if nothing transforms it."""
        names = vars(shape).get(_KEYS, {}).get((type(owner), key))
        picker = self._value_picker
        is_plain = type(owner) is dict and type(picker) is XFormedAttributePicker
        if names is None or not is_plain or picker.response_transformers:
            return ask_moto(self, owner, key, shape)
        return next((owner[name] for name in names if name in owner), None)

    for each, name, changed in (
        (BaseJSONParser, "_parse_structure", _parse_structure),
        (XFormedAttributePicker, "get_possible_keys", keys_of),
        (ResponseSerializer, "get_value", get_value),
    ):
        stack.enter_context(patch.object(each, name, changed))


def _parse_structure(self: Any, shape: Any, value: Any) -> Any:
    """Parse a JSON object by the names of its members; moto's parsers read their types."""
    if shape.is_document_type or value is None:
        return value
    members = vars(shape).get(_MEMBERS)
    if members is None:
        members = vars(shape)[_MEMBERS] = tuple(
            (name, member.serialization.get("name", name), member)
            for name, member in shape.members.items()
        )
    parsed = self.MAP_TYPE()
    for name, name_in_json, member in members:
        given = value.get(name_in_json)
        if given is not None:
            parsed[name] = self._parse_shape(member, given)
    return parsed
