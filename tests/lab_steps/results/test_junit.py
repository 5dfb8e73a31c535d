"""JUnit XML: the form that CI systems read, and what it says."""

from __future__ import annotations

import re
from datetime import timedelta
from xml.etree import ElementTree as ET

import msgspec
import pytest

from lab_steps.results.junit import junit
from lab_steps.results.result import Place
from tests.lab_steps.documents import made
from tests.lab_steps.step_numbers import NUMBERS

# What the schema of Jenkins' xUnit plugin, junit-10.xsd, allows: attributes, those that it
# requires, and children. A time has digits and one point, and no sign.
ALLOWED = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {
        *("name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp"),
        *("hostname", "id", "package", "file", "log", "url"),
    },
    "testcase": {"name", "time", "classname", "group"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
    "property": {"name", "value"},
    "properties": set(),
    "system-out": set(),
}
REQUIRED = {
    "testsuite": {"name", "tests", "failures", "errors"},
    "testcase": {"name"},
    "property": {"name", "value"},
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testsuite", "properties", "testcase", "system-out", "system-err"},
    "properties": {"property"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
}
TIME = re.compile(r"\d+\.\d{3}")


@pytest.fixture(scope="module")
def document() -> ET.Element:
    return ET.fromstring(junit(made()))


def case(document: ET.Element, number: int) -> ET.Element:
    (found,) = [
        each
        for each in document.iter("testcase")
        if each.attrib["name"].startswith(f"{number:02} ")
    ]
    return found


def test_jenkins_schema_allows_every_element_with_its_attributes(document: ET.Element) -> None:
    assert document.tag == "testsuites"
    for element in document.iter():
        assert REQUIRED.get(element.tag, set()) <= set(element.attrib) <= ALLOWED[element.tag]
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
        assert TIME.fullmatch(element.attrib.get("time", "0.000"))


def test_a_case_has_the_time_that_its_step_took_and_a_suite_their_sum() -> None:
    timed = msgspec.structs.replace(made(), step_seconds={"1": 0.25, "2": 1.5, "34": 1234.5678})
    root = ET.fromstring(junit(timed))
    times = {each.attrib["name"][:2]: each.attrib["time"] for each in root.iter("testcase")}
    assert (times["01"], times["02"], times["34"]) == ("0.250", "1.500", "1234.568")
    assert times["03"] == "0.000"
    first = next(root.iter("testsuite"))
    cases = [float(each.attrib["time"]) for each in first.iter("testcase")]
    assert float(first.attrib["time"]) == pytest.approx(sum(cases))


def test_a_clock_that_was_set_back_makes_no_time_negative() -> None:
    back = msgspec.structs.replace(made(), finished=made().started - timedelta(minutes=5))
    assert ET.fromstring(junit(back)).attrib["time"] == "0.000"


def test_the_counts_of_a_suite_are_those_of_its_cases(document: ET.Element) -> None:
    for suite in [document, *document.iter("testsuite")]:
        cases = list(suite.iter("testcase"))
        assert int(suite.attrib["tests"]) == len(cases)
        for counted, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            if counted in suite.attrib or suite is not document:
                assert int(suite.attrib[counted]) == sum(len(each.findall(tag)) for each in cases)


def test_the_cases_are_in_the_walkthroughs_order(document: ET.Element) -> None:
    names = [each.attrib["name"] for each in document.iter("testcase")]
    assert [int(name[:2]) for name in names] == list(NUMBERS)


@pytest.mark.parametrize(
    ("number", "element", "outcome"),
    [(10, "failure", "FAIL"), (28, "skipped", "BLOCKED"), (34, "skipped", "PENDING")],
)
def test_an_outcome_is_its_element_with_a_message(
    number: int, element: str, outcome: str, document: ET.Element
) -> None:
    (told,) = [each for each in case(document, number) if each.tag != "system-out"]
    assert told.tag == element
    assert told.attrib["type"] == outcome
    assert told.attrib["message"].startswith(f"{outcome}: ")


def test_what_could_not_be_looked_at_is_an_error(document: ET.Element) -> None:
    (told,) = case(document, 38)
    assert (told.tag, told.attrib["message"]) == ("error", "ERROR: AccessDenied")


def test_what_passed_has_its_evidence_only(document: ET.Element) -> None:
    (proof,) = case(document, 37)
    assert proof.tag == "system-out"
    assert "PutItem 2026-03-14T12:00:30Z id-1 s3://" in str(proof.text)


def test_a_failure_says_what_to_do(document: ET.Element) -> None:
    text = str(case(document, 10).find("failure").text)  # type: ignore[union-attr]
    for part in ("expected: both types", "found:", "why:", "do:       Tick both", "or:       aws "):
        assert part in text


def test_it_is_well_formed_whatever_is_in_the_data() -> None:
    """Every character there is, in every text of a result, its names included."""
    all_there_are = "".join(map(chr, range(0x3000))) + "\ud800\udfff\ufffe\uffff\U0010ffff"

    def spoiled(text: str) -> str:
        return text + all_there_are

    step = made().steps[9]
    texts = {name: spoiled(name) for name in ("title", "part", "expected", "actual", "rationale")}
    place = Place(title=all_there_are, kind=all_there_are, account=all_there_are, region="]]>")
    spoilt = msgspec.structs.replace(
        made(), steps=(msgspec.structs.replace(step, **texts),), place=place
    )
    root = ET.fromstring(junit(spoilt).encode())
    assert root.attrib["failures"] == "1"
    assert "]]>" in {each.attrib["value"] for each in root.iter("property")}


def test_what_xml_cannot_hold_is_spelled_out(document: ET.Element) -> None:
    message = case(document, 10).find("failure").attrib["message"]  # type: ignore[union-attr]
    assert message == "FAIL: one type <script>alert(1)</script>\"'&\\x1b[31m"
