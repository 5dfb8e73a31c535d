"""moto's models of resources, loaded when a type without a description is used.

moto's CloudFormation imports thirty services for their models before it serves its first request:
half of what it takes to load, and the lab's stacks need none of them.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

_PARSING = "moto.cloudformation.parsing"
_HEAVY = frozenset({"moto.ec2.models.core", "moto.ssm"})
"""What it imports besides services' `models`, and would load EC2."""


def install(patches: ExitStack) -> None:
    """Have moto's CloudFormation load the models later, if it is not loaded yet."""
    patches.enter_context(patch.object(sys, "meta_path", [_Finder, *sys.meta_path]))


class _Finder:
    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name == _PARSING else None
        if spec and spec.origin:
            spec.loader = _Loader(name, spec.origin)
        return spec


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        """Run moto's module with an `import` that delays models; its list of models loads them."""
        later: list[str] = []
        puts_off = partial(_import, later)
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": puts_off}
        super().exec_module(module)
        list_models = module.get_model_list

        def get_model_list() -> Any:
            for each in later:
                importlib.import_module(each)
            return list_models()

        module.get_model_list = get_model_list  # type: ignore[attr-defined]


def _import(
    later: list[str],
    name: str,
    variables: Mapping[str, object] | None = None,
    local: Mapping[str, object] | None = None,
    wanted: Sequence[str] = (),
    level: int = 0,
) -> Any:
    """Import, but give `from moto.SERVICE import models` names that import when they are used."""
    models = name.startswith("moto.") and tuple(wanted) == ("models",)
    if not models and name not in _HEAVY:
        return __import__(name, variables, local, wanted, level)
    later.append(f"{name}.models" if models else name)
    return SimpleNamespace(**{each: _Late(name, each) for each in wanted})


class _Late:
    """A name of a module that is imported when the name is used."""

    def __init__(self, module: str, name: str) -> None:
        self._place = (module, name)

    def _itself(self) -> Any:
        module, name = self._place
        return getattr(importlib.import_module(module), name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._itself(), name)

    def __getitem__(self, key: str) -> Any:
        return self._itself()[key]

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self._itself())
