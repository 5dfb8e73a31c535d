"""The operations on trails, as CloudTrail offers them to an account in a Region.

Every operation takes the API's request as a dict and returns the API's response, so that HTTP,
CloudFormation and the lab's own set-up use the same code. Source: CloudTrail API reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from cloudtrail import trails as rules
from cloudtrail.partitions import PARTITION, arn_of, arn_parts, partition_of
from cloudtrail.selectors.insight_rules import parse_insight_selectors
from cloudtrail.selectors.rules import parse_selectors
from cloudtrail.trails import Trail
from local_aws.cloudtrail.delivery import destinations
from local_aws.cloudtrail.exceptions import (
    CloudTrailError,
    insight_not_enabled,
    invalid_home_region,
    no_trail_by_its_arn,
    not_organization_master_account,
    refuse_token,
    too_many_trails,
    trail_already_exists,
    trail_not_found,
)
from local_aws.cloudtrail.membership import is_suspended, membership_of
from local_aws.cloudtrail.trail_answers import (
    description_of,
    insight_selectors_of,
    settings_of,
    status_of,
)
from local_aws.cloudtrail.trail_requests import (
    TAGS_PER_TRAIL,
    TRAIL_ARN,
    Api,
    check_name_or_arn,
    check_settings,
    checked,
    parse_tags,
    trail_name,
    with_request,
)
from local_aws.cloudtrail.trails_in_force import TrailState, TrailStates

TRAILS_PER_REGION = 5
_TOPIC = re.compile(
    rf"[A-Za-z0-9_-]{{1,256}}(\.fifo)?|arn:{PARTITION}:sns:[a-z0-9-]+:\d{{12}}:[\w-]{{1,256}}"
)


class TrailOperations:
    """CloudTrail in one Region of one account. Operations raise `CloudTrailError`."""

    def __init__(self, states: TrailStates, account_id: str, region: str) -> None:
        self._states = states
        self.account_id = account_id
        self.region = region
        self.partition = partition_of(region)

    def arn_of(self, name: str) -> str:
        """The ARN that a trail of this name has, or would have, here."""
        return arn_of("cloudtrail", self.region, self.account_id, f"trail/{name}")

    # Trails

    def create_trail(self, request: Api) -> Api:
        """Create a trail. It does not log until StartLogging."""
        with self._states.changing:
            checked(rules.check_trail_name, request["Name"])
            tags = parse_tags(request.get("TagsList") or [])
            trail = self._settled(
                Trail(request["Name"], self.region, self.account_id, request["S3BucketName"]),
                request,
            )
            own = self._states.at_home(self.account_id, self.region)
            if trail.name in own:
                raise trail_already_exists(trail.name, self.account_id)
            self._check_quota(trail)
            state = TrailState(trail, request.get("RecursiveLogging"), tags=tags)
            own[trail.name] = state
            destinations.validate_topic(trail)
            # The answer repeats the prefix that was asked for, even an empty one.
            empty = {"S3KeyPrefix": ""} if request.get("S3KeyPrefix") == "" else {}
            return settings_of(state) | empty

    def update_trail(self, request: Api) -> Api:
        """Change what the request names; everything else stays."""
        with self._states.changing:
            state = self._own(request["Name"])
            before, settled = state.trail, self._settled(state.trail, request)
            self._check_quota(settled)
            state.trail = settled
            if settled.sns_topic_arn != before.sns_topic_arn:
                destinations.validate_topic(settled)
            state.recursive_logging = request.get("RecursiveLogging", state.recursive_logging)
            self._states.changed(self.account_id)
            return settings_of(state)

    def delete_trail(self, request: Api) -> Api:
        """Delete a trail; its bucket and log files stay."""
        with self._states.changing:
            own = self._states.at_home(self.account_id, self.region)
            del own[self._own(request["Name"]).trail.name]
            self._states.changed(self.account_id)
            return {}

    def describe_trails(self, request: Api) -> Api:
        """Settings of the trails: by default all, shadow and organization trails included."""
        wanted = request.get("trailNameList") or []
        for name in wanted:
            check_name_or_arn(name)
        shadows = request.get("includeShadowTrails", True) is not False
        found = [state for state in self._visible() if shadows or self._is_home(state)]
        return {
            "trailList": [
                description_of(state)
                for state in found
                if not wanted or any(self._answers_to(state, name) for name in wanted)
            ]
        }

    def get_trail(self, request: Api) -> Api:
        return {"Trail": description_of(self._seen(request["Name"]))}

    def list_trails(self, _request: Api) -> Api:
        """Name, ARN and home Region of every trail of the account, whatever its Region."""
        everywhere = self._states.of(self.account_id, self.partition)
        everywhere += [state for state in self._visible() if state not in everywhere]
        return {
            "Trails": [
                {
                    "TrailARN": state.trail.arn,
                    "Name": state.trail.name,
                    "HomeRegion": state.trail.home_region,
                }
                for state in everywhere
            ]
        }

    # Logging

    def start_logging(self, request: Api) -> Api:
        """Record and deliver from now on. No effect if the trail is logging."""
        with self._states.changing:
            state = self._own(request["Name"])
            if not state.is_logging:
                state.is_logging, state.start_logging_time = True, datetime.now(UTC)
            self._states.changed(self.account_id)
            return {}

    def stop_logging(self, request: Api) -> Api:
        """Stop recording; what was recorded is still delivered."""
        with self._states.changing:
            state = self._own(request["Name"])
            if state.is_logging:
                state.is_logging, state.stop_logging_time = False, datetime.now(UTC)
            self._states.changed(self.account_id)
            return {}

    def get_trail_status(self, request: Api) -> Api:
        """Whether the trail logs, and how its latest deliveries ended."""
        return status_of(self._seen(request["Name"]))

    # Selectors

    def put_event_selectors(self, request: Api) -> Api:
        """Replace the trail's selectors, of either kind, by the request's."""
        with self._states.changing:
            state = self._own(request["TrailName"])
            basic, advanced = checked(parse_selectors, request)
            state.trail = replace(
                state.trail, event_selectors=basic, advanced_event_selectors=advanced
            )
            self._states.changed(self.account_id)
            return self.get_event_selectors({"TrailName": state.trail.arn})

    def get_event_selectors(self, request: Api) -> Api:
        """The trail's selectors, of the kind it has."""
        trail = self._seen(request["TrailName"]).trail
        answer: dict[str, Any] = {"TrailARN": trail.arn}
        if trail.event_selectors:
            answer["EventSelectors"] = rules.event_selectors_to_api(trail.event_selectors)
        else:
            answer["AdvancedEventSelectors"] = rules.advanced_event_selectors_to_api(
                trail.advanced_event_selectors
            )
        return answer

    def put_insight_selectors(self, request: Api) -> Api:
        """Replace the trail's Insights selectors; an empty list turns Insights off."""
        with self._states.changing:
            state = self._own(trail_name(request))
            selectors = checked(parse_insight_selectors, request["InsightSelectors"], state.trail)
            destinations.check_bucket(state.trail)
            destinations.check_encryption(state.trail)
            state.trail = replace(state.trail, insight_selectors=selectors)
            self._states.changed(self.account_id)
            return insight_selectors_of(state.trail)

    def get_insight_selectors(self, request: Api) -> Api:
        """The trail's Insights selectors. Raises InsightNotEnabled without any."""
        trail = self._seen(trail_name(request)).trail
        if not trail.insight_selectors:
            raise insight_not_enabled(trail.name)
        return insight_selectors_of(trail)

    # Tags

    def add_tags(self, request: Api) -> Api:
        """Add tags to a trail, or change their values."""
        added = parse_tags(request["TagsList"])
        with self._states.changing:
            state = self._taggable(request["ResourceId"])
            tags = {**state.tags, **added}
            if len(tags) > TAGS_PER_TRAIL:
                raise CloudTrailError(
                    "TagsLimitExceededException",
                    f"A trail has at most {TAGS_PER_TRAIL} tags, and this would make {len(tags)}.",
                )
            state.tags = tags
            return {}

    def remove_tags(self, request: Api) -> Api:
        removed = parse_tags(request["TagsList"]).keys()
        with self._states.changing:
            state = self._taggable(request["ResourceId"])
            state.tags = {key: value for key, value in state.tags.items() if key not in removed}
            return {}

    def list_tags(self, request: Api) -> Api:
        """The tags of trails, given by ARN. One answer holds them all, so no token is valid."""
        refuse_token(request)
        return {
            "ResourceTagList": [
                {
                    "ResourceId": arn,
                    "TagsList": [
                        {"Key": key, "Value": value}
                        for key, value in self._tagged(arn).tags.items()
                    ],
                }
                for arn in request["ResourceIdList"]
            ]
        }

    # Finding trails

    def _check_quota(self, trail: Trail) -> None:
        """Raise MaximumNumberOfTrailsExceeded if a Region would have too many trails.

        A multi-Region trail counts in each Region. Besides its home Region, only home Regions of
        others can have too many (UG/WhatIsCloudTrail-Limits).
        """
        others = [
            state.trail
            for state in self._states.of(self.account_id, self.partition)
            if state.trail.arn != trail.arn
        ]
        elsewhere = {each.home_region for each in others} if trail.is_multi_region else set()
        for region in (trail.home_region, *sorted(elsewhere - {trail.home_region})):
            shown = (each.is_multi_region or each.home_region == region for each in others)
            if sum(shown) >= TRAILS_PER_REGION:
                raise too_many_trails(self.account_id, TRAILS_PER_REGION, region)

    def _own_trails(self) -> Iterator[TrailState]:
        """The account's own trails that are visible in this Region."""
        return (
            state
            for state in self._states.of(self.account_id, self.partition)
            if self._shows(state)
        )

    def _visible(self) -> list[TrailState]:
        states = list(self._own_trails())
        membership = membership_of(self.account_id)
        if membership and membership.management_account != self.account_id:
            states += (
                state
                for state in self._states.of(membership.management_account, self.partition)
                if state.trail.is_organization_trail and self._shows(state)
            )
        return states

    def _shows(self, state: TrailState) -> bool:
        return state.trail.is_multi_region or self._is_home(state)

    def _is_home(self, state: TrailState) -> bool:
        return state.trail.home_region == self.region

    def _answers_to(self, state: TrailState, name_or_arn: str) -> bool:
        """A plain name means a trail of this account at home here; other trails need the ARN."""
        trail = state.trail
        if name_or_arn.startswith("arn:"):
            return trail.arn == name_or_arn
        own = trail.account_id == self.account_id and self._is_home(state)
        return own and trail.name == name_or_arn

    def _seen(self, name_or_arn: str) -> TrailState:
        check_name_or_arn(name_or_arn)
        for state in self._visible():
            if self._answers_to(state, name_or_arn):
                return state
        arn = name_or_arn if name_or_arn.startswith("arn:") else self.arn_of(name_or_arn)
        raise trail_not_found(arn, self.account_id)

    def _own(self, name_or_arn: str) -> TrailState:
        """The trail, if this account may change it from this Region."""
        state = self._seen(name_or_arn)
        if state.trail.account_id != self.account_id:
            raise not_organization_master_account(state.trail.arn, self.account_id)
        if not self._is_home(state):
            raise invalid_home_region(state.trail.name, self.region, state.trail.home_region)
        return state

    def _tagged(self, arn: str) -> TrailState:
        """The trail that a tag operation names. Only an ARN will do."""
        match = TRAIL_ARN.fullmatch(arn)
        if match is None:
            raise no_trail_by_its_arn(arn)
        checked(rules.check_trail_name, match.group(3))
        try:
            return self._seen(arn)
        except CloudTrailError as error:
            raise CloudTrailError(
                "ResourceNotFoundException", f"The resource {arn} does not exist."
            ) from error

    def _taggable(self, arn: str) -> TrailState:
        """The trail, if this account may tag it, from any Region where it is visible."""
        state = self._tagged(arn)
        if state.trail.account_id != self.account_id:
            raise not_organization_master_account(state.trail.arn, self.account_id)
        return state

    # Settings

    def _settled(self, trail: Trail, request: Api) -> Trail:
        """The trail with the request's settings, after checking them and what they name."""
        trail = with_request(trail, request)
        check_settings(trail)
        trail = self._with_organization(trail)
        if trail.sns_topic_name:
            if not _TOPIC.fullmatch(trail.sns_topic_name):
                raise CloudTrailError(
                    "InvalidSnsTopicNameException",
                    f"{trail.sns_topic_name} is not an SNS topic name or ARN.",
                )
            arn = destinations.topic_arn(trail.sns_topic_name, self.region, self.account_id)
            if is_suspended(arn_parts(arn).account_id):
                raise CloudTrailError(
                    "CloudTrailInvalidClientTokenIdException",
                    f"The account of the SNS topic {arn} is suspended.",
                )
            trail = replace(trail, sns_topic_arn=arn)
        if trail.kms_key_id:
            arn = destinations.check_key(trail.kms_key_id, self.region, self.account_id)
            trail = replace(trail, kms_key_id=arn)
        destinations.check_bucket(trail)
        destinations.check_encryption(trail)
        destinations.check_topic(trail)
        if request.get("CloudWatchLogsRoleArn") and trail.log_group_arn is None:
            raise CloudTrailError(
                "InvalidCloudWatchLogsLogGroupArnException",
                "You must specify a log group as well as a role ARN.",
            )
        destinations.check_log_group(trail)
        return trail

    def _with_organization(self, trail: Trail) -> Trail:
        if not trail.is_organization_trail:
            return replace(trail, organization_id=None)
        membership = membership_of(self.account_id)
        if membership is None:
            raise CloudTrailError(
                "OrganizationsNotInUseException",
                "Your account is not a member of an organization: an organization trail needs one.",
            )
        if membership.management_account != self.account_id:
            raise not_organization_master_account(trail.arn, self.account_id)
        if not membership.all_features:
            raise CloudTrailError(
                "OrganizationNotInAllFeaturesModeException",
                "Organization trails need an organization with all features enabled.",
            )
        if not membership.trusts_cloudtrail:
            raise CloudTrailError(
                "CloudTrailAccessNotEnabledException",
                "The request could not be processed because your organization hasn't enabled "
                "CloudTrail service access. Enable service access for CloudTrail, and then try "
                "again.",
            )
        return replace(trail, organization_id=membership.organization_id)
