"""The table of differences, and how tests are told from moto's report."""

from __future__ import annotations

import tomllib
import xml.etree.ElementTree as ET

from tests.moto_suites.__main__ import SUITES, TABLE, lines_of, matching, outcome


def test_every_difference_is_of_a_suite_that_runs_and_says_what_aws_does() -> None:
    for each in tomllib.loads(TABLE.read_text(encoding="utf-8"))["difference"]:
        assert each.keys() == {"tests", "aws", "source"}
        assert each["aws"]
        assert each["source"]
        for line in each["tests"]:
            assert line.partition("/")[0].removeprefix("test_") in SUITES, line


def test_a_line_of_the_table_matches_whole_names_of_its_suite() -> None:
    lines = lines_of("sts")
    assert "test_sts/test_sts.py::test_sts_regions*" in lines
    assert matching("test_sts/test_sts.py::test_sts_regions[us-west-2]", lines)
    assert not matching("test_sts/test_sts.py::test_assume_role", lines)


def test_outcomes_are_read_from_the_report() -> None:
    def case(inner: str, name: str, inside: str = "") -> ET.Element:
        file = "tests/test_sts/test_sts.py"
        where = f'file="{file}" classname="tests.test_sts.test_sts{inner}" name="{name}"'
        return ET.fromstring(f"<testcase {where}>{inside}</testcase>")

    failure = '<failure message="AssertionError: 1 == 2&#10;more" />'
    assert outcome(case("", "test_a")) == ("test_sts/test_sts.py::test_a", "passed")
    assert outcome(case(".TestB", "test_c[x.y]", "<skipped />")) == (
        "test_sts/test_sts.py::TestB::test_c[x.y]",
        "skipped",
    )
    failed = ("test_sts/test_sts.py::test_d", "AssertionError: 1 == 2")
    assert outcome(case("", "test_d", failure)) == failed
