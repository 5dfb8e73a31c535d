"""A client of Athena, with a table and a workgroup."""

from __future__ import annotations

import pytest

from local_aws import LocalAws
from tests.local_aws.athena.grader import (
    LOGS,
    OTHERS,
    RESULTS,
    Grader,
    make_table,
)


@pytest.fixture
def grader(aws: LocalAws) -> Grader:
    """A table over a bucket, and a workgroup with a cut-off of ten megabytes."""
    found = Grader(aws)
    for bucket in (LOGS, RESULTS, OTHERS):
        found.s3.create_bucket(Bucket=bucket)
    found.glue.create_database(DatabaseInput={"Name": "logs"})
    make_table(found)
    configuration = {
        "ResultConfiguration": {"OutputLocation": f"s3://{RESULTS}/"},
        "EnforceWorkGroupConfiguration": True,
        "BytesScannedCutoffPerQuery": 10_000_000,
    }
    found.athena.create_work_group(Name="graders", Configuration=configuration, Description="")
    return found
