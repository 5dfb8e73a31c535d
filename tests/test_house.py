"""What a newcomer may rely on: a class name means one thing, a folder can be seen at a glance."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from itertools import combinations
from pathlib import Path

from grimp import ImportGraph, build_graph

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


def told_by(folder: Path) -> str:
    return ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""


def listed_by(folder: Path) -> list[str]:
    """The modules and packages in the list of a package's docstring."""
    package = ".".join(folder.relative_to(ROOT).parts)
    names = re.findall(r"^ *([a-z]\w*)(?:\.py|/)  +\S", told_by(folder), re.MULTILINE)
    return [f"{package}.{name}" for name in names]


def test_a_folder_says_what_it_holds() -> None:
    assert [str(folder.relative_to(ROOT)) for folder in FOLDERS if not told_by(folder)] == []


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


def test_a_folder_of_many_files_lists_them() -> None:
    """Except where the files are verbs, commands, services or steps: their names say it all."""
    wrong = {}
    for folder in FOLDERS:
        name = folder.relative_to(ROOT).as_posix()
        files = {path.stem for path in folder.glob("[!_]*.py")}
        folders = {path.parent.name for path in folder.glob("*/__init__.py")}
        listed = {each.rpartition(".")[2] for each in listed_by(folder)}
        is_plain = re.search(r"/(verbs|commands|types|steps)\b", name)
        if listed != files | folders and (listed or (len(files) > 5 and not is_plain)):
            wrong[name] = listed ^ (files | folders)
    assert wrong == {}


def test_where_imports_go_down_a_list_they_do() -> None:
    wrong = [
        f"{lower} -> {upper}"
        for folder in FOLDERS
        if "Imports go down this list" in told_by(folder)
        for upper, lower in combinations(listed_by(folder), 2)
        if imports().direct_import_exists(importer=lower, imported=upper, as_packages=True)
    ]
    assert wrong == []


def test_a_step_is_found_by_its_number() -> None:
    folder, found = ROOT / "lab_steps/walkthrough/steps", list[int]()
    for path in folder.glob("step*_[0-9]*.py"):
        first, *last = map(int, re.findall(r"_(\d+)", path.name))
        steps = import_module(f"lab_steps.walkthrough.steps.{path.stem}").STEPS
        assert [each.number for each in steps] == list(range(first, (*last, first)[0] + 1))
        found += [each.number for each in steps]
    assert sorted(found) == list(NUMBERS)


@cache
def imports() -> ImportGraph:
    """Those for types alone and those inside functions included."""
    return build_graph(*ROOMS, "tests", "bench", "website", cache_dir=None)


def test_imports_go_round_in_no_circle() -> None:
    graph = imports()
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
