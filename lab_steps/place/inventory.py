"""What exists in an account under the lab's names or with its tag, each thing with its tags.

It is read again each time, and nothing is changed. `ownership` says who owns a thing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from lab_steps.checking import tables
from lab_steps.checking.trails import lab_trails
from lab_steps.checking.view import Readable, View, error_code
from lab_steps.place.ownership import Thing, ownership
from stacks.tag import PROJECT_TAG


@dataclass(frozen=True, slots=True)
class StackNames:
    """A stack's name, and those that it gives to its buckets and trails."""

    name: str
    buckets: tuple[str, ...] = ()
    trails: tuple[str, ...] = ()

    @property
    def all(self) -> set[str]:
        """All of them."""
        return {self.name, *self.buckets, *self.trails}


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a lab uses in one account. Anything with another name does not belong to it.
    `stacks` are in the order of deployment. Buckets whose names start with one of `like_buckets`
    are shown too, because they may be another lab's. With `keeps_buckets` those that the stacks
    leave behind are not missed. `tables` are made by the workload.
    """

    stacks: tuple[StackNames, ...]
    tables: tuple[str, ...] = ()
    like_buckets: tuple[str, ...] = ()
    keeps_buckets: bool = False

    @property
    def buckets(self) -> set[str]:
        """The buckets of all stacks."""
        return {name for stack in self.stacks for name in stack.buckets}

    @property
    def trails(self) -> set[str]:
        """The trails of all stacks."""
        return {name for stack in self.stacks for name in stack.trails}


@dataclass(frozen=True, slots=True)
class Inventory:
    """One look at what exists of the lab in the account, or looks like it."""

    view: View
    names: Names

    def all(self) -> list[Thing]:
        """What has a name of the lab, then what is related to it under other names."""
        found = [*self.stacks(), *self.buckets(), *self.trails(), *self.tables()]
        return sorted(found, key=lambda thing: not thing.named)

    def in_the_way(self, stacks: set[str], *, of_work: bool) -> list[Thing]:
        """What already has names that these stacks need, or, with `of_work`, the workload's
        tables."""
        made = {name for each in self.names.stacks if each.name in stacks for name in each.all}
        tables = self.tables() if of_work else ()
        found = (*self.stacks(), *self.buckets(), *self.trails())
        return [*(each for each in found if each.named and each.name in made), *tables]

    def stacks(self) -> Iterator[Thing]:
        """Stacks with the lab's names, in the order of deletion, and others with its tag."""
        order = {each.name: place for place, each in enumerate(reversed(self.names.stacks))}
        found = sorted(
            _stacks(self.view), key=lambda each: order.get(each["StackName"], len(order))
        )
        for description in found:
            named = description["StackName"] in order
            thing = stack_thing(self.view.target, description, named=named)
            if named or ownership(thing).others_lab:
                yield thing

    def buckets(self) -> Iterator[Thing]:
        """The Region's buckets with the lab's names, and those with names like them: another
        Region's are another lab's, however they are called."""
        names, like = self.names.buckets, self.names.like_buckets
        listed = self.view.ask("s3:ListBuckets", BucketRegion=self.view.region)["Buckets"]
        created = {each["Name"]: each["CreationDate"] for each in listed}
        shown = (each for each in created if each in names or each.startswith(like))
        for thing in buckets(self.view, shown):
            yield replace(thing, named=thing.name in names, created=created[thing.name])

    def trails(self) -> Iterator[Thing]:
        """The account's trails with the lab's names, and others that deliver to its buckets."""
        buckets = {*self.names.buckets, *(each.name for each in self.buckets())}
        names = self.names.trails
        found = [
            each
            for each in lab_trails.own(self.view)
            if each["Name"] in names or each.get("S3BucketName") in buckets
        ]
        tags = _trail_tags(self.view, found)
        for each in found:
            arn, region = each["TrailARN"], each["HomeRegion"]
            yield Thing(
                kind="trail",
                name=each["Name"],
                arn=arn,
                tags=tags.get(arn),
                removal=f"aws cloudtrail delete-trail --region {region} --name {arn}",
                named=each["Name"] in names,
                remark=f"home Region {region}, delivers to {each.get('S3BucketName')}",
            )

    def tables(self) -> Iterator[Thing]:
        """The tables with the lab's names that are there."""
        for name in self.names.tables:
            description = tables.described(self.view, name)
            if description is not None:
                yield table_thing(self.view.target, description)

    def tagged(self, stacks: Collection[str]) -> Iterator[str]:
        """The ARNs in the Region that the tagging service lists with the lab's tag, without those
        that belong to `stacks` (ARNs): they are deleted with their stack."""
        key, value = PROJECT_TAG
        asked: dict[str, Any] = {"TagFilters": [{"Key": key, "Values": [value]}]}
        while True:
            page = self.view.ask("resourcegroupstaggingapi:GetResources", **asked)
            for each in page["ResourceTagMappingList"]:
                if _tags(each["Tags"]).get("aws:cloudformation:stack-id") not in stacks:
                    yield each["ResourceARN"]
            if not page.get("PaginationToken"):
                return
            asked["PaginationToken"] = page["PaginationToken"]


def buckets(view: View, names: Iterable[str]) -> Iterator[Thing]:
    """The buckets with these names that still exist."""
    for name in names:
        try:
            tags = _tags(view.ask("s3:GetBucketTagging", Bucket=name)["TagSet"])
        except Exception as error:
            if error_code(error) == "NoSuchBucket":
                continue
            if error_code(error) != "NoSuchTagSet":
                raise
            tags = {}
        yield Thing("bucket", name, tags, removal=f"aws s3 rb --force s3://{name}")


def table_thing(place: Readable, description: dict[str, Any]) -> Thing:
    """The table that DescribeTable describes, with its tags (dynamodb:ListTagsOfResource)."""
    arn, name = description["TableArn"], description["TableName"]
    answer = place.ask("dynamodb:ListTagsOfResource", {"ResourceArn": arn})
    return Thing(
        kind="table",
        name=name,
        arn=arn,
        tags=_tags(answer["Tags"]),
        removal=f"aws dynamodb delete-table --table-name {name}",
        created=description.get("CreationDateTime"),
    )


def stack_thing(place: Readable, description: dict[str, Any], *, named: bool = True) -> Thing:
    """The stack that DescribeStacks describes.

    One in review holds nothing but change sets: it has the tags that all of them would give it.
    """
    arn, in_review = description["StackId"], description["StackStatus"] == "REVIEW_IN_PROGRESS"
    return Thing(
        kind="stack",
        name=description["StackName"],
        arn=arn,
        tags=_tags_in_review(place, arn) if in_review else _tags(description.get("Tags", [])),
        removal=f"aws cloudformation delete-stack --stack-name {description['StackName']}",
        created=description.get("CreationTime"),
        named=named,
        remark=description["StackStatus"],
    )


def _stacks(view: View) -> Iterator[dict[str, Any]]:
    page = view.ask("cloudformation:DescribeStacks")
    yield from page["Stacks"]
    while token := page.get("NextToken"):
        page = view.ask("cloudformation:DescribeStacks", NextToken=token)
        yield from page["Stacks"]


def _tags_in_review(place: Readable, stack_id: str) -> dict[str, str]:
    listed = place.ask("cloudformation:ListChangeSets", {"StackName": stack_id})["Summaries"]
    described = [
        place.ask("cloudformation:DescribeChangeSet", {"ChangeSetName": each["ChangeSetId"]})
        for each in listed
    ]
    each_ones = [set(_tags(each.get("Tags", [])).items()) for each in described]
    return dict(set.intersection(*each_ones)) if each_ones else {}


def _trail_tags(view: View, found: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Tags by ARN of the trails whose home is the lab's Region: ListTags knows no others."""
    here = [each["TrailARN"] for each in found if each["HomeRegion"] == view.region]
    if not here:
        return {}
    answer = view.ask("cloudtrail:ListTags", ResourceIdList=here)
    return {each["ResourceId"]: _tags(each["TagsList"]) for each in answer["ResourceTagList"]}


def _tags(pairs: list[dict[str, str]]) -> dict[str, str]:
    return {each["Key"]: each.get("Value", "") for each in pairs}
