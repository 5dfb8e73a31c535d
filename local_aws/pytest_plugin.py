"""Fixtures for the tests of any project: just `pip install`, and pytest finds them.

    def test_a_bucket_is_made(local_aws):
        local_aws.client("s3").create_bucket(Bucket="logs")
        assert local_aws.records(event_name="CreateBucket").one()["userIdentity"]["type"] == "Root"

`pytest --local-aws-delivery-delay 300` and the other options of this plugin set what
`LocalAws` is started with; a test that needs others starts its own with `LocalAws(...)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from local_aws.server import LocalAws
    from local_aws.testing.records import Records

    AssertCalls = Callable[..., None]
    """Called with the name of a file next to the test, and optionally `records`."""

__all__ = ["assert_calls", "local_aws", "local_aws_environment"]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("local_aws", "a local AWS with a working CloudTrail")
    group.addoption(
        "--local-aws-delivery-delay",
        type=float,
        default=1.0,
        metavar="SECONDS",
        help="how long after an event its log file is delivered (default: 1); "
        "local_aws.deliver_now() does not wait",
    )
    group.addoption(
        "--local-aws-organization-trail",
        metavar="NAME",
        help="the account is a member of an organization that has a trail with this name",
    )
    group.addoption(
        "--update-calls",
        action="store_true",
        help="assert_calls writes the calls that were made to its file, for you to review",
    )


@pytest.fixture(scope="session")
def _local_aws_of_session(pytestconfig: pytest.Config) -> Iterator[LocalAws]:
    """One local AWS for the whole session, from the first test that needs it: a start takes a
    second."""
    from local_aws.organization_fixture import OrganizationTrail
    from local_aws.server import LocalAws

    name = pytestconfig.getoption("local_aws_organization_trail")
    with LocalAws(
        delivery_delay=pytestconfig.getoption("local_aws_delivery_delay"),
        organization=OrganizationTrail(name) if name else None,
    ) as aws:
        yield aws


@pytest.fixture
def local_aws(_local_aws_of_session: LocalAws) -> LocalAws:
    """An empty local AWS with the machine's time.

    `local_aws.client("cloudtrail")` is a boto3 client, `local_aws.endpoint_url` is for any other
    client. `records(...)` returns the records of all calls. `deliver_now()` and
    `advance(timedelta)` replace waiting.
    """
    _local_aws_of_session.clock.release()
    _local_aws_of_session.reset()
    return _local_aws_of_session


@pytest.fixture
def local_aws_environment(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> LocalAws:
    """The local AWS, with environment variables that point the test's AWS clients at it."""
    from local_aws.server import HIDING

    for name, value in local_aws.environment().items():
        monkeypatch.setenv(name, value)
    for name in HIDING:
        monkeypatch.delenv(name, raising=False)
    return local_aws


@pytest.fixture
def assert_calls(request: pytest.FixtureRequest, local_aws: LocalAws) -> AssertCalls:
    """A function that compares the calls made so far with a file next to the test.

    `assert_calls("deploy.calls.yaml")` fails with what is missing, new or changed. With
    `records=local_aws.records(user="deployer")` it only compares those.
    """
    from local_aws.testing import golden_calls

    def check(name: str, *, records: Records | None = None) -> None:
        __tracebackhide__ = True
        found = local_aws.records() if records is None else records
        path = request.path.parent / name
        golden_calls.assert_calls(path, found, update=request.config.getoption("update_calls"))

    return check
