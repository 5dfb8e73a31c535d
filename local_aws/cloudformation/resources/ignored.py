"""Resources that are not created, because the local AWS should continue without them."""

from __future__ import annotations

from local_aws.cloudformation.resources.handlers import Handler, StackContext
from local_aws.cloudformation.stacks import Resource


class _Named(dict[str, str]):
    """Attributes that all have the same value."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def __missing__(self, attribute: str) -> str:
        return self._name


class Ignored(Handler):
    """Creates nothing. `Ref` and `Fn::GetAtt` give the name that the resource would have had."""

    remark = (
        "Ignored: the local AWS does not support this type, and was started with --unknown-types "
        "ignore. Nothing was created. Ref and Fn::GetAtt return a name."
    )

    def create(self, work: StackContext, resource: Resource) -> None:  # noqa: ARG002 - a handler's
        resource.physical_id, resource.attributes = resource.name, _Named(resource.name)

    def update(self, work: StackContext, current: Resource, wanted: Resource) -> None:
        """Do nothing: there is no resource."""

    def delete(self, work: StackContext, resource: Resource) -> None:
        """Do nothing: there is no resource."""
