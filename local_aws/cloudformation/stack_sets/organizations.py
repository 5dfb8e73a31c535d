"""The organization as StackSets sees it: trusted access, units, accounts."""

from __future__ import annotations

from collections.abc import Iterator

from moto.organizations.models import FakeAccount, OrganizationsBackend, organizations_backends

from cloudtrail.partitions import partition_of
from local_aws.cloudformation.exceptions import InvalidOperationException, ValidationError

MEMBER = "member.org.stacksets.cloudformation.amazonaws.com"
"""The service principal that the management account trusts with its members."""


def administered_by(account_id: str, region: str) -> str:
    """The management account for which a delegated administrator of StackSets acts.

    Raises ValidationError for an account that is not a delegated administrator.
    """
    management, partition = organizations_backends.master_accounts.get(account_id, ("", ""))
    admins = organizations_backends[management][partition].admins if management else ()
    if partition == partition_of(region) and any(
        admin.account.id == account_id and MEMBER in admin.services for admin in admins
    ):
        return management
    raise ValidationError(
        "You must be the management account or delegated admin account of an organization before "
        "operating a SERVICE_MANAGED stack set"
    )


class Organization:
    """The organization of a management account."""

    def __init__(self, account_id: str, region: str) -> None:
        backend: OrganizationsBackend = organizations_backends[account_id][partition_of(region)]
        self._backend = backend
        self.account_id = account_id

    @property
    def id(self) -> str:
        """The organization's id, "" if the account manages none."""
        return self._backend.org.id if self._backend.org else ""

    @property
    def is_trusting(self) -> bool:
        """Whether StackSets has trusted access to its members."""
        return bool(self.id) and any(
            service["ServicePrincipal"] == MEMBER for service in self._backend.services
        )

    def trust(self, *, wanted: bool) -> None:
        """Turn trusted access on or off. Raises InvalidOperationException for other accounts."""
        if not self.id:
            raise InvalidOperationException(
                "You must be the management account of an organization with all features enabled "
                "to operate a service managed stack set"
            )
        if wanted and not self.is_trusting:
            self._backend.enable_aws_service_access(ServicePrincipal=MEMBER)
        elif not wanted and self.is_trusting:
            self._backend.disable_aws_service_access(ServicePrincipal=MEMBER)

    def check_trusting(self) -> None:
        """Raise ValidationError if service-managed stack sets are not allowed."""
        if not self.is_trusting:
            raise ValidationError(
                "You must enable organizations access to operate a service managed stack set"
            )

    def members(self, unit: str) -> list[str]:
        """The accounts of a unit and of the units within it, without the management account.

        Raises ValidationError for an unknown unit.
        """
        if all(each.id != unit for each in self._backend.ou):
            raise ValidationError(f"Organizational unit {unit} does not exist")
        units = set(self._within(unit))
        return [
            account.id
            for account in self._backend.accounts
            if account.parent_id in units and account.id != self.account_id
        ]

    def _within(self, unit: str) -> Iterator[str]:
        yield unit
        for each in list(self._backend.ou):
            if each.parent_id == unit:
                yield from self._within(each.id)

    def has(self, account_id: str) -> bool:
        """Whether the account is a member."""
        return self._account(account_id) is not None

    def is_suspended(self, account_id: str) -> bool:
        """Whether the account is closed."""
        account = self._account(account_id)
        return account is not None and account.status == "SUSPENDED"

    def _account(self, account_id: str) -> FakeAccount | None:
        return next((each for each in self._backend.accounts if each.id == account_id), None)
