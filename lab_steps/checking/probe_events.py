"""A call that anyone might make, as CloudTrail would record it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SOMEBODY = "arn:aws:iam::{account}:user/anybody-else"
"""The caller: a user that no selector would name."""


@dataclass(frozen=True, slots=True)
class ProbeEvent:
    """A call that anyone might make.

    `resource` and `caller` are ARNs with `{account}` and `{region}`. With a `vpc_endpoint` it
    is the network activity event of a call through that endpoint, which `error_code`
    `VpceAccessDenied` says the endpoint's policy denied.
    """

    service: str
    name: str
    read_only: bool
    resource_type: str | None = None
    resource: str = ""
    caller: str = SOMEBODY
    vpc_endpoint: str | None = None
    error_code: str | None = None

    @property
    def category(self) -> str:
        """eventCategory."""
        if self.vpc_endpoint:
            return "NetworkActivity"
        return "Data" if self.resource_type else "Management"

    @property
    def title(self) -> str:
        """`dynamodb PutItem (data, write)`."""
        what = f"{self.service} {self.name}{self._particulars}"
        if self.vpc_endpoint:
            return f"{what} (network activity)"
        return f"{what} ({self.category.lower()}, {'read' if self.read_only else 'write'})"

    @property
    def _particulars(self) -> str:
        """The resource and the caller if they are more than examples: ` on
        arn:aws:s3:::pictures/`."""
        on = f" on {self.resource}" if self.resource and "{account}" not in self.resource else ""
        return on if self.caller == SOMEBODY else f"{on} by {self.caller}"

    def record(self, account: str, region: str) -> dict[str, Any]:
        """The event as CloudTrail would write it, with all that selectors can test."""
        return {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "IAMUser",
                "arn": _filled(self.caller, account, region),
                "accountId": account,
            },
            "eventSource": f"{self.service}.amazonaws.com",
            "eventName": self.name,
            "awsRegion": region,
            **(self._at_endpoint() if self.vpc_endpoint else self._at_service(account, region)),
            "recipientAccountId": account,
            "eventCategory": self.category,
        }

    def _at_service(self, account: str, region: str) -> dict[str, Any]:
        fields = {
            "requestParameters": None,
            "responseElements": None,
            "readOnly": self.read_only,
            "eventType": "AwsApiCall",
            "managementEvent": self.resource_type is None,
        }
        if self.resource_type is None:
            return fields
        arn = _filled(self.resource, account, region)
        named = {"accountId": account, "type": self.resource_type, "ARN": arn}
        return {**fields, "resources": [named]}

    def _at_endpoint(self) -> dict[str, Any]:
        """Network activity events have neither parameters nor readOnly
        (UG/cloudtrail-event-reference-record-contents)."""
        denied = {"errorCode": self.error_code} if self.error_code else {}
        return {**denied, "eventType": "AwsVpceEvent", "vpcEndpointId": self.vpc_endpoint}


def _filled(arn: str, account: str, region: str) -> str:
    return arn.replace("{account}", account).replace("{region}", region)


ANY_ENDPOINT = "vpce-0123456789abcdef0"
