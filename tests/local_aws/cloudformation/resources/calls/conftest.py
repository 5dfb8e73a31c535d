"""A client of CloudFormation, with the records of its calls."""

from __future__ import annotations

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudformation.resources.calls.deployer import (
    Deployer,
)
from tests.local_aws.delivered import client


@pytest.fixture
def aws(patient_aws: LocalAws) -> LocalAws:
    """A local AWS whose trails put nothing into buckets that stacks are to delete."""
    return patient_aws


@pytest.fixture
def deployer(aws: LocalAws) -> Deployer:
    return Deployer(aws, client(aws, "cloudformation"))
