"""What a synthesized app holds, and its deployment without the CDK CLI: by change sets."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from local_aws import LocalAws
from local_aws.cloudformation import background
from tests.local_aws.cloudformation.deployed import ACCOUNT, Stacks
from tests.local_aws.delivered import client
from tests.waiting import LONG

ROOT = Path(__file__).parents[2]
_QUALIFIER = "hnb659fds"
_BUCKET = f"cdk-{_QUALIFIER}-assets-{ACCOUNT}-us-east-1"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


def synthesized(folder: Path) -> dict[int, Path]:
    """Both versions of the apps, each synthesized into a folder inside this one."""
    subprocess.run(
        [sys.executable, "-m", "tests.cdk_apps.app", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=LONG,
    )
    return {version: folder / str(version) for version in (1, 2)}


def bootstrap(client_of: Callable[[str], Any], account: str = ACCOUNT) -> None:
    """What apps find of `cdk bootstrap`: the assets' bucket, and the version's parameter."""
    client_of("s3").create_bucket(Bucket=f"cdk-{_QUALIFIER}-assets-{account}-us-east-1")
    client_of("ssm").put_parameter(
        Name=f"/cdk-bootstrap/{_QUALIFIER}/version", Type="String", Value="31"
    )


@dataclass(frozen=True)
class Apps:
    """The apps on a local AWS that looks bootstrapped."""

    aws: LocalAws
    assemblies: dict[int, Path]

    @property
    def stacks(self) -> Stacks:
        return Stacks(client(self.aws, "cloudformation"))

    def bootstrap(self) -> None:
        """Look bootstrapped."""
        bootstrap(partial(client, self.aws))

    def deploy(self, name: str, version: int = 1) -> dict[str, str]:
        """Create or update an app's stack; its outputs come back."""
        assembly, stack = self.assemblies[version], f"app-{name.lower()}"
        self._publish(assembly, name)
        cloudformation = client(self.aws, "cloudformation")
        location = self._template(assembly, name)
        cloudformation.create_change_set(
            StackName=stack,
            ChangeSetName=f"version-{version}",
            ChangeSetType="CREATE" if version == 1 else "UPDATE",
            TemplateURL=f"https://s3.us-east-1.amazonaws.com/{_BUCKET}/{location}",
            Capabilities=_CAPABILITIES,
            Tags=[{"Key": "app", "Value": name}],
        )
        cloudformation.execute_change_set(StackName=stack, ChangeSetName=f"version-{version}")
        background.wait_for_all(60)
        wanted = "CREATE_COMPLETE" if version == 1 else "UPDATE_COMPLETE"
        assert self.stacks.status(stack) == wanted, self.failures(stack)
        return {key.removeprefix(name): value for key, value in self.stacks.outputs(stack).items()}

    def failures(self, stack: str) -> list[tuple[str, str]]:
        """Logical ids with the reasons of what failed in a stack."""
        return [
            (event["LogicalResourceId"], event.get("ResourceStatusReason", ""))
            for event in self.stacks.events(stack)
            if event["ResourceStatus"].endswith("FAILED")
        ]

    def destroy(self, name: str) -> None:
        """Delete an app's stack."""
        stack = f"app-{name.lower()}"
        stack_id = self.stacks.describe(stack)["StackId"]
        client(self.aws, "cloudformation").delete_stack(StackName=stack)
        background.wait_for_all(60)
        assert self.stacks.status(stack_id) == "DELETE_COMPLETE", self.failures(stack_id)

    def _publish(self, assembly: Path, name: str) -> None:
        manifest = json.loads((assembly / f"{name}.assets.json").read_text())
        for asset in manifest["files"].values():
            source = assembly / asset["source"]["path"]
            body = _zipped(source) if asset["source"]["packaging"] == "zip" else source.read_bytes()
            for destination in asset["destinations"].values():
                key = destination["objectKey"]
                client(self.aws, "s3").put_object(Bucket=_BUCKET, Key=key, Body=body)

    def _template(self, assembly: Path, name: str) -> str:
        """The object key of the stack's template."""
        manifest: Any = json.loads((assembly / "manifest.json").read_text())
        url = manifest["artifacts"][name]["properties"]["stackTemplateAssetObjectUrl"]
        return str(url).rpartition("/")[2]


def _zipped(folder: Path) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        for file in sorted(folder.rglob("*")):
            package.write(file, file.relative_to(folder))
    return archive.getvalue()
