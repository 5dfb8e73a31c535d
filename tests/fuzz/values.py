"""Random values: such as an API's shapes have, and such as nobody expects."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

MAX_LEVELS = 4

TEXTS = (
    "", "a", "Users", "lab", "fuzz", "alice", "forms", "arn:aws:s3:::forms",
    "arn:aws:cloudtrail:us-east-1:123456789012:trail/fuzz", "arn:aws:iam::123456789012:role/lab",
    "*", "%00", "../../etc", "<a>&amp;</a>", "\u202e", "\x00", "\ud800", "é" * 50, "x" * 5000,
    "{}", "[", "true", "1e20", "-1", "https://127.0.0.1/123456789012/queue", "us-east-1",
)  # fmt: skip

NUMBERS = (0, 1, -1, 50, 2**31, 2**63, 2**64, -(2**70), 10**400, 1e20, -1e20, 1.5, 1e308, 0.1)

HOSTILE: tuple[Any, ...] = (
    None, True, False, "true", [], {}, [None], [[]], {"": None}, [{}], {"a": {"a": {"a": 1}}},
    float("nan"), float("inf"), *NUMBERS, *TEXTS,
)  # fmt: skip


def value_of(shape: Shape, random: Random, levels: int = MAX_LEVELS) -> Any:
    """A value that the shape allows, as far as its type goes."""
    if isinstance(shape, StructureShape):
        required = set(shape.required_members)
        return (
            {
                name: value_of(inner, random, levels - 1)
                for name, inner in shape.members.items()
                if name in required or (levels > 0 and random.random() < 0.3)
            }
            if levels > -MAX_LEVELS
            else {}
        )
    if isinstance(shape, ListShape):
        count = random.randint(0, 2) if levels > 0 else 0
        return [value_of(shape.member, random, levels - 1) for _ in range(count)]
    if isinstance(shape, MapShape):
        count = random.randint(0, 2) if levels > 0 else 0
        return {
            value_of(shape.key, random, 0): value_of(shape.value, random, levels - 1)
            for _ in range(count)
        }
    if shape.type_name == "string" and getattr(shape, "enum", None):
        return random.choice([*shape.enum, *TEXTS[:3]])  # type: ignore[attr-defined]
    return _SCALARS.get(shape.type_name, _text)(random)


def _text(random: Random) -> str:
    return random.choice(TEXTS).replace("\ud800", "?")


_SCALARS: dict[str, Callable[[Random], Any]] = {
    "boolean": lambda random: random.random() < 0.5,
    "integer": lambda random: random.choice((0, 1, -1, 50, 1000)),
    "long": lambda random: random.choice((0, 1, -1, 2**62)),
    "float": lambda random: random.choice((0.5, -1.0, 1e30)),
    "double": lambda random: random.choice((0.5, -1.0, 1e300)),
    "blob": lambda random: random.randbytes(random.randint(0, 9)),
    "timestamp": lambda random: random.choice((0, 1_790_000_000)),
}


def with_something_else(value: Any, random: Random) -> Any:
    """The value with one part of it, at any depth, replaced by something that nobody expects."""
    if isinstance(value, dict) and value and random.random() < 0.8:
        name = random.choice(list(value))
        return value | {name: with_something_else(value[name], random)}
    if isinstance(value, list) and value and random.random() < 0.7:
        index = random.randrange(len(value))
        return [*value[:index], with_something_else(value[index], random), *value[index + 1 :]]
    return random.choice(HOSTILE)


def nested(random: Random) -> str:
    """JSON of a depth that no parser should be asked for."""
    depth = random.choice((50, 99, 101, 500, 1000, 20_000))
    opening, closing = random.choice((("[", "]"), ('{"a":', "}"), ('{"M":{"a":', "}}")))
    return opening * depth + "1" + closing * depth


def json_bytes(value: Any) -> bytes:
    """The value in JSON, as careless clients write it: with NaN, and with lone surrogates."""
    return json.dumps(value, default=str).encode()
