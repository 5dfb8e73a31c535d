from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lab_steps.logs.cache import TallyCache, default_path, question_of
from lab_steps.logs.expectations import Expectation
from lab_steps.logs.reader import Reading, read
from lab_steps.logs.sources import Body, FolderSource, LogFile
from tests.lab_steps.logs.log_samples import file_of, key_of, record, write

PUT = Expectation("put", event_names=("PutItem",))


class Counting(FolderSource):
    """A folder that notes which files are read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.read: list[str] = []

    def bodies(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, Body]]:
        for file, body in super().bodies(files):
            self.read.append(file.key)
            yield file, body


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    for _ in range(3):
        write(folder, key_of(), file_of(record(), record("GetItem")))
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "tallies.sqlite"


def check(logs: Path, path: Path, *expectations: Expectation) -> tuple[Reading, list[str]]:
    source = Counting(logs)
    return read(source, expectations or (PUT,), cache=TallyCache(path)), source.read


def same(one: Reading, other: Reading) -> bool:
    return replace(one, cached=0) == replace(other, cached=0)


def test_a_repeated_check_reads_only_what_is_new(logs: Path, path: Path) -> None:
    first, _ = check(logs, path)
    again, read_again = check(logs, path)
    assert same(first, again)
    assert (read_again, again.cached) == ([], 3)
    new = key_of()
    write(logs, new, file_of(record()))
    more, read_now = check(logs, path)
    assert read_now == [new]
    assert more.of("put")[0].count == 4
    assert same(more, read(FolderSource(logs), [PUT]))


def test_a_changed_file_is_read_again(logs: Path, path: Path) -> None:
    changed = key_of()
    write(logs, changed, file_of(record()))
    check(logs, path)
    write(logs, changed, file_of(record(), record(), record("ListTables")))
    reading, read_again = check(logs, path)
    assert read_again == [changed]
    assert reading.of("put")[0].count == 5


def test_a_deleted_file_no_longer_counts(logs: Path, path: Path) -> None:
    first, keys = check(logs, path)
    (logs / keys[0]).unlink()
    assert check(logs, path)[0].records == first.records - 2


def test_another_question_reads_the_files_again(logs: Path, path: Path) -> None:
    check(logs, path)
    reading, read_again = check(logs, path, replace(PUT, event_names=("GetItem",)))
    assert len(read_again) == 3
    assert reading.of("put")[0].count == 3


def test_names_and_bounds_are_no_part_of_the_question() -> None:
    renamed = replace(PUT, name="other", location="x", at_least=2, at_most=9)
    assert question_of([PUT]) == question_of([renamed])


def test_damage_is_remembered(logs: Path, path: Path) -> None:
    write(logs, key_of(), b"junk")
    first, _ = check(logs, path)
    again, read_again = check(logs, path)
    assert read_again == []
    assert again.damaged == first.damaged
    assert len(again.damaged) == 1


def test_two_folders_do_not_share_tallies(logs: Path, path: Path, tmp_path: Path) -> None:
    check(logs, path)
    other = tmp_path / "other"
    for file in logs.rglob("*.gz"):
        write(other, str(file.relative_to(logs)), file.read_bytes())
    assert check(other, path)[0].cached == 0


@pytest.mark.parametrize("junk", [b"junk" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_corrupt_cache_is_started_anew_with_a_notice(logs: Path, path: Path, junk: bytes) -> None:
    first, _ = check(logs, path)
    path.write_bytes(junk)
    reading, read_again = check(logs, path)
    assert len(read_again) == 3
    assert "is started anew" in reading.notices[0]
    assert reading.of("put") == first.of("put")
    assert check(logs, path)[0].cached == 3


def test_a_corrupt_tally_is_read_again(logs: Path, path: Path) -> None:
    check(logs, path)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE tallies SET tally = x'c1'")
    database.close()
    reading, read_again = check(logs, path)
    assert len(read_again) == 3
    assert "damaged" in reading.notices[0]


def test_a_cache_that_cannot_be_written_does_not_stop_the_check(logs: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    reading, _ = check(logs, tmp_path / "cache" / "tallies.sqlite")
    assert reading.of("put")[0].count == 3
    assert "was not used" in reading.notices[0]


def test_tallies_nobody_asks_for_are_dropped(logs: Path, path: Path) -> None:
    check(logs, path)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE tallies SET used = 0")
    check(logs, path, Expectation("another"))
    (count,) = database.execute("SELECT count(*) FROM tallies WHERE used = 0").fetchone()
    database.close()
    assert count == 0


def test_two_processes_share_a_cache(logs: Path, path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.lab_steps.logs.test_cache import check\n"
        "for _ in range(10):\n"
        "    reading, _ = check(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "    assert reading.of('put')[0].count == 3 and not reading.notices, reading\n"
    )
    command = [sys.executable, "-c", code, str(logs), str(path)]
    running = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in running] == [0, 0]


def test_the_cache_lies_where_xdg_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_path() == tmp_path / "cloudtrail-lab" / "tallies.sqlite"
