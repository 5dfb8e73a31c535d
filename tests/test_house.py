"""What a newcomer may rely on: a class name means one thing, a folder can be seen at a glance."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

from grimp import build_graph

from tests.lab_steps.step_numbers import NUMBERS

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
    """Verbs are as many as the command line has: one file each."""
    sizes = {str(folder.relative_to(ROOT)): len(list(folder.glob("*.py"))) for folder in FOLDERS}
    del sizes["lab_steps/verbs"]
    assert {folder: size for folder, size in sizes.items() if size > 16} == {}


def test_a_folder_says_what_it_holds() -> None:
    packages = {folder: folder / "__init__.py" for folder in FOLDERS}
    silent = [
        str(folder.relative_to(ROOT))
        for folder, package in packages.items()
        if not ast.get_docstring(ast.parse(package.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_code_is_in_modules() -> None:
    """What `__init__` defines, other than tables and a few lines that read one, nobody finds."""
    found = {
        f"{folder.relative_to(ROOT)}: {node.name}": size
        for folder in FOLDERS
        for node in ast.parse((folder / "__init__.py").read_text("utf-8")).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
        if (size := (node.end_lineno or 0) - node.lineno) > 8 or isinstance(node, ast.ClassDef)
    }
    assert found == {}


def test_a_list_of_files_has_them_all() -> None:
    lists = {}
    for folder in FOLDERS:
        told = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
        listed = set(re.findall(r"\b([a-z]\w+)\.py\b", told))
        files = {path.stem for path in folder.glob("[!_]*.py")}
        if len(listed & files) > 1:
            lists[str(folder.relative_to(ROOT))] = listed ^ files
    assert {folder: wrong for folder, wrong in lists.items() if wrong} == {}
    assert lists


def test_a_step_is_found_by_its_number() -> None:
    folder, found = ROOT / "lab_steps/walkthrough/steps", list[int]()
    for path in folder.glob("step*_[0-9]*.py"):
        first, *last = map(int, re.findall(r"_(\d+)", path.name))
        steps = import_module(f"lab_steps.walkthrough.steps.{path.stem}").STEPS
        assert [each.number for each in steps] == list(range(first, (*last, first)[0] + 1))
        found += [each.number for each in steps]
    assert sorted(found) == list(NUMBERS)


def test_imports_go_round_in_no_circle() -> None:
    """Those for types alone and those inside functions included."""
    graph = build_graph(*ROOMS, "tests", "bench", "website", cache_dir=None)
    known = graph.modules
    TopologicalSorter(
        {name: graph.find_modules_directly_imported_by(name) for name in known}
    ).prepare()


def test_the_consoles_imports_go_round_in_no_circle() -> None:
    """Those for types alone and those of pages that are loaded later included."""
    sources = {path.with_suffix(""): path for path in (ROOT / "console/src").rglob("*.ts*")}
    imported = {
        name: {
            (name.parent / each).resolve()
            for each in re.findall(r'(?:from |import\()"(\.[^"]+)"', path.read_text("utf-8"))
        }
        for name, path in sources.items()
    }
    assert set().union(*imported.values()) <= sources.keys()
    TopologicalSorter(imported).prepare()
