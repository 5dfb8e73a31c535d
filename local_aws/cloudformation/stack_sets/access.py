"""The way into an account: a role of the administrator's assumes a role there.

Self-managed, both roles are the user's. Service-managed, the organization's trust creates them: the
service-linked roles of StackSets, and a role for what is deployed. Sources: CloudFormation User
Guide, "Grant self-managed permissions" and "Activate trusted access"; AWS's managed policies
CloudFormationStackSetsOrgAdmin- and OrgMemberServiceRolePolicy.
"""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from typing import Any

from moto.iam.models import iam_backends

from cloudtrail.partitions import partition_of
from local_aws.cloudformation.resources.calls import (
    CLOUDFORMATION,
    OnBehalf,
    Services,
    on_behalf_of,
)
from local_aws.cloudformation.resources.failures import CallFailed
from local_aws.cloudformation.resources.resource_types import ApiCall
from local_aws.cloudformation.stack_sets.organizations import MEMBER, Organization
from local_aws.cloudformation.stack_sets.sets import StackSet, StackSetDefinition
from local_aws.moto_changes.access.role_trust import trusts
from local_aws.recording.clients import client_of
from local_aws.role_rights import trusts_service

ORG_ADMIN = "stacksets.cloudformation.amazonaws.com"
_LINKED_ROLES = {
    ORG_ADMIN: "CloudFormationStackSetsOrgAdmin",
    MEMBER: "CloudFormationStackSetsOrgMember",
}
"""The service-linked roles by their service, without AWSServiceRoleFor."""

_ADMINISTRATOR = "arn:{}:iam::aws:policy/AdministratorAccess"


class Unreachable(Exception):
    """An account does not let StackSets in. The text is the instance's reason."""


class AccountAccess:
    """The way of one operation into accounts. Raises Unreachable for accounts without one."""

    def __init__(
        self, stack_set: StackSet, definition: StackSetDefinition, services: Services
    ) -> None:
        self._set = stack_set
        self._services = services
        self._partition = partition_of(stack_set.region)
        self._administrator: OnBehalf | None = None
        self._lock = threading.Lock()
        if stack_set.is_service_managed:
            self._organization = Organization(stack_set.account_id, stack_set.region)
            self._admin_arn = self._linked_role(stack_set.account_id, ORG_ADMIN)
            self._service = ORG_ADMIN
            named = hashlib.md5(self._organization.id.encode(), usedforsecurity=False)
            self._role_name = f"stacksets-exec-{named.hexdigest()}"
        else:
            self._admin_arn = str(definition.administration_role_arn)
            self._service = CLOUDFORMATION
            self._role_name = str(definition.execution_role_name)

    def into(self, account: str, region: str) -> OnBehalf:
        """Calls in the account and Region, in a session of the role there."""
        if self._set.is_service_managed:
            self._enter_member(account)
        admin = self._as_administrator()
        role_arn = self._role(account, self._role_name)
        session = str(uuid.uuid4())
        try:
            if not trusts(role_arn, admin.identity, {}):
                raise self._refused(admin, role_arn, session)
            return admin.in_account(role_arn, session, region)
        except CallFailed as error:
            if error.code != "AccessDenied":
                raise
            trusted = self._admin_arn.partition(":role/")[2]
            raise Unreachable(
                f"Account {account} should have '{self._role_name}' role with trust relationship "
                f"to Role '{trusted}'."
            ) from error

    def _as_administrator(self) -> OnBehalf:
        """Calls in a session of the administrator's role: one session for the operation."""
        account, region = self._set.account_id, self._set.region
        with self._lock:
            if self._administrator is None:
                if not trusts_service(self._admin_arn, self._service, self._set.arn, account):
                    name = self._admin_arn.rpartition("/")[2]
                    raise Unreachable(
                        f"Account {account} should have '{name}' role with trust relationship to "
                        "CloudFormation service."
                    )
                itself = on_behalf_of(None, account, region, self._services)
                session = str(uuid.uuid4())
                self._administrator = itself.as_role(self._admin_arn, session, self._service)
            return self._administrator

    def _refused(self, admin: OnBehalf, role_arn: str, session: str) -> CallFailed:
        """STS's refusal if no role trusts the administrator's. It is recorded first."""
        arn = client_of(admin.identity).arn
        message = (
            f"User: {arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
        )
        error = CallFailed("AccessDenied", message, 403, str(uuid.uuid4()))
        asked = {"RoleArn": role_arn, "RoleSessionName": session}
        admin.announce(ApiCall("sts", "AssumeRole", asked), error=error)
        return error

    # --- by the organization's trust -----------------------------------------------------

    def _enter_member(self, account: str) -> None:
        """Create the role in a member account, with its service-linked role, if it does not
        exist."""
        if not self._organization.is_trusting:
            raise Unreachable("The organization no longer trusts StackSets.")
        iam = iam_backends[account][self._partition]
        with self._lock:
            if any(role.name == self._role_name for role in iam.get_roles()):
                return
            if not self._organization.has(account):
                raise Unreachable(f"Account {account} is not a member of the organization.")
            linked = self._linked_role(account, MEMBER)
            itself = on_behalf_of(None, account, self._set.region, self._services)
            member = itself.as_role(linked, str(uuid.uuid4()), MEMBER)
            trust = _trust({"AWS": self._admin_arn})
            role: dict[str, Any] = {"RoleName": self._role_name}
            policy = _ADMINISTRATOR.format(self._partition)
            member.send(ApiCall("iam", "CreateRole", {**role, "AssumeRolePolicyDocument": trust}))
            member.send(ApiCall("iam", "AttachRolePolicy", {**role, "PolicyArn": policy}))

    def _linked_role(self, account: str, service: str) -> str:
        """The service-linked role of an account. As in AWS, it is created when first needed."""
        name = f"AWSServiceRoleFor{_LINKED_ROLES[service]}"
        path = f"/aws-service-role/{service}/"
        iam = iam_backends[account][self._partition]
        if all(role.name != name for role in iam.get_roles()):
            iam.create_role(
                role_name=name,
                assume_role_policy_document=_trust({"Service": service}),
                path=path,
                permissions_boundary=None,
                description="",
                tags=[],
                max_session_duration="3600",
            )
            policy = f"{_LINKED_ROLES[service]}ServiceRolePolicy"
            attached = f"arn:{self._partition}:iam::aws:policy/aws-service-role/{policy}"
            iam.attach_role_policy(attached, name)
        return self._role(account, path.lstrip("/") + name)

    def _role(self, account: str, name: str) -> str:
        return f"arn:{self._partition}:iam::{account}:role/{name}"


def _trust(principal: dict[str, str]) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
