"""A client of CloudFormation for the tests of its stacks."""

from __future__ import annotations

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import Stacks
from tests.local_aws.delivered import client


@pytest.fixture
def stacks(aws: LocalAws) -> Stacks:
    return Stacks(client(aws, "cloudformation"))
