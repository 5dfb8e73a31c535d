from __future__ import annotations

import gzip
import json

import pytest

from tests.fuzz import log_files
from tests.fuzz.figures import Figures
from tests.fuzz.strict_reader import Damaged, records_of
from tests.trail_logs.log_samples import file_of, record


def test_mutated_log_files_are_read_as_a_strict_reader_reads_them() -> None:
    assert log_files.run(600, seed=20260314) == Figures("log files", 600)


def test_the_fuzzer_makes_whole_damaged_and_partly_damaged_files() -> None:
    found = [log_files._wanted(log_files.case(1, number)) for number in range(300)]
    assert sum(damaged == 0 for _, damaged in found) > 40
    assert sum(damaged > 0 and bool(ids) for ids, damaged in found) > 40
    assert sum(damaged < 0 for _, damaged in found) > 40


def test_a_reader_that_overlooks_damage_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trail_logs.records.are_event_times", lambda _: True)
    found = log_files.run(300, seed=20260314)
    assert found.doubled > 0


def test_the_strict_reader_tells_records_that_count() -> None:
    padded = record(eventID=" 1")
    assert [counts for _, counts in records_of(file_of(record(), padded, record()))] == [
        True,
        False,
        True,
    ]
    with pytest.raises(Damaged):
        list(records_of(gzip.compress(json.dumps([]).encode())))
