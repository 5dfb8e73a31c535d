"""What the trail's log files must contain, and what they must not."""

from __future__ import annotations

from datetime import datetime

from lab_steps.checking.finding import NextAction
from lab_steps.checking.trails import lab_trails
from lab_steps.checking.trails.lab_trails import LabTrail
from lab_steps.checking.user_agents import NOBODYS
from lab_steps.checking.view import View
from tests.lab_steps.second_lab.deployment import TRAIL
from trail_logs.expectations import Expectation

BUCKET = "second-lab-objects-<account>"


def _on_objects(name: str) -> Expectation:
    return Expectation(
        name,
        location=TRAIL,
        event_names=(name,),
        event_source="s3.amazonaws.com",
        category="Data",
        not_user_agents=NOBODYS,
        succeeded=True,
    )


def _since(view: View) -> datetime | None:
    """The lab's work began when its trail did."""
    time: datetime | None = lab_trails.status(view, OBJECTS).get("StartLoggingTime")
    return time


OBJECTS = LabTrail(
    TRAIL,
    purpose="objects",
    category="Data",
    expected=(_on_objects("PutObject"), _on_objects("GetObject")),
    foreign=Expectation("management events", location=TRAIL, category="Management"),
    since=_since,
    remedies={
        "PutObject": NextAction(
            console="S3, the bucket of objects: Upload a file.",
            command=f"aws s3 cp /etc/hostname s3://{BUCKET}/hello.txt",
        ),
        "GetObject": NextAction(
            console="S3, the bucket of objects: open the object.",
            command=f"aws s3 cp s3://{BUCKET}/hello.txt -",
        ),
    },
)
