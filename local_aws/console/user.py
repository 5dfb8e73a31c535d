"""A user who can sign in to the console from the start, like the one in a lab's account."""

from __future__ import annotations

import json

from msgspec import Struct

from local_aws.role_rights import EVERYTHING


class ConsoleUser(Struct, frozen=True):
    """An IAM user with a password and all rights. Raises ValueError if either is empty."""

    name: str
    password: str

    def __post_init__(self) -> None:
        if not self.name or not self.password:
            raise ValueError("wanted NAME:PASSWORD, got no name or no password")

    @classmethod
    def of(cls, text: str) -> ConsoleUser:
        """The user from `NAME:PASSWORD`. Raises ValueError for another form."""
        name, _, password = text.partition(":")
        return cls(name, password)


def create_user(user: ConsoleUser, account_id: str) -> None:
    """Create the user in the account. It leaves no record."""
    from moto.iam.models import iam_backends

    iam = iam_backends[account_id]["aws"]
    iam.create_user("us-east-1", user.name)
    iam.create_login_profile(user.name, user.password)
    iam.put_user_policy(user.name, "Administrator", json.dumps(EVERYTHING))
