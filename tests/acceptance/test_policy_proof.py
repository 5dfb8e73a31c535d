"""The policy of an unmodified `cdk deploy`, proved: the CLI's own calls, and CloudFormation's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.conftest import CDK, ROOT
from tests.profiles import IS_LONG
from tests.waiting import LONG

MANIFEST = {
    "version": "48.0.0",
    "artifacts": {
        "app": {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/unknown-region",
            "properties": {"templateFile": "app.template.json", "validateOnSynth": False},
            "displayName": "app",
        }
    },
}
TEMPLATE = {
    "Resources": {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                }
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": "def handler(event, context): return 1"},
            },
        },
    }
}


@pytest.mark.skipif(not IS_LONG, reason="the CDK CLI starts ten times: make test-all")
def test_a_cdk_deploy_is_proved(tmp_path: Path) -> None:
    assembly = tmp_path / "cdk.out"
    assembly.mkdir()
    assembly.joinpath("manifest.json").write_text(json.dumps(MANIFEST))
    assembly.joinpath("app.template.json").write_text(json.dumps(TEMPLATE))
    deploy = [str(CDK), "deploy", "app", "--require-approval", "never", "--app", str(assembly)]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ended = subprocess.run(
        [sys.executable, "-m", "local_aws", "policy", "--prove", "--format", "json", "--", *deploy],
        cwd=ROOT,
        env={
            **os.environ,
            "PATH": path,
            "HOME": str(tmp_path),
            "CI": "true",
            "NODE_COMPILE_CACHE": str(tmp_path / "compiled"),
        },
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    through = {
        each["action"] for each in told["actions"] if "cloudformation.amazonaws.com" in each["for"]
    }
    assert through == {"iam:CreateRole", "iam:PassRole", "lambda:CreateFunction"}
    verdicts = {each["action"]: each["verdict"] for each in told["actions"]}
    assert {verdicts[each] for each in through} == {"needed"}
    assert "cloudformation:ExecuteChangeSet" in verdicts
    assert "what CloudFormation only reads for its caller" in ended.stderr
