"""What requests to CloudFormation have in common: caller, template, parameters, pages."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from moto.cloudformation.responses import CloudFormationResponse

from local_aws.cloudformation import unknown_types
from local_aws.cloudformation.backend import LocalCloudFormationBackend
from local_aws.cloudformation.exceptions import ValidationError
from local_aws.cloudformation.language.checks import check_template
from local_aws.cloudformation.language.templates import (
    TEMPLATE_BODY_LIMIT,
    Template,
    parse_template,
)
from local_aws.cloudformation.template_urls import read_template
from local_aws.recording.callers import Credential, credential_of
from local_aws.recording.receive import ON_BEHALF_OF


@functools.lru_cache(maxsize=8)
def _checked(text: str, _ignores_unknown: bool) -> tuple[str, Template]:
    """Text and template, the same for all the stacks of a stack set."""
    template = parse_template(text)
    check_template(template)
    return text, template


class CloudFormationRequest(CloudFormationResponse):
    """Reads requests. Subclasses have the operations."""

    # moto makes lists of its dictionaries; ours are lists already.
    RESPONSE_KEY_PATH_TO_TRANSFORMER: Mapping[str, Any] = {}  # type: ignore[assignment]

    @property
    def _backend(self) -> LocalCloudFormationBackend:
        backend = self.cloudformation_backend
        assert isinstance(backend, LocalCloudFormationBackend)
        return backend

    def _caller(self) -> Credential | None:
        authorization = self.headers.get("Authorization", "")
        query = self.parsed_url.query
        return credential_of({"HTTP_AUTHORIZATION": authorization, "QUERY_STRING": query})

    def _new_template(self) -> tuple[str, Template]:
        body, url = self._get_param("TemplateBody"), self._get_param("TemplateURL")
        if bool(body) == bool(url):
            raise ValidationError("Either Template URL or Template Body must be specified.")
        if body and len(body.encode()) > TEMPLATE_BODY_LIMIT and not self._is_of_stack_set():
            raise ValidationError(
                "1 validation error detected: Value at 'templateBody' failed to satisfy "
                f"constraint: Member must have length less than or equal to {TEMPLATE_BODY_LIMIT}"
            )
        text = body or read_template(url, self.current_account, self.partition)
        return _checked(text, unknown_types.are_ignored())

    def _is_of_stack_set(self) -> bool:
        """Whether CloudFormation itself made the request, with a stack set's template from its
        URL."""
        return ON_BEHALF_OF in self.normalized_request.environ

    def _page(self, items: list[Any], size: int) -> tuple[list[Any], str | None]:
        token = self._get_param("NextToken") or "0"
        if not token.isdecimal():
            raise ValidationError(f"NextToken: wanted one of an earlier answer, got {token}")
        start = int(token)
        end = start + size
        return items[start:end], str(end) if end < len(items) else None


def values_of(given: list[Mapping[str, Any]], previous: Mapping[str, str]) -> dict[str, str]:
    """`Parameters` as values. Raises ValidationError for a previous value that does not exist."""
    values = {}
    for parameter in given:
        key = parameter["ParameterKey"]
        if not parameter.get("UsePreviousValue"):
            values[key] = parameter.get("ParameterValue", "")
        elif parameter.get("ParameterValue"):
            raise ValidationError(
                f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true "
                "and non empty value for a parameter"
            )
        elif key in previous:
            values[key] = previous[key]
        else:
            raise ValidationError(
                f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true "
                "for a parameter key not in the previous template"
            )
    return values
