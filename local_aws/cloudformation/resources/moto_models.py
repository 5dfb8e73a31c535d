"""Types without a description: moto's models of resources, as the handlers of their types.

Properties that a model does not read are refused: it would drop them silently. moto's models make
no API calls, so they leave no records, and no permission is checked.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable
from typing import Any

from moto.cloudformation.parsing import get_model_map
from moto.core.common_models import CloudFormationModel
from msgspec import Struct

from local_aws.cloudformation.resources.failures import NotUpdatable
from local_aws.cloudformation.resources.handlers import Handler, StackContext, system_tags
from local_aws.cloudformation.resources.moto_reads import properties_read_by
from local_aws.cloudformation.resources.resource_types import Naming, tags_of, without
from local_aws.cloudformation.stacks import Resource, Stack
from local_aws.first_use import MODELS, begin

_LONGEST_NAMES = {
    "AWS::ElasticLoadBalancing::LoadBalancer": 32,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": 32,
    "AWS::ElasticLoadBalancingV2::TargetGroup": 32,
    "AWS::IAM::InstanceProfile": 63,
}


class MotoModel(Struct, Handler, frozen=True):
    """A class of moto's that creates resources of its type."""

    model: type[CloudFormationModel]

    @property
    def naming(self) -> Naming:
        longest = _LONGEST_NAMES.get(self.model.cloudformation_type(), 255)
        return Naming(self.model.cloudformation_name_type() or "", longest)

    def replaces(self, current: Resource, wanted: Resource) -> bool:
        """What moto cannot update is replaced, unless the template names it."""
        if self._can_update(current, wanted) or self._changes_tags_alone(current, wanted):
            return False
        return self.naming.given(wanted.properties) is None

    def _can_update(self, current: Resource, wanted: Resource) -> bool:
        update = self.model.update_from_cloudformation_json
        names = current.properties.keys() | wanted.properties.keys()
        changed = {
            name for name in names if current.properties.get(name) != wanted.properties.get(name)
        }
        return _implemented(update) and not self._unread(update, changed)

    def lacks(self, names: Iterable[str]) -> list[str]:
        """The properties that the model does not read."""
        return self._unread(self.model.create_from_cloudformation_json, names)

    def _unread(self, method: Callable[..., Any], names: Iterable[str]) -> list[str]:
        read = properties_read_by(method)
        known = {self.naming.by, *(["Tags"] if self.takes_tags else [])}
        return [] if read is None else [name for name in names if name not in read | known]

    @property
    def takes_tags(self) -> bool:
        return _is_tagged(self.model)

    def can_delete(self, resource: Resource) -> bool:
        """Whether moto's model can delete it; some cannot."""
        return _implemented(self.model.delete_from_cloudformation_json) or _deletes_itself(resource)

    def create(self, work: StackContext, resource: Resource) -> None:
        """Let moto create the resource. EC2's resources get the stack's tags."""
        model = self.model.create_from_cloudformation_json(
            resource.name,
            _json(resource),
            work.stack.account_id,
            work.stack.region_name,
            LogicalId=resource.logical_id,
            StackId=work.stack.stack_id,
            ResourceType=resource.type,
        )
        _enter(resource, model)
        if self.takes_tags:
            _tag(work.stack, resource)

    def update(self, work: StackContext, current: Resource, wanted: Resource) -> None:
        """Let moto update the resource, or delete it and create it again under its name."""
        if not self._changes_tags_alone(current, wanted):
            self._update_model(work, current, wanted)
        if self.takes_tags:
            _tag(work.stack, wanted, current)

    def _changes_tags_alone(self, current: Resource, wanted: Resource) -> bool:
        same = without(current.properties, "Tags") == without(wanted.properties, "Tags")
        return self.takes_tags and same

    def _update_model(self, work: StackContext, current: Resource, wanted: Resource) -> None:
        if not self._can_update(current, wanted):
            if not self.can_delete(current):
                raise NotUpdatable(f"The local AWS cannot update a resource of type {wanted.type}")
            self.delete(work, current)
            self.create(work, wanted)
            return
        model = self.model.update_from_cloudformation_json(
            original_resource=current.model,
            new_resource_name=current.name,
            cloudformation_json=_json(wanted),
            account_id=work.stack.account_id,
            region_name=work.stack.region_name,
        )
        _enter(wanted, model)

    def delete(self, work: StackContext, resource: Resource) -> None:
        """Delete the resource with the model's own method, or that of its class."""
        place = (work.stack.account_id, work.stack.region_name)
        if _deletes_itself(resource):
            resource.model.delete(*place)
        else:
            definition = {"Type": resource.type, "Properties": resource.properties}
            self.model.delete_from_cloudformation_json(resource.physical_id, definition, *place)


def moto_handler(resource_type: str) -> MotoModel | None:
    """The handler of a type that moto has a model for, else None."""
    begin(MODELS)
    model = get_model_map().get(resource_type)
    if model is None or not _implemented(model.create_from_cloudformation_json):
        return None
    return MotoModel(model)


def _is_tagged(model: type[CloudFormationModel]) -> bool:
    from moto.ec2.models.core import TaggedEC2Resource

    return issubclass(model, TaggedEC2Resource)


def _implemented(method: Any) -> bool:
    return not hasattr(method, "__isabstractmethod__")


def _deletes_itself(resource: Resource) -> bool:
    delete = getattr(resource.model, "delete", None)
    if delete is None:
        return False
    try:
        inspect.signature(delete).bind("account", "region")
    except TypeError:
        return False
    return True


def _enter(resource: Resource, model: Any) -> None:
    resource.model = model
    resource.physical_id = str(getattr(model, "physical_resource_id", None) or resource.name)


def _json(resource: Resource) -> dict[str, Any]:
    """A definition for moto's models; a copy, because they change it."""
    return {**resource.definition, "Properties": copy.deepcopy(resource.properties)}


def _tag(stack: Stack, resource: Resource, current: Resource | None = None) -> None:
    """Set the tags of an EC2 resource, and remove those that only the current one has."""
    from moto.ec2.models import ec2_backends

    own = tags_of(resource.properties)
    tags = {**system_tags(stack, resource), **resource.stack_tags, **own}
    backend = ec2_backends[stack.account_id][stack.region_name]
    backend.create_tags([resource.physical_id], tags)
    if current is not None:
        had = {**current.stack_tags, **tags_of(current.properties)}
        backend.delete_tag_keys([resource.physical_id], [key for key in had if key not in tags])
