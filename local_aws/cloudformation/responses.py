"""CloudFormation's API: requests in, API-shaped responses out."""

from __future__ import annotations

import json

from moto.core.responses import ActionResult, EmptyResult

from local_aws.cloudformation.answers import (
    change_set_json,
    description,
    importable,
    resource_json,
    stack_json,
    template_json,
)
from local_aws.cloudformation.backend import (
    check_name,
    check_updatable,
)
from local_aws.cloudformation.change_sets import ChangeSet
from local_aws.cloudformation.exceptions import AlreadyExistsException, ValidationError
from local_aws.cloudformation.language.checks import check_capabilities
from local_aws.cloudformation.language.parameters import check_parameters
from local_aws.cloudformation.language.templates import Template
from local_aws.cloudformation.requests import values_of
from local_aws.cloudformation.rollbacks import RollbackOperations
from local_aws.cloudformation.stack_sets.responses import StackSetResponse
from local_aws.cloudformation.stacks import Stack, StackInput, exports_of, importers_of
from local_aws.cloudformation.template_urls import read_template

_EVENTS_A_PAGE = 100
_STACKS_A_PAGE = 50


class LocalCloudFormationResponse(RollbackOperations, StackSetResponse):
    """The operations on stacks and change sets, and those on stack sets."""

    # --- stacks --------------------------------------------------------------------------

    def create_stack(self) -> ActionResult:
        """CreateStack answers the id. The stack's events report its progress."""
        name = self._get_param("StackName")
        check_name("stackName", name)
        on_failure = self._on_failure()
        stack = self._backend.new_stack(name, self._input(name, None))
        stack.on_failure = on_failure
        stack.client_request_token = self._get_param("ClientRequestToken")
        stack.enable_termination_protection = bool(
            self._get_param("EnableTerminationProtection", False)
        )
        stack.timeout_in_minutes = self._get_param("TimeoutInMinutes")
        stack.retain_except_on_create = bool(self._get_param("RetainExceptOnCreate", False))
        stack.policy = self._get_param("StackPolicyBody") or ""
        self._backend.start_create(stack, self._caller())
        return ActionResult({"StackId": stack.stack_id})

    def update_stack(self) -> ActionResult:
        stack = self._backend.get_stack(self._get_param("StackName"), "Stack [{}]")
        check_updatable(stack)
        wanted = self._input(stack.name, stack)
        if wanted.same_as(stack.input) and stack.status != "UPDATE_FAILED":
            raise ValidationError("No updates are to be performed.")
        stack.on_failure = "DO_NOTHING" if self._get_param("DisableRollback") else "ROLLBACK"
        stack.client_request_token = self._get_param("ClientRequestToken")
        self._backend.start_update(stack, wanted, self._caller())
        return ActionResult({"StackId": stack.stack_id})

    def delete_stack(self) -> ActionResult:
        """DeleteStack; a stack that does not exist is deleted already."""
        stack = self._backend.find(self._get_param("StackName"))
        if stack is not None:
            stack.client_request_token = self._get_param("ClientRequestToken")
            retained = self._get_param("RetainResources", [])
            role_arn = self._get_param("RoleARN")
            self._backend.start_delete(stack, retained, self._caller(), role_arn)
        return EmptyResult()

    def update_termination_protection(self) -> ActionResult:
        stack = self._stack()
        stack.enable_termination_protection = bool(self._get_param("EnableTerminationProtection"))
        return ActionResult({"StackId": stack.stack_id})

    def describe_stacks(self) -> ActionResult:
        """DescribeStacks, fifty a page."""
        name = self._get_param("StackName")
        stacks = [self._backend.get_stack(name)] if name else list(self._backend.stacks.values())
        page, token = self._page(stacks, _STACKS_A_PAGE)
        return ActionResult({"Stacks": [stack_json(stack) for stack in page], "NextToken": token})

    def list_stacks(self) -> ActionResult:
        """ListStacks, deleted ones included."""
        wanted = self._get_param("StackStatusFilter", [])
        backend = self._backend
        everything = [*backend.stacks.values(), *backend.deleted_stacks.values()]
        chosen = [stack for stack in everything if not wanted or stack.status in wanted]
        page, token = self._page(chosen, _STACKS_A_PAGE)
        summaries = [
            {**stack_json(stack), "TemplateDescription": description(stack)} for stack in page
        ]
        return ActionResult({"StackSummaries": summaries, "NextToken": token})

    def describe_stack_events(self) -> ActionResult:
        """DescribeStackEvents, newest first."""
        stack = self._backend.get_stack(self._get_param("StackName"), "Stack [{}]")
        page, token = self._page(stack.events[::-1], _EVENTS_A_PAGE)
        return ActionResult({"StackEvents": page, "NextToken": token})

    def describe_stack_resource(self) -> ActionResult:
        name = self._get_param("StackName")
        stack = self._backend.get_stack(name, "Stack '{}'")
        logical_id = self._get_param("LogicalResourceId")
        resource = stack.resources.get(logical_id)
        if resource is None:
            raise ValidationError(f"Resource {logical_id} does not exist for stack {name}")
        detail = resource_json(stack, resource)
        metadata = resource.definition.get("Metadata", {})
        return ActionResult({"StackResourceDetail": {**detail, "Metadata": json.dumps(metadata)}})

    def describe_stack_resources(self) -> ActionResult:
        """DescribeStackResources, of a stack or of the stack that holds a physical id."""
        physical_id = self._get_param("PhysicalResourceId")
        stack = self._stack_of(physical_id) if physical_id else self._stack()
        logical_id = self._get_param("LogicalResourceId")
        found = [
            resource_json(stack, resource)
            for resource in stack.resources.values()
            if logical_id in {None, resource.logical_id}
        ]
        return ActionResult({"StackResources": found})

    def _stack_of(self, physical_id: str) -> Stack:
        for stack in self._backend.stacks.values():
            if any(item.physical_id == physical_id for item in stack.resources.values()):
                return stack
        raise ValidationError(f"Stack for {physical_id} does not exist")

    def list_stack_resources(self) -> ActionResult:
        stack = self._stack()
        page, token = self._page(list(stack.resources.values()), _EVENTS_A_PAGE)
        summaries = [resource_json(stack, resource) for resource in page]
        return ActionResult({"StackResourceSummaries": summaries, "NextToken": token})

    def get_template(self) -> ActionResult:
        """GetTemplate, of a stack or of a change set."""
        change_set_name = self._get_param("ChangeSetName") or ""
        if not change_set_name.startswith("arn:") and not self._get_param("StackName"):
            raise ValidationError("StackName is a required parameter.")
        body = self._change_set().wanted.body if change_set_name else self._stack().template
        stages = ["Original", "Processed"]
        return ActionResult({"TemplateBody": body, "StagesAvailable": stages})

    def get_template_summary(self) -> ActionResult:
        name = self._get_param("StackName")
        template = self._summarized(name) if name else self._new_template()[1]
        by_type: dict[str, list[str]] = {}
        for logical_id, definition in template["Resources"].items():
            by_type.setdefault(definition["Type"], []).append(logical_id)
        metadata = template.get("Metadata")
        return ActionResult(
            {
                **template_json(template),
                "Metadata": json.dumps(metadata, default=str) if metadata else None,
                "ResourceIdentifierSummaries": importable(by_type) or None,
                "ResourceTypes": list(by_type),
                "Version": template.get("AWSTemplateFormatVersion"),
            }
        )

    def _summarized(self, name: str) -> Template:
        stack = self._backend.get_stack(name)
        if not stack.input.template:
            raise ValidationError(f"GetTemplateSummary cannot be called on {stack.status} stacks.")
        return stack.input.template

    def validate_template(self) -> ActionResult:
        return ActionResult(template_json(self._new_template()[1]))

    def list_exports(self) -> ActionResult:
        exports = list(exports_of(self._backend.stacks).values())
        page, token = self._page(exports, _EVENTS_A_PAGE)
        return ActionResult({"Exports": page, "NextToken": token})

    def list_imports(self) -> ActionResult:
        """ListImports: the stacks that use an export."""
        name = self._get_param("ExportName")
        stacks = importers_of(name, self._backend.stacks)
        if not stacks:
            raise ValidationError(f"Export '{name}' is not imported by any stack.")
        return ActionResult({"Imports": stacks})

    # --- change sets ---------------------------------------------------------------------

    def create_change_set(self) -> ActionResult:
        """CreateChangeSet; one without changes is FAILED, as in AWS."""
        kind = self._get_param("ChangeSetType", "UPDATE")
        name, change_set_name = self._get_param("StackName"), self._get_param("ChangeSetName")
        check_name("changeSetName", change_set_name)
        if kind == "CREATE":
            stack = self._reviewed_stack(name, change_set_name)
        elif kind == "UPDATE":
            stack = self._backend.get_stack(name, "Stack [{}]")
            check_updatable(stack)
        else:
            raise ValidationError(f"ChangeSetType {kind} is not supported by the local AWS")
        created = self._backend.new_change_set(
            change_set_name,
            kind,
            stack,
            self._input(name, stack if kind == "UPDATE" else None),
            self._get_param("Description"),
            self._caller(),
        )
        created.on_failure = self._get_param("OnStackFailure")
        return ActionResult({"Id": created.change_set_id, "StackId": stack.stack_id})

    def _reviewed_stack(self, name: str, change_set_name: str) -> Stack:
        """The stack in REVIEW_IN_PROGRESS that a change set will create."""
        stack = self._backend.find(name)
        if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
            raise AlreadyExistsException(
                f"Stack [{name}] already exists and cannot be created again with the changeSet "
                f"[{change_set_name}]."
            )
        if stack is None:
            check_name("stackName", name)
        wanted = self._input(stack.name if stack else name, None)
        if stack is None:
            stack = self._backend.new_stack(name, StackInput("", {}, tags=wanted.tags))
            stack.report("REVIEW_IN_PROGRESS", "User Initiated")
        return stack

    def describe_change_set(self) -> ActionResult:
        return ActionResult(change_set_json(self._change_set()))

    def list_change_sets(self) -> ActionResult:
        stack = self._stack()
        found = [
            change_set_json(item)
            for item in self._backend.change_sets.values()
            if item.stack is stack
        ]
        return ActionResult({"Summaries": found})

    def delete_change_set(self) -> ActionResult:
        """DeleteChangeSet; one that does not exist is deleted already."""
        found = self._backend.find_change_set(
            self._get_param("ChangeSetName"), self._get_param("StackName")
        )
        if found is not None:
            self._backend.change_sets.pop(found.change_set_id, None)
        return EmptyResult()

    def execute_change_set(self) -> ActionResult:
        found = self._change_set()
        stack = found.stack
        stack.on_failure = self._on_failure(found.on_failure)
        stack.client_request_token = self._get_param("ClientRequestToken")
        stack.retain_except_on_create = bool(self._get_param("RetainExceptOnCreate", False))
        self._backend.start_change_set(found, self._caller())
        return EmptyResult()

    # --- reading requests ----------------------------------------------------------------

    def _stack(self) -> Stack:
        return self._backend.get_stack(self._get_param("StackName"))

    def _change_set(self) -> ChangeSet:
        return self._backend.get_change_set(
            self._get_param("ChangeSetName"), self._get_param("StackName")
        )

    def _on_failure(self, chosen: str | None = None) -> str:
        if self._get_param("DisableRollback") and self._get_param("OnFailure"):
            raise ValidationError("You can specify either DisableRollback or OnFailure, not both.")
        if self._get_param("DisableRollback"):
            return "DO_NOTHING"
        return str(self._get_param("OnFailure") or chosen or "ROLLBACK")

    def _input(self, name: str, current: Stack | None) -> StackInput:
        """The wanted stack from the request, checked."""
        previous = current.input if current else None
        if self._get_param("UsePreviousTemplate") and previous:
            if self._get_param("TemplateBody") or self._get_param("TemplateURL"):
                raise ValidationError(
                    "You cannot specify both usePreviousTemplate and Template Body/Template URL."
                )
            body, template = previous.body, previous.template
        else:
            body, template = self._new_template()
        parameters = values_of(
            self._get_param("Parameters", []), previous.values if previous else {}
        )
        check_parameters(template.get("Parameters") or {}, parameters)
        check_capabilities(template, self._get_param("Capabilities", []))
        tags = {tag["Key"]: tag["Value"] for tag in self._get_param("Tags", [])}
        wanted = StackInput(
            body=body,
            template=template,
            parameters=parameters,
            tags=tags or (previous.tags if previous else {}),
            capabilities=tuple(self._get_param("Capabilities", [])),
            notification_arns=tuple(self._get_param("NotificationARNs", [])),
            role_arn=self._get_param("RoleARN") or (previous.role_arn if previous else None),
        )
        backend = self._backend
        asked = current or Stack("", name, backend.account_id, backend.region_name, wanted)
        return backend.checked(asked, wanted, self._caller())

    def _get_stack_from_s3_url(self, template_url: str) -> str:
        """moto's SetStackPolicy calls this. It is moto's only operation that is still used."""
        return read_template(template_url, self.current_account, self.partition, "StackPolicyURL")
