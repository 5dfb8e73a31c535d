"""docs/local-aws.md: every block of commands and code in it, run as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local_aws import LocalAws
from tests.local_aws.test_documentation import DOCUMENT, _cli_port, _commands, shell
from tests.waiting import LONG

__all__ = ["_cli_port", "shell"]

pytest_plugins = ["pytester"]

BY_OTHER_TESTS = {
    ("Quick start", "console"): "test_documentation",
    ("In CI", "yaml"): "tests/acceptance/test_action.py, for what is not pip's or GitHub's",
    ("In containers", ""): "needs a container engine",
}
"""Blocks that no test here runs, and who does; all others are below."""


@dataclass(frozen=True)
class Block:
    """A fenced block, under a heading of any level."""

    section: str
    language: str
    text: str


def blocks() -> Iterator[Block]:
    section = ""
    whole = DOCUMENT.read_text(encoding="utf-8")
    pattern = r"^#+ (?P<section>[^\n]*)$|^```(?P<language>\w*)\n(?P<text>.*?)^```"
    for found in re.finditer(pattern, whole, re.MULTILINE | re.DOTALL):
        section = found["section"] or section
        if found["text"] is not None:
            yield Block(section, found["language"], found["text"])


def texts(section: str, language: str) -> list[str]:
    return [each.text for each in blocks() if (each.section, each.language) == (section, language)]


def test_every_block_is_run_by_a_test() -> None:
    there = {(each.section, each.language) for each in blocks()}
    assert there <= {*RUN_HERE, *BY_OTHER_TESTS}, "a test has to run it"
    assert there >= set(RUN_HERE), "there is no such block any more"


# What is there before the commands, as their readers have it.
CREDENTIALS = "[AccessKeyId,SecretAccessKey,SessionToken]"
PREPARED = """
{
  aws s3 mb s3://my-logs
  aws s3api put-bucket-policy --bucket my-logs --policy "$POLICY"
  aws cloudtrail create-trail --name my-trail --s3-bucket-name my-logs
  aws cloudtrail start-logging --name my-trail
  aws dynamodb list-tables
  curl -fsS -X POST "$AWS_ENDPOINT_URL/_local-aws/deliver"
  mkdir cdk.out
  printf %s "$TEMPLATE" > cdk.out/Trail.template.json
  printf '#!/bin/sh\\naws sns create-topic --name news\\n' > deploy.sh
  chmod +x deploy.sh
} >&2
"""
AS_WORKER = f"""
{{
  aws iam create-role --role-name worker --assume-role-policy-document "$TRUST"
  set -- $(aws sts assume-role --role-arn arn:aws:iam::123456789012:role/worker \\
    --role-session-name work --query 'Credentials.{CREDENTIALS}' --output text)
  AWS_ACCESS_KEY_ID=$1 AWS_SECRET_ACCESS_KEY=$2 AWS_SESSION_TOKEN=$3 aws dynamodb list-tables
}} >&2
"""
"""Before the policy of a role, its calls."""

WHILE_ALICE_CALLS = """
aws iam create-user --user-name alice
set -- $(aws iam create-access-key --user-name alice \\
  --query 'AccessKey.[AccessKeyId,SecretAccessKey]' --output text)
{} &
while kill -0 $! 2> /dev/null
do AWS_ACCESS_KEY_ID=$1 AWS_SECRET_ACCESS_KEY=$2 aws sts get-caller-identity
done
wait $!
"""
"""Around what waits for a record of hers."""

STATEMENT = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": %s, %s}]}'
VARIABLES = {
    "POLICY": STATEMENT
    % (
        '{"Service": "cloudtrail.amazonaws.com"}',
        '"Action": "s3:*", "Resource": ["arn:aws:s3:::my-logs", "arn:aws:s3:::my-logs/*"]',
    ),
    "TRUST": STATEMENT % ('{"AWS": "*"}', '"Action": "sts:AssumeRole"'),
    "TEMPLATE": (
        '{"Resources": {"Trail": {"Type": "AWS::CloudTrail::Trail", "Properties": '
        '{"IsLogging": true, "S3BucketName": "logs", "EventSelectors": '
        '[{"ReadWriteType": "WriteOnly"}]}}}}'
    ),
}
SELECTORS = "What would these selectors record?"
POLICY = "The policy of what was called"
PROVED = "The policy of a command, proved"
HTTP = "Records over HTTP"
EXPORT = "A session as log files"
CONSOLE = (EXPORT, SELECTORS, POLICY, PROVED, HTTP)


def surrounded(command: str) -> list[str]:
    if "user=alice" in command:
        return [WHILE_ALICE_CALLS.format(command)]
    return [AS_WORKER, command] if " --role " in command else [command]


def test_the_commands_run_in_their_order(shell: dict[str, str], tmp_path: Path) -> None:
    commands = [
        command
        for section in CONSOLE
        for text in texts(section, "console")
        for each in _commands(text)
        for command in surrounded(each)
    ]
    rows = DOCUMENT.read_text().split("\n## Options, by what they are for\n")[1].split("\n## ")[0]
    found = re.findall(r"`(curl .*?)`", rows)
    controls = [each.replace("curl ", "curl -fsS ") for each in found]
    assert len(controls) == 7
    forget = controls.index(next(each for each in controls if each.endswith("/moto-api/reset")))
    controls.append(controls.pop(forget))  # last, for what it forgets
    unjudged = "-H 'Content-Type: text/plain' -d inf $AWS_ENDPOINT_URL/moto-api/reset-auth"
    script = [
        "set -e",
        "trap 'local-aws stop >&2' EXIT",
        "local-aws start --background >&2",
        'eval "$(local-aws env)"',
        PREPARED,
        *commands,
        "aws iam create-login-profile --user-name alice --password ...",
        *(f"{each}\ncurl -fsS -X POST {unjudged}" for each in controls),
    ]
    ended = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        env={**shell, **VARIABLES},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    for told in (
        "CreateTrail",
        "GetCallerIdentity",
        "dynamodb:ListTables",
        "AccessKeyId",
        '"delivered": true',
    ):
        assert told in ended.stdout
    assert "proved: enough" in ended.stderr


PREAMBLE = """
import gzip, json
from datetime import timedelta

import boto3


def my_pipeline(bucket, endpoint):
    s3 = boto3.client("s3", "us-east-1", endpoint_url=endpoint,
                      aws_access_key_id="test", aws_secret_access_key="test")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    files = [gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
    names = [each["eventName"] for file in files for each in json.loads(file)["Records"]]
    return [name for name in names if name == "StopLogging"]


def make_table():
    boto3.client("dynamodb").create_table(
        TableName="Users", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )


def put(table):
    boto3.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "1"}})


def run_my_code():
    make_table()
    put("Users")


def deploy():
    make_table()
    for name in PUT:
        put(name)


PUT = ["Users", "Users", "Users"]

"""
CONFTEST = '''
import boto3
import pytest

TRUST = (
    '{"Version": "2012-10-17", "Statement": '
    '[{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}'
)


@pytest.fixture(autouse=True)
def deployer(request, local_aws_environment, monkeypatch):
    """Who deploys is a role's session."""
    if request.node.name != "test_deploy":
        return
    aws = local_aws_environment
    role = aws.client("iam").create_role(RoleName="deployer", AssumeRolePolicyDocument=TRUST)
    arn = role["Role"]["Arn"]
    keys = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="work")["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the keys that it has used
    aws.forget_records()
'''
OTHERWISE = """
import boto3
import pytest
import test_examples
from test_examples import test_deploy


@pytest.fixture(autouse=True)
def otherwise(deployer, local_aws_environment, monkeypatch):
    aws = local_aws_environment
    aws.client("s3").create_bucket(Bucket="logs")
    aws.client("dynamodb").create_table(
        TableName="Orders", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    aws.forget_records()
    made = test_examples.deploy

    def deploy():
        made()
        boto3.client("s3").delete_bucket(Bucket="logs")

    monkeypatch.setattr(test_examples, "PUT", ["Orders", "Users", "Users"])
    monkeypatch.setattr(test_examples, "deploy", deploy)
"""
"""In the order of the document's example: another table, and a bucket that goes."""

FROM_PYTEST = ("From pytest", "Assert by record", "Golden trails", EXPORT)


def run_pytest(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    plugin = ("-p", "local_aws.pytest_plugin", "-p", "no:cacheprovider")
    return pytester.runpytest_subprocess(*plugin, *options)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with the document's tests, and the golden trail that it shows."""
    monkeypatch.setenv("PYTHONPATH", str(DOCUMENT.parents[1]))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    examples = [text for section in FROM_PYTEST for text in texts(section, "python")]
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_examples=PREAMBLE + "\n\n".join(examples))
    [golden] = texts("Golden trails", "yaml")
    pytester.path.joinpath("deploy.calls.yaml").write_text(golden)
    return pytester


def test_the_tests_pass_and_of_other_calls_is_said_what_is_shown(
    project: pytest.Pytester,
) -> None:
    project.makepyfile(test_otherwise=OTHERWISE)
    [shown] = texts("Golden trails", "")
    ran = run_pytest(project)
    ran.assert_outcomes(passed=4, failed=1)
    told = "\n".join(line.removeprefix("E").removeprefix("       ") for line in ran.stdout.lines)
    assert shown in told


def test_a_server_with_other_options_runs(tmp_path: Path) -> None:
    [example] = texts("Records over HTTP", "python")
    ended = subprocess.run(
        [sys.executable, "-c", "from datetime import timedelta\n" + example],
        env={**os.environ, "PYTHONPATH": str(DOCUMENT.parents[1])},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def test_the_javascript_runs(aws: LocalAws, tmp_path: Path) -> None:
    [example] = texts("Quick start", "js")
    tmp_path.joinpath("node_modules").symlink_to(DOCUMENT.parents[1] / "node_modules")
    script = tmp_path / "example.mjs"
    script.write_text(example + "console.log(Events.length);\n")
    ended = subprocess.run(
        [Path(sys.executable).with_name("node"), script],
        env={**os.environ, **aws.environment()},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "0\n"), ended.stderr


RUN_HERE = {
    ("Quick start", "js"),
    *((section, "console") for section in CONSOLE),
    *((section, "python") for section in (*FROM_PYTEST, HTTP)),
    ("Golden trails", "yaml"),
    ("Golden trails", ""),
}
