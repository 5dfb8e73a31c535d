"""The statement on a second engine, Spark: opt-in, as PySpark is large and starts slowly.

Skipped where PySpark or Java is missing (how to run it: docs/writing-a-lab.md). Every row of
the answer is compared with the local reader's.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.trail_logs.athena.test_same_answers import (
    EVERYTHING,
    by_reader,
    by_statement,
    expectations,
    files,
    spans_by_reader,
    spans_by_statement,
    write_all,
)
from tests.trail_logs.log_samples import NOON
from trail_logs.athena.statement import LogTable, statement
from trail_logs.expectations import Expectation

sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java", allow_module_level=True)

SCHEMA = """
Records array<struct<
  eventVersion: string,
  userIdentity: struct<type: string, arn: string, userName: string, accountId: string,
    sessionContext: struct<sessionIssuer: struct<arn: string, userName: string>>>,
  eventTime: string, eventSource: string, eventName: string, awsRegion: string,
  userAgent: string, errorCode: string, eventID: string, readOnly: string, eventType: string,
  recipientAccountId: string, eventCategory: string, requestParameters: string,
  resources: array<struct<ARN: string>>,
  insightDetails: struct<eventSource: string, eventName: string>>>
"""
_TABLE = """
SELECT record.*, path AS `$path`, regexp_extract(path, '/([0-9]+/[0-9]+/[0-9]+)/[^/]*$', 1)
  AS `timestamp`, regexp_extract(path, '/(CloudTrail[A-Za-z-]*)/', 1) AS folder
FROM (SELECT explode(Records) AS record, concat('s3://bucket', substr(input_file_name(), {cut}))
  AS path FROM files)
"""


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """One Spark of two threads, without its web page."""
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    yield session
    session.stop()


def rows_on_spark(spark: Any, folder: Path, asked: Sequence[Expectation]) -> list[dict[str, Any]]:
    """The answer of Athena's statement, in Spark's SQL, over the files in `folder`."""
    reader = spark.read.schema(SCHEMA).option("multiLine", True)
    found = reader.option("recursiveFileLookup", True).json(f"file://{folder}")
    found.createOrReplaceTempView("files")
    beginning = len(f"file://{folder}")
    spark.sql(_TABLE.format(cut=beginning + 1)).createOrReplaceTempView("trail")
    query = statement([*asked, EVERYTHING], {"": LogTable("", "trail", by_folder=True)}, NOON, NOON)
    return [row.asDict() for row in spark.sql(query.sql("spark")).collect()]


def test_spark_and_the_local_reader_say_the_same(spark: Any) -> None:
    seen: list[int] = []

    @settings(
        max_examples=15,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],  # no shrinking: every example costs seconds
    )
    @given(files, st.lists(expectations(), min_size=5, max_size=10))
    def check(contents: Any, asked: list[Expectation]) -> None:
        def rows_of(place: Path, wanted: Sequence[Expectation]) -> list[dict[str, Any]]:
            return rows_on_spark(spark, place, wanted)

        folder = Path(tempfile.mkdtemp(prefix="spark"))
        try:
            write_all(folder, contents)
            rows = by_statement(folder, asked, rows_of)
            assert rows == by_reader(folder, asked)
            assert spans_by_statement(folder, rows_of) == spans_by_reader(folder)
            seen.append(sum(row[2] for row in rows))
        finally:
            shutil.rmtree(folder)

    check()
    assert sum(seen) > 100
