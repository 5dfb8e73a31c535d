"""Weights in a file: every wrong line is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_steps.classes.weights import weights
from lab_steps.errors import UsageError
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.lab_steps.step_numbers import ALL


def read(folder: Path, text: str, name: str = "weights.csv") -> dict[int, float]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return dict(weights(WALKTHROUGH, path))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("step,points\n1-32,2\n33,2.5\n", "w.csv"),
        ("\ufeffStep;Points\r\n1-32;2\r\n\r\n33;2.5\r\n", "w.csv"),
        ('[points]\n"1-32" = 2\n33 = 2.5\n', "w.toml"),
    ],
)
def test_steps_and_ranges_have_points_and_others_one(tmp_path: Path, text: str, name: str) -> None:
    found = read(tmp_path, text, name)
    assert [found[each] for each in (1, 32, 33, 34, 38)] == [2, 2, 2.5, 1, 1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("step,points\n1000,1\n", f"line 2: wanted a step or a range of 1 to {ALL}, such as 7"),
        ("step,points\n7-3,1\n", "line 2: wanted a step or a range"),
        ("step,points\n7-,1\n", "line 2: wanted a step or a range"),
        ("step,points\nseven,1\n", "line 2: wanted a step or a range"),
        ("step,points\n7,many\n", "line 2: wanted points from 0 to 1000, got 'many'"),
        ("step,points\n7,-1\n", "line 2: wanted points from 0 to 1000, got '-1'"),
        ("step,points\n7,nan\n", "line 2: wanted points from 0 to 1000, got 'nan'"),
        ("step,points\n7,1,2\n", "line 2: wanted 2 fields, got 3"),
        ("step,points\n7,1\n5-9,2\n", "line 3: step 7 already has its points in line 2"),
        (f"step,points\n1-{ALL},0\n", "wanted a step that is worth something"),
        ("steps,points\n", "line 1: wanted the header `step,points`"),
        ("", "line 1: wanted the header `step,points`"),
    ],
)
def test_a_line_that_is_wrong(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError, match="cannot be used as weights") as raised:
        read(tmp_path, text)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[points\n", "it is not TOML"),
        ("[weights]\n7 = 1\n", "wanted one table [points], got weights"),
        ("", "wanted one table [points], got nothing"),
        ('[points]\n7 = "x"\n', "points.7: wanted points from 0 to 1000, got 'x'"),
    ],
)
def test_a_toml_that_is_wrong(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError) as raised:
        read(tmp_path, text, "w.toml")
    assert told in str(raised.value)


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"Wanted weights in a \.csv or \.toml file"):
        read(tmp_path, "", "weights.xlsx")
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        weights(WALKTHROUGH, tmp_path / "none.csv")
