"""The keys of a bucket as folders, the way the console shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lab_steps.results.delivered import ObservedObject

MOST_LEVELS = 40
"""Levels of folders that are shown; CloudTrail makes about ten, a key can have a thousand."""


@dataclass
class Folder:
    """A folder: `name` may be several levels, where each holds only the next."""

    name: str
    folders: dict[str, Folder] = field(default_factory=dict)
    objects: list[ObservedObject] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Objects in it and below."""
        return len(self.objects) + sum(each.count for each in self.folders.values())

    @property
    def size(self) -> int:
        """The bytes of these objects."""
        own = sum(each.size for each in self.objects)
        return own + sum(each.size for each in self.folders.values())


def object_tree(bucket: str, objects: Iterable[ObservedObject]) -> Folder:
    """The bucket as a folder, chains of single folders joined: `AWSLogs/1111.../CloudTrail/`."""
    root = Folder(bucket)
    for each in objects:
        here = root
        for name in _folders(each.key):
            here = here.folders.setdefault(name, Folder(f"{name}/"))
        here.objects.append(each)
    root.folders = {name: _joined(each) for name, each in root.folders.items()}
    return root


def _folders(key: str) -> list[str]:
    """The folders of a key, those below MOST_LEVELS as one."""
    *names, _ = key.split("/")
    if len(names) > MOST_LEVELS:
        names[MOST_LEVELS:] = ["/".join(names[MOST_LEVELS:])]
    return names


def _joined(folder: Folder) -> Folder:
    """`folder`, together with the next one while that is all it has."""
    while not folder.objects and len(folder.folders) == 1:
        (only,) = folder.folders.values()
        folder = Folder(folder.name + only.name, only.folders, only.objects)
    folder.folders = {name: _joined(each) for name, each in folder.folders.items()}
    return folder
