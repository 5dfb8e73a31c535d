"""Keys as folders."""

from __future__ import annotations

from lab_steps.results.delivered import ObservedObject
from lab_steps.results.object_tree import MOST_LEVELS, object_tree


def objects(*keys: str) -> list[ObservedObject]:
    return [ObservedObject(key=key, size=10) for key in keys]


def test_a_chain_of_single_folders_is_one_folder() -> None:
    tree = object_tree("b", objects("AWSLogs/1/CloudTrail/x", "AWSLogs/1/CloudTrail/y"))
    (only,) = tree.folders.values()
    assert only.name == "AWSLogs/1/CloudTrail/"
    assert [each.key[-1] for each in only.objects] == ["x", "y"]


def test_folders_that_differ_stay_apart() -> None:
    tree = object_tree("b", objects("a/us-east-1/01/x", "a/us-east-1/02/y", "a/eu-west-1/03/z"))
    (top,) = tree.folders.values()
    assert top.name == "a/"
    assert [each.name for each in top.folders.values()] == ["us-east-1/", "eu-west-1/03/"]


def test_a_folder_counts_what_is_below_it() -> None:
    tree = object_tree("b", objects("a/b/x", "a/c/y", "z"))
    assert (tree.count, tree.size) == (3, 30)


def test_a_key_may_be_as_deep_as_s3_lets_it() -> None:
    """Keys of one to 500 folders, so that no two folders are one."""
    tree = object_tree("b", objects(*("a/" * depth + "x" for depth in range(1, 501))))
    assert tree.count == 500
    levels = 0
    while tree.folders:
        tree = tree.folders[max(tree.folders, key=len)]
        levels += 1
    assert levels == MOST_LEVELS + 1
