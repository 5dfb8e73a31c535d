"""Stack sets with their instances and operations: the state that the API describes."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct, field

from cloudtrail.partitions import partition_of
from local_aws.cloudformation.language.templates import Template
from local_aws.cloudformation.stacks import now

ADMINISTRATION_ROLE = "AWSCloudFormationStackSetAdministrationRole"
EXECUTION_ROLE = "AWSCloudFormationStackSetExecutionRole"
SELF_MANAGED = "SELF_MANAGED"
SERVICE_MANAGED = "SERVICE_MANAGED"

Place = tuple[str, str]
"""An account and a Region."""


class StackSetDefinition(Struct, frozen=True):
    """What the instances should be. All of them share one object."""

    body: str
    template: Template
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    capabilities: tuple[str, ...]
    description: str | None
    administration_role_arn: str | None
    execution_role_name: str | None


class AutoDeployment(Struct):
    """What happens with accounts that join or leave an organizational unit."""

    enabled: bool = False
    retains_stacks: bool = False


class StackInstance(Struct, eq=False):
    """A stack of a set in one account and Region, or the attempt at one.

    `status` is CURRENT, OUTDATED or INOPERABLE, `detail` the outcome of its last operation. `unit`
    is the organizational unit through which it was deployed.
    """

    account: str
    region: str
    overrides: Mapping[str, str]
    unit: str | None = None
    stack_id: str | None = None
    status: str = "OUTDATED"
    detail: str = "PENDING"
    reason: str | None = None
    last_operation_id: str = ""


class OperationPreferences(Struct, frozen=True):
    """How an operation treats its targets (API/StackSetOperationPreferences).

    Counts are accounts of a Region; percentages are of those, rounded down.
    """

    failures: int | None = None
    failures_percentage: int | None = None
    concurrent: int | None = None
    concurrent_percentage: int | None = None
    region_order: tuple[str, ...] = ()
    regions_parallel: bool = False
    softly: bool = False
    """Whether concurrency stays as it is after failures (SOFT_FAILURE_TOLERANCE)."""

    def tolerated(self, accounts: int) -> int:
        """How many of a Region's accounts may fail before the operation stops."""
        if self.failures_percentage is not None:
            return accounts * self.failures_percentage // 100
        return self.failures or 0

    def at_once(self, accounts: int) -> int:
        """How many of a Region's accounts are worked on at once."""
        wanted = self.concurrent or 1
        if self.concurrent_percentage is not None:
            wanted = max(1, accounts * self.concurrent_percentage // 100)
        return wanted if self.softly else min(wanted, self.tolerated(accounts) + 1)


class InstanceResult(Struct):
    """How an operation went in one account and Region."""

    status: str = "PENDING"
    reason: str | None = None


class StackSetOperation(Struct, eq=False):
    """An operation on a stack set; `action` is CREATE, UPDATE or DELETE."""

    operation_id: str
    action: str
    definition: StackSetDefinition
    preferences: OperationPreferences
    results: dict[Place, InstanceResult]
    targets: Mapping[str, object] = field(default_factory=dict)
    retains_stacks: bool | None = None
    status: str = "RUNNING"
    created: datetime = field(default_factory=now)
    ended: datetime | None = None
    status_reason: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the operation has ended."""
        return self.ended is not None

    @property
    def failed(self) -> int:
        """In how many places the operation failed."""
        return sum(result.status == "FAILED" for result in self.results.values())

    def end(self, status: str) -> None:
        self.status, self.ended = status, now()


class StackSet:
    """A template with its settings, and the instances that were made of it."""

    def __init__(
        self,
        name: str,
        account_id: str,
        region: str,
        definition: StackSetDefinition,
        permission_model: str,
    ) -> None:
        self.name = name
        self.account_id, self.region = account_id, region
        self.stack_set_id = f"{name}:{uuid.uuid4()}"
        self.definition = definition
        self.permission_model = permission_model
        self.auto_deployment: AutoDeployment | None = None
        self.managed_execution = False
        self.status = "ACTIVE"
        self.instances: dict[Place, StackInstance] = {}
        self.operations: dict[str, StackSetOperation] = {}
        self.units: dict[str, set[str]] = {}
        """By organizational unit, the Regions in which its new accounts get stacks."""
        self.lock = threading.RLock()

    @property
    def arn(self) -> str:
        partition = partition_of(self.region)
        place = f"arn:{partition}:cloudformation:{self.region}:{self.account_id}"
        return f"{place}:stackset/{self.stack_set_id}"

    @property
    def is_service_managed(self) -> bool:
        """Whether the organization gives access to the accounts, instead of the user's roles."""
        return self.permission_model == SERVICE_MANAGED

    def unfinished(self) -> StackSetOperation | None:
        """The latest operation, if it is not over."""
        latest = next(reversed(self.operations.values()), None)
        return None if latest is None or latest.is_over else latest

    def mark_outdated(self, places: Iterable[Place]) -> None:
        """Mark instances whose definition is no longer the set's."""
        for place in places:
            if self.instances[place].status == "CURRENT":
                self.instances[place].status = "OUTDATED"
