"""Reads requests about stack sets: whose set, which operation, which accounts and Regions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.core.responses import ActionResult

from local_aws.cloudformation.backend import LocalCloudFormationBackend
from local_aws.cloudformation.exceptions import (
    OperationNotFoundException,
    StackInstanceNotFoundException,
    StackSetNotFoundException,
    ValidationError,
)
from local_aws.cloudformation.requests import CloudFormationRequest
from local_aws.cloudformation.stack_sets.organizations import Organization, administered_by
from local_aws.cloudformation.stack_sets.sets import Place, StackSet, StackSetOperation
from local_aws.cloudformation.stack_sets.targets import meant

_A_PAGE = 100


class StackSetRequest(CloudFormationRequest):
    """Reads requests about stack sets. Its subclass has the operations."""

    @property
    def _request(self) -> Mapping[str, Any]:
        return dict(self.params)

    def _organization(self) -> Organization:
        return Organization(self._owner, self.region)

    @property
    def _is_delegated(self) -> bool:
        return bool(self._get_param("CallAs") == "DELEGATED_ADMIN")

    @property
    def _owner(self) -> str:
        """The account that owns the stack sets: for a delegated administrator, the management
        account."""
        if self._is_delegated:
            return administered_by(self.current_account, self.region)
        return self.current_account

    @property
    def _sets(self) -> LocalCloudFormationBackend:
        from moto.cloudformation.models import cloudformation_backends

        backend = cloudformation_backends[self._owner][self.region]
        assert isinstance(backend, LocalCloudFormationBackend)
        return backend

    def _known(self) -> list[StackSet]:
        return [each for each in self._sets.stack_sets.values() if self._shows(each)]

    def _shows(self, found: StackSet) -> bool:
        return found.is_service_managed or not self._is_delegated

    def _stack_set(self) -> StackSet:
        asked = self._get_param("StackSetName")
        for found in self._known():
            if asked in {found.name, found.stack_set_id, found.arn}:
                return found
        raise StackSetNotFoundException(asked)

    def _operation(self, found: StackSet) -> StackSetOperation:
        asked = self._get_param("OperationId")
        if asked not in found.operations:
            raise OperationNotFoundException(f"Operation {asked} not found for {found.arn}")
        return found.operations[asked]

    def _refuse(self, *paths: str) -> None:
        for path in paths:
            if self._get_param(path):
                raise ValidationError(f"The local AWS does not have {path} of stack sets")

    def _tags(self) -> dict[str, str] | None:
        given = self._get_param("Tags")
        return None if given is None else {tag["Key"]: tag["Value"] for tag in given}

    def _regions(self) -> list[str]:
        regions = self._get_param("Regions") or []
        unknown = [each for each in regions if not self._has_region(each)]
        if unknown or not regions:
            named = ", ".join(unknown) or "none"
            raise ValidationError(f"Regions: wanted names of Regions, got {named}")
        return list(dict.fromkeys(regions))

    def _has_region(self, name: str) -> bool:
        from moto.cloudformation.models import cloudformation_backends

        return name in cloudformation_backends[self.current_account].regions

    def _units(self) -> list[str]:
        targets = self._get_param("DeploymentTargets") or {}
        return list(targets.get("OrganizationalUnitIds") or [])

    def _names_targets(self) -> bool:
        return any(self._get_param(name) for name in ("Accounts", "DeploymentTargets", "Regions"))

    def _existing(self, found: StackSet) -> list[Place]:
        """The places that the request names. Raises StackInstanceNotFoundException."""
        accounts = meant(found, self._request, self.partition)
        places = [(account, region) for region in self._regions() for account in accounts]
        missing = [place for place in places if place not in found.instances]
        if missing:
            raise StackInstanceNotFoundException(found.name, *missing[0])
        return places

    def _listed(self, summaries: Iterable[Mapping[str, Any]]) -> ActionResult:
        size = self._get_param("MaxResults") or _A_PAGE
        page, token = self._page(list(summaries), size)
        return ActionResult({"Summaries": page, "NextToken": token})
