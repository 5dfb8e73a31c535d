"""A class's app with each of its options, synthesized for `make synth`: cdk-nag reviews it here,
and cfn-lint what is written, the templates within stack sets as files of their own.

    python -m tests.stacks.class_apps FOLDER
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from stacks.class_settings import ClassSettings
from stacks.settings import GRADER_ROLE, LabSettings

FIRST, SECOND = "111122223333", "444455556666"
LIST = f"""student,account,profile,role_arn,external_id,region
Ada,{FIRST},,arn:aws:iam::{FIRST}:role/{GRADER_ROLE},spring,eu-west-1
Bob,{SECOND},bob,,,
"""
_ALL = {"external_id": "spring", "lab": "true", "consent": "named"}
CHOICES = {
    "units": _ALL | {"units": "ou-ab12-11111111", "policies": "check-athena,doctor,up-athena,down"},
    "list": {"external_id": "spring", "list": "class.csv", "policies": "check,run,down-by-hand"},
    "stages": _ALL | {"list": "class.csv", "stages": "true", "trainer": SECOND},
}
"""Values of `class:`; what they may be is told by stacks/class_settings.py."""


def write(folder: Path) -> None:
    """Synthesize each choice, and leave in `folder` its templates, those that are alike once."""
    from stacks.class_stacks import add_class
    from stacks.review import reviewed_app

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    students = folder / "class.csv"
    students.write_text(LIST, encoding="utf-8")
    bodies: set[str] = set()
    for name, choice in CHOICES.items():
        context = {f"class:{key}": value for key, value in choice.items()}
        context |= {"class:list": str(students)} if "list" in choice else {}
        chosen = ClassSettings.from_context(context, "us-east-1")
        assert chosen is not None
        app = reviewed_app(folder / name)
        add_class(app, LabSettings(), chosen)
        app.synth()
        for path in sorted((folder / name).rglob("*.template.json")):
            template = json.loads(path.read_text(encoding="utf-8"))
            resources = template["Resources"].values()
            bodies.add(json.dumps(template))
            bodies |= {
                each["Properties"]["TemplateBody"]
                for each in resources
                if each["Type"] == "AWS::CloudFormation::StackSet"
            }
        shutil.rmtree(folder / name)
    for number, body in enumerate(sorted(bodies)):
        (folder / f"{number}.template.json").write_text(body, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
