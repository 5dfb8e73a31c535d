"""Signing in to the console in a browser, and what its first pages cost."""

from __future__ import annotations

import gzip
import statistics
from pathlib import Path

from local_aws import LocalAws
from tests.browser import in_browser
from tests.console.conftest import BUILT, STUDENT, records

SCRIPT = Path(__file__).with_name("first_visit.mjs")
MOST = 500_000
"""Bytes of the first load, packed."""


def packed(loaded: list[str]) -> int:
    names = {each.removeprefix("/_console/") or "index.html" for each in loaded}
    return sum(len(gzip.compress((BUILT / name).read_bytes())) for name in names)


def test_a_student_signs_in_and_opens_trails(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="objects")
    s3.put_object(Bucket="objects", Key="script.js", Body=b"1", ContentType="text/javascript")
    seen = in_browser(SCRIPT, aws.endpoint_url, STUDENT.name, STUDENT.password)
    assert (seen["problems"], seen["elsewhere"]) == ([], [])
    assert "student @ 123456789012" in seen["bar"]
    assert "US East (N. Virginia)" in seen["bar"]
    assert seen["kept"] == []
    assert seen["script"] == "refused"
    assert "Content Security Policy" in seen["refusals"][0]
    assert packed(seen["trailsLoaded"]) < MOST
    assert max(seen["clicks"].values()) < 300, seen["clicks"]
    for screen in seen["screens"]:
        assert packed(screen["loaded"]) < MOST, screen["route"]
    assert statistics.median(screen["cost"] for screen in seen["screens"]) < 1000
    wrong, right = records(aws, "ConsoleLogin")
    assert wrong["errorMessage"] == "Failed authentication"
    assert right["responseElements"] == {"ConsoleLogin": "Success"}
    listed = records(aws, "ListTrails")[0]
    assert listed["sessionCredentialFromConsole"] == "true"
    assert listed["userIdentity"]["userName"] == "student"
    assert listed["userAgent"].startswith("Mozilla/5.0")
