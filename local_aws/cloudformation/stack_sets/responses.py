"""The API of stack sets: requests in, API-shaped answers out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from msgspec.structs import replace

from local_aws.cloudformation.backend import check_name
from local_aws.cloudformation.exceptions import (
    NameAlreadyExistsException,
    StackInstanceNotFoundException,
    StackSetNotEmptyException,
    StackSetNotFoundException,
    ValidationError,
)
from local_aws.cloudformation.language.checks import check_capabilities
from local_aws.cloudformation.language.parameters import check_parameters
from local_aws.cloudformation.requests import values_of
from local_aws.cloudformation.rollbacks import UNCOMPARED
from local_aws.cloudformation.stack_sets import answers, running
from local_aws.cloudformation.stack_sets.operation_requests import (
    check_idle,
    new_operation,
    overrides,
)
from local_aws.cloudformation.stack_sets.requests import StackSetRequest
from local_aws.cloudformation.stack_sets.sets import (
    ADMINISTRATION_ROLE,
    EXECUTION_ROLE,
    SELF_MANAGED,
    AutoDeployment,
    StackInstance,
    StackSet,
    StackSetDefinition,
    StackSetOperation,
)
from local_aws.cloudformation.stack_sets.targets import meant

_FILTERS = {"DETAILED_STATUS": "detail", "LAST_OPERATION_ID": "last_operation_id"}


def _alone(change: Callable[[StackSetResponse], ActionResult]) -> Any:
    """Let only one request at a time start an operation on a set."""

    @functools.wraps(change)
    def answer(self: StackSetResponse) -> ActionResult:
        with self._stack_set().lock:
            return change(self)

    return answer


class StackSetResponse(StackSetRequest):
    """The operations on stack sets, their instances and operations."""

    # --- stack sets ----------------------------------------------------------------------

    def create_stack_set(self) -> ActionResult:
        name = self._get_param("StackSetName")
        check_name("stackSetName", name)
        self._refuse("StackId", "AutoDeployment.DependsOn")
        backend = self._sets
        if name in backend.stack_sets:
            raise NameAlreadyExistsException("StackSet already exists")
        body, template = self._new_template()
        model = self._get_param("PermissionModel") or SELF_MANAGED
        if self._is_delegated and model == SELF_MANAGED:
            raise ValidationError(
                "A delegated administrator can only operate stack sets with service-managed "
                "permissions"
            )
        definition = StackSetDefinition(
            body=body,
            template=template,
            parameters=values_of(self._get_param("Parameters") or [], {}),
            tags=self._tags() or {},
            capabilities=tuple(self._get_param("Capabilities") or []),
            description=self._get_param("Description"),
            administration_role_arn=self._get_param("AdministrationRoleARN"),
            execution_role_name=self._get_param("ExecutionRoleName"),
        )
        if model == SELF_MANAGED:
            definition = self._with_usual_roles(definition)
        _check(definition)
        created = StackSet(name, backend.account_id, backend.region_name, definition, model)
        self._enter_options(created)
        backend.stack_sets[name] = created
        return ActionResult({"StackSetId": created.stack_set_id})

    def _with_usual_roles(self, definition: StackSetDefinition) -> StackSetDefinition:
        usual = f"arn:{self.partition}:iam::{self.current_account}:role/{ADMINISTRATION_ROLE}"
        return replace(
            definition,
            administration_role_arn=definition.administration_role_arn or usual,
            execution_role_name=definition.execution_role_name or EXECUTION_ROLE,
        )

    @_alone
    def update_stack_set(self) -> ActionResult:
        """UpdateStackSet: updates all instances, or those that are named."""
        found = self._stack_set()
        self._refuse("AutoDeployment.DependsOn")
        check_idle(found)
        before = found.definition
        if self._get_param("UsePreviousTemplate"):
            body, template = before.body, before.template
        else:
            body, template = self._new_template()
        tags, given = self._tags(), self._get_param
        definition = StackSetDefinition(
            body=body,
            template=template,
            parameters=values_of(given("Parameters") or [], before.parameters),
            tags=before.tags if tags is None else tags,
            capabilities=tuple(given("Capabilities") or []),
            description=given("Description") or before.description,
            administration_role_arn=given("AdministrationRoleARN")
            or before.administration_role_arn,
            execution_role_name=given("ExecutionRoleName") or before.execution_role_name,
        )
        _check(definition)
        places = self._existing(found) if self._names_targets() else list(found.instances)
        usable = [place for place in places if found.instances[place].status != "INOPERABLE"]
        operation = new_operation(found, "UPDATE", usable, self._request)
        self._enter_options(found)
        operation.definition = found.definition = definition
        found.mark_outdated(found.instances)
        return self._start(found, operation)

    def delete_stack_set(self) -> ActionResult:
        """DeleteStackSet; one that does not exist is deleted already."""
        try:
            found = self._stack_set()
        except StackSetNotFoundException:
            return EmptyResult()
        check_idle(found)
        if found.instances:
            raise StackSetNotEmptyException("StackSet is not empty")
        backend = self._sets
        del backend.stack_sets[found.name]
        found.status = "DELETED"
        backend.deleted_stack_sets.append(found)
        return EmptyResult()

    def describe_stack_set(self) -> ActionResult:
        return ActionResult({"StackSet": answers.stack_set_json(self._stack_set())})

    def list_stack_sets(self) -> ActionResult:
        """ListStackSets, deleted ones included unless a status is requested."""
        wanted = self._get_param("Status")
        everything = [*self._known(), *filter(self._shows, self._sets.deleted_stack_sets)]
        return self._listed(
            answers.summary_json(each) for each in everything if wanted in {None, each.status}
        )

    # --- instances -----------------------------------------------------------------------

    @_alone
    def create_stack_instances(self) -> ActionResult:
        found = self._stack_set()
        accounts = meant(found, self._request, self.partition)
        regions = self._regions()
        places = [(account, region) for region in regions for account in accounts]
        values = overrides(found, self._get_param("ParameterOverrides") or [], {})
        operation = new_operation(found, "CREATE", places, self._request)
        for account, region in places:
            instance = found.instances.get((account, region))
            if instance is None:
                instance = StackInstance(account, region, values, accounts[account])
                found.instances[account, region] = instance
            instance.overrides = values
        for unit in self._units():
            found.units.setdefault(unit, set()).update(regions)
        return self._start(found, operation)

    @_alone
    def update_stack_instances(self) -> ActionResult:
        """UpdateStackInstances: other parameter values for existing instances."""
        found = self._stack_set()
        places = self._existing(found)
        given = self._get_param("ParameterOverrides")
        operation = new_operation(found, "UPDATE", places, self._request)
        for place in places:
            instance = found.instances[place]
            if given is not None:
                instance.overrides = overrides(found, given, instance.overrides)
        return self._start(found, operation)

    @_alone
    def delete_stack_instances(self) -> ActionResult:
        """DeleteStackInstances; with `RetainStacks` their stacks stay."""
        found = self._stack_set()
        accounts = meant(found, self._request, self.partition)
        regions = self._regions()
        wanted = ((account, region) for region in regions for account in accounts)
        places = [place for place in wanted if place in found.instances]
        operation = new_operation(found, "DELETE", places, self._request)
        for unit in self._units():
            left = found.units.get(unit, set()) - set(regions)
            found.units |= {unit: left}
            if not left:
                del found.units[unit]
        return self._start(found, operation)

    def describe_stack_instance(self) -> ActionResult:
        found = self._stack_set()
        account = self._get_param("StackInstanceAccount")
        region = self._get_param("StackInstanceRegion")
        instance = found.instances.get((account, region))
        if instance is None:
            raise StackInstanceNotFoundException(found.name, account, region)
        return ActionResult({"StackInstance": answers.whole_instance_json(found, instance)})

    def list_stack_instances(self) -> ActionResult:
        found = self._stack_set()
        account = self._get_param("StackInstanceAccount")
        region = self._get_param("StackInstanceRegion")
        chosen: Iterable[StackInstance] = [
            each
            for each in list(found.instances.values())
            if account in {None, each.account} and region in {None, each.region}
        ]
        for each in self._get_param("Filters") or []:
            chosen = _filtered(chosen, each["Name"], each["Values"])
        return self._listed(answers.instance_json(found, each) for each in chosen)

    # --- operations ----------------------------------------------------------------------

    def describe_stack_set_operation(self) -> ActionResult:
        found = self._stack_set()
        described = answers.operation_json(found, self._operation(found))
        return ActionResult({"StackSetOperation": described})

    def list_stack_set_operations(self) -> ActionResult:
        """ListStackSetOperations, newest first."""
        operations = list(self._stack_set().operations.values())[::-1]
        return self._listed(answers.operation_summary_json(each) for each in operations)

    def list_stack_set_operation_results(self) -> ActionResult:
        found = self._stack_set()
        results = self._operation(found).results
        statuses = [each["Values"] for each in self._get_param("Filters") or []]
        units = {place: each.unit for place, each in list(found.instances.items())}
        return self._listed(
            answers.result_json(place, result, units.get(place))
            for place, result in list(results.items())
            if all(result.status == status for status in statuses)
        )

    def stop_stack_set_operation(self) -> ActionResult:
        """StopStackSetOperation: work that has begun in an account is finished."""
        running.stop(self._operation(self._stack_set()))
        return EmptyResult()

    # --- what is not here ----------------------------------------------------------------

    def detect_stack_set_drift(self) -> ActionResult:
        """DetectStackSetDrift: refused, as DetectStackDrift is."""
        raise ValidationError(UNCOMPARED.format("DetectStackSetDrift"))

    def import_stacks_to_stack_set(self) -> ActionResult:
        """ImportStacksToStackSet: refused."""
        raise ValidationError(
            "The local AWS does not have ImportStacksToStackSet: a stack set here holds the "
            "stacks that it created. Use CreateStackInstances."
        )

    # --- the organization ----------------------------------------------------------------

    def activate_organizations_access(self) -> ActionResult:
        self._organization().trust(wanted=True)
        return EmptyResult()

    def deactivate_organizations_access(self) -> ActionResult:
        self._organization().trust(wanted=False)
        return EmptyResult()

    def describe_organizations_access(self) -> ActionResult:
        is_enabled = self._organization().is_trusting
        return ActionResult({"Status": "ENABLED" if is_enabled else "DISABLED"})

    def list_stack_set_auto_deployment_targets(self) -> ActionResult:
        """ListStackSetAutoDeploymentTargets: the units whose new accounts get stacks, and where."""
        units = self._stack_set().units
        return self._listed(
            {"OrganizationalUnitId": unit, "Regions": sorted(regions)}
            for unit, regions in units.items()
        )

    # --- starting operations -----------------------------------------------------------------

    def _start(self, found: StackSet, operation: StackSetOperation) -> ActionResult:
        for place in operation.results:
            instance = found.instances[place]
            instance.last_operation_id, instance.detail = operation.operation_id, "PENDING"
        running.start(found, operation, self._sets.services)
        return ActionResult({"OperationId": operation.operation_id})

    def _enter_options(self, stack_set: StackSet) -> None:
        """Set the options of a new or updated stack set, as the request gives them."""
        auto = self._get_param("AutoDeployment")
        managed = self._get_param("ManagedExecution")
        roles = self._get_param("AdministrationRoleARN") or self._get_param("ExecutionRoleName")
        if stack_set.is_service_managed:
            self._organization().check_trusting()
            if roles:
                raise ValidationError(
                    "AdministrationRoleARN and ExecutionRoleName are for stack sets with "
                    "self-managed permissions"
                )
        elif auto:
            raise ValidationError(
                "AutoDeployment is for stack sets with service-managed permissions"
            )
        if auto is not None:
            retains = bool(auto.get("RetainStacksOnAccountRemoval", False))
            stack_set.auto_deployment = AutoDeployment(bool(auto.get("Enabled")), retains)
        if managed is not None:
            stack_set.managed_execution = bool(managed.get("Active"))


def _check(definition: StackSetDefinition) -> None:
    """Raise ValidationError or InsufficientCapabilitiesException if no stack could have this."""
    check_parameters(definition.template.get("Parameters") or {}, definition.parameters)
    check_capabilities(definition.template, definition.capabilities)


def _filtered(
    instances: Iterable[StackInstance], name: str, wanted: str
) -> Iterable[StackInstance]:
    """The instances that a filter selects. Drift is never checked here."""
    if name == "DRIFT_STATUS":
        return instances if wanted == "NOT_CHECKED" else []
    return [each for each in instances if getattr(each, _FILTERS[name]) == wanted]
