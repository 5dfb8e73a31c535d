"""What a newcomer may rely on: a class name means one thing, a folder can be seen at a glance."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("stacks", "cloudtrail", "trail_logs", "local_aws", "lab_steps")
FOLDERS = sorted({path.parent for room in ROOMS for path in (ROOT / room).rglob("*.py")})


def modules() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted(folder.glob("*.py"))


def test_a_class_name_means_one_thing() -> None:
    places = defaultdict(list)
    for path in modules():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(path.relative_to(ROOT)))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_a_folder_can_be_seen_at_a_glance() -> None:
    sizes = {str(folder.relative_to(ROOT)): len(list(folder.glob("*.py"))) for folder in FOLDERS}
    assert {folder: size for folder, size in sizes.items() if size > 20} == {}


def test_a_folder_says_what_it_holds() -> None:
    packages = {folder: folder / "__init__.py" for folder in FOLDERS}
    silent = [
        str(folder.relative_to(ROOT))
        for folder, package in packages.items()
        if not ast.get_docstring(ast.parse(package.read_text(encoding="utf-8")))
    ]
    assert silent == []
