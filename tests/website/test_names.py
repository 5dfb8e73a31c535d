"""What the documents name in backticks is there: files, folders, modules and what is in them."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache

import pytest

from website.pages import ROOT

PAGES = ("README.md", "AGENTS.md", *(f"docs/{path.name}" for path in ROOT.glob("docs/*.md")))
CODE = ("stacks", "cloudtrail", "trail_logs", "local_aws", "lab_steps", "tests", "bench", "website")
BUILT = {"node_modules", "built", "__pycache__"}
"""Folders that nobody wrote."""

BLOCK = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
PATH = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*/?")
OTHERS_ENDINGS = (".json", ".jsonl", ".csv", ".txt", ".yml", ".yaml", ".com", ".internal")
OF_AWS = {"AutoDeployment.DependsOn", "LocalAws.FunctionsAreOff", "storage.location.template"}
"""Properties and an error code that are called like modules and classes of ours."""

DOTTED = re.compile(r"([A-Za-z_]\w*(?:\.\w+)+)(?:\(.*\))?")


@cache
def paths() -> tuple[str, ...]:
    """`/lab_steps/lab.py` and all others: modules as files, folders without a slash at the end."""
    found = [path for path in ROOT.iterdir() if path.is_file()]
    for top in (*CODE, "docs", "console/src"):
        inside = (ROOT / top, *(ROOT / top).rglob("*"))
        found += [path for path in inside if not BUILT & {*path.parts}]
    return tuple(f"/{path.relative_to(ROOT).as_posix()}" for path in found)


@cache
def folders() -> frozenset[str]:
    return frozenset(part for path in paths() for part in path.split("/")[1:-1])


@cache
def source(path: str) -> str:
    return (ROOT / path[1:]).read_text(encoding="utf-8")


@cache
def definitions(module: str) -> frozenset[str]:
    """What a module defines, and what its classes do."""
    tree = ast.parse(source(module))
    inside = [node.body for node in tree.body if isinstance(node, ast.ClassDef)]
    return frozenset(name for body in (tree.body, *inside) for name in _defined(body))


def _defined(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))


@cache
def modules_of_classes() -> dict[str, list[str]]:
    """The modules that define a class, by its name in lower case."""
    found = defaultdict[str, list[str]](list)
    for path in paths():
        if path.endswith(".py"):
            for name in re.findall(r"^class (\w+)", source(path), re.MULTILINE):
                found[name.lower()].append(path)
    return found


def there(path: str) -> list[str]:
    """The paths that end so; what begins with a folder of ours at the top is looked for there."""
    if path.split("/", 1)[0] in CODE:
        return [each for each in paths() if fnmatch(each, f"/{path}")]
    return [each for each in paths() if each.endswith(f"/{path}")]


def resolves(name: str) -> bool:
    """Whether the name is there, or none of ours: an event, an option, a file of somebody's."""
    if PATH.fullmatch(name) and ("/" in name or name.endswith((".py", ".md"))):
        ours = "/" not in name or name.split("/", 1)[0] in folders()
        return not ours or bool(there(name.rstrip("/")) or there(f"{name}.py"))
    dotted = DOTTED.fullmatch(name)
    if not dotted or name.endswith(OTHERS_ENDINGS) or name in OF_AWS or there(name):
        return True
    return _is_defined(dotted[1].split("."))


def _is_defined(parts: list[str]) -> bool:
    """In a module (`lab_steps.lab.Lab`), or of a class: `View.ask`, `view.ask` of its value."""
    modules = [
        (definitions(path), ".".join(parts[length:]))
        for length in range(1, len(parts) + 1)
        for end in (".py", "/__init__.py")
        for path in there("/".join(parts[:length]) + end)
    ]
    modules += [
        (definitions(path), ".".join(parts[1:]))
        for path in modules_of_classes()[parts[0].replace("_", "").lower()]
    ]
    return not modules or any(not rest or rest in defined for defined, rest in modules)


def named_in(page: str) -> list[str]:
    text = BLOCK.sub("", (ROOT / page).read_text(encoding="utf-8"))
    return re.findall(r"`([^`\n]+)`", text)


@pytest.mark.parametrize("page", PAGES)
def test_what_a_document_names_is_there(page: str) -> None:
    assert sorted(name for name in set(named_in(page)) if not resolves(name)) == []


@pytest.mark.parametrize(
    "name",
    ["lab_steps/walkthrough/expectations.py", "cloudtrail.service.CloudTrailService",
     "view.NOBODYS", "lab_steps.lab.Lap", "Lab.stacks", "test_no_logs.py", "moto_changes/slow"],
)  # fmt: skip
def test_what_is_nowhere_is_noticed(name: str) -> None:
    assert not resolves(name)


def test_every_document_that_the_code_names_is_there() -> None:
    named = {
        document
        for path in paths()
        if path.endswith(".py")
        for document in re.findall(r"\bdocs/[\w-]+\.md", source(path))
    }
    assert len(named) > 3
    assert [each for each in sorted(named) if not (ROOT / each).exists()] == []
