"""What the project keeps of AWS's own descriptions, made from what cfn-lint ships.

`python -m tests.kept_data` (`make data`) writes the files again after a new cfn-lint. cfn-lint
itself reviews templates and is no part of what runs: with what it needs it has 68 MB, and of that
these two files are used.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import cfnlint  # type: ignore[import-untyped]
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from cloudtrail.policies import actions
from local_aws.cloudformation.language import schemas

_REGION = "us-east-1"
"""The Region with the most types; what a type is does not depend on it."""

_OF_A_TYPE = (
    *("additionalProperties", "primaryIdentifier", "required", "type", "$ref"),
    *("conditionalCreateOnlyProperties", "createOnlyProperties", "enum"),
    *("maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum"),
)
_BY_NAME = ("definitions", "properties")


def resource_schemas() -> dict[str, Any]:
    """What the local AWS asks of each resource type's schema, and the attributes it has."""
    types = PROVIDER_SCHEMA_MANAGER.get_resource_types(_REGION)
    return {name: _resource(name) for name in sorted(types)}


def _resource(name: str) -> dict[str, Any]:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(_REGION, name)
    return _slim(schema.schema) | {"attributes": sorted(schema.get_atts)}


def _slim(part: Mapping[str, Any]) -> dict[str, Any]:
    slim = {key: part[key] for key in _OF_A_TYPE if key in part}
    for key in _BY_NAME:
        if key in part:
            slim[key] = {name: _slim(each) for name, each in part[key].items()}
    if "items" in part:
        slim["items"] = _slim(part["items"])
    if "patternProperties" in part:
        slim["patternProperties"] = {}
    return slim


def service_authorization() -> dict[str, Any]:
    """Actions with the kinds of resources they are for, and the forms of those kinds' ARNs."""
    source = Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json"
    return {prefix: _service(each) for prefix, each in json.loads(source.read_bytes()).items()}


def _service(described: Mapping[str, Any]) -> dict[str, Any]:
    actions, kinds = described["Actions"], described["Resources"]
    return {
        "actions": {name: _listed(each.get("Resources", ())) for name, each in actions.items()},
        "arns": {kind.lower(): each.get("ARNFormats", []) for kind, each in kinds.items()},
    }


def _listed(kinds: str | Iterable[str]) -> list[str]:
    return [kinds] if isinstance(kinds, str) else list(kinds)


KEPT: dict[Path, Callable[[], dict[str, Any]]] = {
    schemas.KEPT: resource_schemas,
    actions.KEPT: service_authorization,
}
"""Each kept file, and what makes it."""


def main() -> None:
    """Write the kept files."""
    for path, make in KEPT.items():
        text = json.dumps(make(), separators=(",", ":"), sort_keys=True)
        path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
