"""Everything the local AWS changes in moto, in one place. Leaving the stack restores moto.

Each change corrects something that moto gets wrong for a CloudTrail user. Everything else of moto
stays as it is.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from cloudtrail.wildcards import is_like
from local_aws.moto_changes.first_use import ANY_SERVICE, on_first_use, uses_of

if TYPE_CHECKING:
    from cloudtrail.policies.least_privilege import Denial
    from local_aws.cloudtrail.service import CloudTrailService
    from local_aws.recording.recorder import Recorder

_USER_ID = "_local_aws_user_id"


def install(
    stack: contextlib.ExitStack,
    *,
    endpoint_url: str,
    recorder: Recorder,
    on_reset: Callable[[], None],
    call_out: bool = False,
) -> None:
    """Apply every change until `stack` is left; `call_out` lets HTTP endpoints be anywhere."""
    from local_aws import athena, auto_scaling, cloudformation, consumers
    from local_aws.cloudtrail.delivery import outbox
    from local_aws.moto_changes import (
        account_regions,
        answers,
        changes,
        first_use,
        flow_logs,
        log_group_tags,
        organizations,
        quick,
        quotas,
        stack_resources,
        state_machines,
        topics,
        trail_tags,
    )
    from local_aws.moto_changes.access import inline_policies, policy_checks, simulations
    from local_aws.moto_changes.dynamodb import partiql, streams
    from local_aws.moto_changes.s3 import bucket_policies, buckets, missing_operations

    first_use.install(stack)
    quick.install(stack)
    _do_what_is_recorded(stack)
    _read_parameters_once(stack)
    _act_in_the_account_that_is_recorded(stack)
    on_first_use(
        stack, frozenset({"cloudtrail"}), functools.partial(_serve_cloudtrail, recorder.service)
    )
    _know_who_presigned(stack)
    note = recorder.service.denials.append
    on_first_use(stack, ANY_SERVICE, functools.partial(_know_who_calls, note))
    on_first_use(stack, uses_of("iam"), _know_aws_policies)
    on_first_use(stack, uses_of("s3"), _list_objects_by_page)
    _reset_with_moto(stack, on_reset)
    _never_write_requests_to_disk(stack)
    _let_no_page_in(stack)
    account_regions.install(stack)
    answers.install(stack)
    for module in (
        missing_operations,
        bucket_policies,
        buckets,
        flow_logs,
        inline_policies,
        log_group_tags,
        partiql,
        policy_checks,
        quotas,
        simulations,
        stack_resources,
        streams,
        topics,
    ):
        changes.change_on_first_use(stack, module.CHANGES)
    trail_tags.install(stack, recorder.service)
    outbox.install(stack, call_out=call_out)
    organizations.install(stack)
    state_machines.install(stack, endpoint_url)
    delivery = recorder.service.delivery
    consumers.install(stack, delivery.outbox, delivery.faults)
    athena.install(stack)
    auto_scaling.install(stack, endpoint_url, recorder)
    cloudformation.install(stack, endpoint_url, recorder)


def _know_who_calls(note: Callable[[Denial], None], stack: contextlib.ExitStack) -> None:
    """What each call asks of moto's IAM and STS, whose import is a third of a start."""
    from local_aws.moto_changes.access import iam_actions, refusals, role_trust, sessions

    _take_account_ids_for_keys(stack)
    _look_at_the_roles_of_now(stack)
    _tell_callers_who_they_are(stack)
    _keep_session_ids(stack)
    _match_policies_in_no_time(stack)
    iam_actions.install(stack, note)
    refusals.install(stack)
    sessions.install(stack)
    role_trust.install(stack)


def _take_account_ids_for_keys(stack: contextlib.ExitStack) -> None:
    """An access key id of 12 digits, which AWS never gives out, is the root user of that account.

    Other local AWSs have the same rule, so that a test needs no role to be in another account.
    """
    import moto.iam.models
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.core.responses import BaseResponse

    owners: dict[str, str] = {}

    def has(account_id: str, access_key: str) -> bool:
        found: Mapping[str, Any] = moto.iam.models.iam_backends.get(account_id, {})
        return any(access_key in backend.access_keys for backend in list(found.values()))

    def get_account_id_from(access_key: str) -> str:
        """moto looks through every account each time, and makes it a backend a partition."""
        if len(access_key) == 12 and access_key.isascii() and access_key.isdecimal():
            return access_key
        if has(owners.get(access_key, ""), access_key):
            return owners[access_key]
        for account_id in list(moto.iam.models.iam_backends):
            if has(account_id, access_key):
                owners[access_key] = account_id
                return account_id
        return DEFAULT_ACCOUNT_ID

    stack.enter_context(patch.object(moto.iam.models, "get_account_id_from", get_account_id_from))
    keys = re.compile(r"AWS.*(?<![A-Z0-9])([A-Z0-9]{20}|[0-9]{12})(?![A-Z0-9])[:/]")
    stack.enter_context(patch.object(BaseResponse, "access_key_regex", keys))


def _look_at_the_roles_of_now(stack: contextlib.ExitStack) -> None:
    """moto looks for a session's role at each call, which broke (500) where another made one."""
    from moto.iam.models import IAMBackend

    def get_roles(self: IAMBackend) -> list[Any]:
        return list(self.roles.values())

    stack.enter_context(patch.object(IAMBackend, "get_roles", get_roles))


def _do_what_is_recorded(stack: contextlib.ExitStack) -> None:
    """What a request asks is decided once: moto does the operation that its record names.

    Left alone, moto takes an operation's name from a form, the query, the body or a header,
    whatever the protocol, and any method of its classes for an operation: what took effect
    had another record, or none. Where the recorder found no operation, or another service
    (moto serves ELB and ELBv2 as one), moto's own choice is told to the recorder.
    """
    from moto.core.responses import BaseResponse
    from moto.core.utils import get_service_model

    from local_aws.recording.deserializing import Refused
    from local_aws.recording.requests import ASKED, Asked, request_protocol, service_name

    ask_moto = BaseResponse._get_action

    def get_action(self: BaseResponse) -> str:
        environ = self.normalized_request.environ
        service = self.boto3_service_name
        asked: Asked | None = environ.get(ASKED)
        if asked and asked.service == service:
            if asked.protocol.startswith("rest"):
                # It also keeps what the path names, for the operation to read.
                self._get_action_from_method_and_request_uri(self.normalized_request)
            return asked.operation
        action = ask_moto(self)
        protocol = request_protocol(service, environ) if service_name(service) else "rest"
        # What moto calls the action of a REST request is S3's IAM action, for one.
        if action and not protocol.startswith("rest"):
            if action not in get_service_model(service).operation_names:
                raise unknown_operation(protocol)
            environ[ASKED] = Asked(service, action, {}, protocol)
        return action

    def unknown_operation(protocol: str) -> Refused:
        if protocol in ("query", "ec2"):
            return Refused("InvalidAction", "The action is not valid for this web service.")
        return Refused("UnknownOperationException")

    stack.enter_context(patch.object(BaseResponse, "_get_action", get_action))


def _read_parameters_once(stack: contextlib.ExitStack) -> None:
    """moto acts on the parameters that are recorded; what it cannot read, it refuses."""
    from moto.core.responses import BaseResponse

    from local_aws.recording.deserializing import Refused
    from local_aws.recording.requests import ASKED, Asked, request_protocol

    parse_in_moto = BaseResponse.parse_parameters

    def parse_parameters(self: BaseResponse, request: Any) -> None:
        asked: Asked | None = request.environ.get(ASKED)
        if asked and asked.is_parsed_for(self.boto3_service_name, self.PROTOCOL_PARSER_MAP_TYPE):
            # Its own: moto changes what it was given, and a record tells what was asked.
            self.params = _copied(asked.parameters)
            return
        try:
            parse_in_moto(self, request)
        except Exception as error:
            # moto's parsers trust their input: whatever it makes them raise is about the input.
            protocol = request_protocol(self.boto3_service_name, request.environ)
            code = "SerializationException" if "json" in protocol else "MalformedInput"
            raise Refused(code) from error

    stack.enter_context(patch.object(BaseResponse, "parse_parameters", parse_parameters))


def _copied(value: Any) -> Any:
    if type(value) is dict:
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if type(value) is list else value


def _act_in_the_account_that_is_recorded(stack: contextlib.ExitStack) -> None:
    """Whose a request is, is decided once, too: moto would look through all accounts again."""
    from moto.core.responses import BaseResponse

    from local_aws.recording.receive import RECEIVED, Received

    ask_moto = BaseResponse.get_current_account

    def get_current_account(self: BaseResponse) -> str:
        received: Received | None = self.normalized_request.environ.get(RECEIVED)
        return ask_moto(self) if received is None else received.account_id

    stack.enter_context(patch.object(BaseResponse, "get_current_account", get_current_account))


def _serve_cloudtrail(service: CloudTrailService, stack: contextlib.ExitStack) -> None:
    """Our CloudTrail answers in place of moto's, which records and delivers nothing."""
    import moto.cloudtrail.urls

    from local_aws.cloudtrail.responses import routes_to

    stack.enter_context(patch.object(moto.cloudtrail.urls, "url_paths", routes_to(service)))


def _tell_callers_who_they_are(stack: contextlib.ExitStack) -> None:
    """A key nobody handed out is the root user's, as its records say.

    moto answers GetCallerIdentity with `arn:aws:sts::ACCOUNT:user/moto`, an ARN that AWS
    cannot have.
    """
    from moto.sts.models import STSBackend

    ask_moto = STSBackend.get_caller_identity

    def get_caller_identity(
        self: STSBackend, access_key_id: str, region: str
    ) -> tuple[str, str, str]:
        user_id, arn, account_id = ask_moto(self, access_key_id, region)
        if arn.endswith(":user/moto"):
            return account_id, f"arn:{self.partition}:iam::{account_id}:root", account_id
        return user_id, arn, account_id

    stack.enter_context(patch.object(STSBackend, "get_caller_identity", get_caller_identity))


def _keep_session_ids(stack: contextlib.ExitStack) -> None:
    """A role's session has one principal id, in every record and answer.

    moto draws another at each look where the role is not in its IAM, as those of other
    accounts usually are not.
    """
    from moto.sts.models import AssumedRole

    moto_property: Any = AssumedRole.user_id
    ask_moto = moto_property.fget

    def user_id(self: AssumedRole) -> str:
        state = vars(self)
        if _USER_ID not in state:
            state[_USER_ID] = ask_moto(self)
        return str(state[_USER_ID])

    stack.enter_context(patch.object(AssumedRole, "user_id", property(user_id)))


def _know_who_presigned(stack: contextlib.ExitStack) -> None:
    """A presigned request is its signer's; moto reads the key of Signature Version 2 alone."""
    from moto.core.responses import BaseResponse

    ask_moto = BaseResponse.get_access_key

    def get_access_key(self: BaseResponse) -> str:
        scope = self.querystring.get("X-Amz-Credential")
        if scope and "Authorization" not in self.headers:
            return str(scope[0]).partition("/")[0]
        return ask_moto(self)

    stack.enter_context(patch.object(BaseResponse, "get_access_key", get_access_key))


def _match_policies_in_no_time(stack: contextlib.ExitStack) -> None:
    """IAM's wildcards, `?` included; moto takes a pattern for a regular expression."""
    from moto.iam.access_control import IAMPolicyStatement

    from local_aws.moto_changes.access.iam_actions import NamedArn

    def match(pattern: str, string: str) -> bool | None:
        found = is_like(pattern, string)
        return found or (isinstance(string, NamedArn) and is_like(string, pattern)) or None

    stack.enter_context(patch.object(IAMPolicyStatement, "_match", staticmethod(match)))


def _list_objects_by_page(stack: contextlib.ExitStack) -> None:
    from local_aws.moto_changes.s3 import object_lists

    object_lists.install(stack)


def _know_aws_policies(stack: contextlib.ExitStack) -> None:
    """AWS's managed policies exist once they are asked for; moto loads all of them, or none."""
    from moto.iam.models import IAMBackend

    for name in ("attach_group_policy", "attach_role_policy", "attach_user_policy", "get_policy"):
        changed = _knowing_the_policy(getattr(IAMBackend, name))
        stack.enter_context(patch.object(IAMBackend, name, changed))


def _knowing_the_policy(ask_moto: Callable[..., Any]) -> Callable[..., Any]:
    from moto.iam.models import AWSManagedPolicy

    def ask(self: Any, policy_arn: str, *arguments: Any) -> Any:
        name = policy_arn.rpartition("/")[2]
        if policy_arn not in self.managed_policies and name in _aws_policies():
            data = _aws_policies()[name]
            policy = AWSManagedPolicy.from_data(name, self.account_id, self.region_name, data)
            if policy.arn == policy_arn:
                self.managed_policies[policy_arn] = policy
        return ask_moto(self, policy_arn, *arguments)

    return ask


@functools.cache
def _aws_policies() -> dict[str, dict[str, Any]]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    policies: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    return policies


def _reset_with_moto(stack: contextlib.ExitStack, on_reset: Callable[[], None]) -> None:
    """POST /moto-api/reset also forgets what CloudTrail recorded."""
    from moto.moto_api._internal.models import MotoAPIBackend

    reset_moto: Any = MotoAPIBackend.reset

    def reset(self: MotoAPIBackend) -> None:
        reset_moto(self)
        on_reset()

    stack.enter_context(patch.object(MotoAPIBackend, "reset", reset))


def _never_write_requests_to_disk(stack: contextlib.ExitStack) -> None:
    """moto's recorder writes nothing, whatever MOTO_ENABLE_RECORDING says.

    Its file lies in the current folder and holds requests whole, secrets included.
    """
    from moto.moto_api import recorder

    stack.enter_context(patch.object(recorder, "_record_request", lambda *_arguments: None))


def _let_no_page_in(stack: contextlib.ExitStack) -> None:
    """moto allows every page of every site to call and to read the answer; `door` decides that."""
    import moto.moto_server.werkzeug_app

    stack.enter_context(patch.object(moto.moto_server.werkzeug_app, "DISABLE_GLOBAL_CORS", True))
