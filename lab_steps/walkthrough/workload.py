"""The walkthrough's work on the table Users: the calls that the log files will show.

The order matters. Data events are made between management events, so that each trail records an
event of its own kind after the events of the other kind. Once that event is delivered, an event of
the other kind that is not in the bucket was not recorded.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from lab_steps.call_errors import advice
from lab_steps.checking.view import error_code
from lab_steps.errors import WorkloadError
from lab_steps.lab import Say
from lab_steps.place.inventory import table_thing
from lab_steps.place.lifetime import lab_tags
from lab_steps.place.ownership import refuse_foreign
from lab_steps.place.state import StateFile
from lab_steps.targets.target import Target
from lab_steps.walkthrough import table
from stacks.settings import TABLE_NAME

TABLE = f"table {TABLE_NAME}"
CALLS = "workload calls"

ITEM = {table.KEY: {"N": "1"}, table.ATTRIBUTE: {"S": "Ada Lovelace"}}
FIRST_THROUGHPUT = (5, 5)
NEXT_THROUGHPUT = (1, 1)
OTHER_THROUGHPUT = (2, 2)

ACTIVE_WITHIN = timedelta(minutes=5)

Service = Literal["cloudtrail", "dynamodb"]


@dataclass(frozen=True, slots=True)
class Workload:
    """Steps 4 and 17 to 28 done through the API of a target."""

    target: Target
    state: StateFile
    say: Say

    def run(self) -> None:
        """Create what is missing and make every call of the walkthrough once.

        Raises RefusedError for a table without the lab's tag, and WorkloadError for one with
        another key: neither is changed.
        """
        self._ensure_table()
        with self.state.doing(CALLS):
            self._call("ListTrails", service="cloudtrail")
            self._call("ListTables")
            self._call("Scan", TableName=TABLE_NAME)
            self._put_item()
            self._change_throughput()
            self._call("ListTables")
            self._call("GetItem", TableName=TABLE_NAME, Key={table.KEY: ITEM[table.KEY]})

    def _ensure_table(self) -> None:
        description = self._describe()
        if description is None:
            with self.state.doing(TABLE):
                self._create_table()
                self._wait_until_active()
            return
        made = self.state.load().actions
        refuse_foreign([table_thing(self.target, description)], self.target.place, made)
        _refuse_other_shape(description)
        self.say(f"table {TABLE_NAME} already exists")
        self._wait_until_active()

    def _create_table(self) -> None:
        tags = lab_tags(self.state.load().expires)
        self._call(
            "CreateTable",
            TableName=TABLE_NAME,
            AttributeDefinitions=[{"AttributeName": table.KEY, "AttributeType": "N"}],
            KeySchema=[{"AttributeName": table.KEY, "KeyType": "HASH"}],
            ProvisionedThroughput=_throughput(FIRST_THROUGHPUT),
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )

    def _put_item(self) -> None:
        """Put the item, but do not replace one that the student made."""
        try:
            self._call(
                "PutItem",
                TableName=TABLE_NAME,
                Item=ITEM,
                ConditionExpression="attribute_not_exists(#key) OR #name = :ours",
                ExpressionAttributeNames={"#key": table.KEY, "#name": table.ATTRIBUTE},
                ExpressionAttributeValues={":ours": ITEM[table.ATTRIBUTE]},
            )
        except WorkloadError as error:
            if error_code(error.__cause__ or error) != "ConditionalCheckFailedException":
                raise
            self.say("there is another item with id 1: it was not changed")

    def _change_throughput(self) -> None:
        """UpdateTable, as auto scaling did in the walkthrough; the new value must differ."""
        description = self._describe() or {}
        now = description.get("ProvisionedThroughput", {})
        current = (now.get("ReadCapacityUnits"), now.get("WriteCapacityUnits"))
        wanted = OTHER_THROUGHPUT if current == NEXT_THROUGHPUT else NEXT_THROUGHPUT
        try:
            self._call(
                "UpdateTable",
                TableName=TABLE_NAME,
                BillingMode="PROVISIONED",
                ProvisionedThroughput=_throughput(wanted),
            )
        except WorkloadError as error:
            if error_code(error.__cause__ or error) != "LimitExceededException":
                raise
            self.say(
                "throughput was changed too often today: earlier UpdateTable calls count instead"
            )
        self._wait_until_active()

    def _wait_until_active(self) -> None:
        deadline = datetime.now(UTC) + ACTIVE_WITHIN
        while True:
            status = (self._describe() or {}).get("TableStatus", "gone")
            if status == "ACTIVE":
                return
            if datetime.now(UTC) >= deadline or status not in {"CREATING", "UPDATING"}:
                raise WorkloadError(
                    f"Table {TABLE_NAME}: wanted ACTIVE within {ACTIVE_WITHIN.seconds // 60} "
                    f"minutes, got {status}.",
                    "See it with: aws dynamodb describe-table --table-name " + TABLE_NAME,
                )
            time.sleep(min(1.0, self.target.patience.poll))

    def _describe(self) -> dict[str, Any] | None:
        try:
            answer = self._request("DescribeTable", TableName=TABLE_NAME)
        except WorkloadError as error:
            if error_code(error.__cause__ or error) == "ResourceNotFoundException":
                return None
            raise
        return dict(answer["Table"])

    def _call(
        self, operation: str, service: Service = "dynamodb", **parameters: Any
    ) -> dict[str, Any]:
        self.say(f"{service} {operation}")
        return self._request(operation, service, **parameters)

    def _request(
        self, operation: str, service: Service = "dynamodb", **parameters: Any
    ) -> dict[str, Any]:
        from botocore import xform_name
        from botocore.exceptions import ClientError

        client = self.target.client(service)
        try:
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        except ClientError as error:
            raise WorkloadError(
                f"{operation} failed: {error.response['Error'].get('Message', error)}",
                advice(error) or "Read the reason, then repeat the command.",
            ) from error
        return answer


def _throughput(units: tuple[int, int]) -> dict[str, int]:
    return {"ReadCapacityUnits": units[0], "WriteCapacityUnits": units[1]}


def _refuse_other_shape(description: dict[str, Any]) -> None:
    keys = table.key_schema(description)
    if keys == {"HASH": f"{table.KEY} (N)"}:
        return
    found = ", ".join(f"{kind} {attribute}" for kind, attribute in keys.items())
    raise WorkloadError(
        f"Table {TABLE_NAME}: wanted only the key HASH id (N), got {found}.",
        "It is not the lab's, so it was left alone. Delete it yourself, or use another account or "
        "Region. Then repeat the command.",
    )
