"""Secrets taken out of all that is printed and kept."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from urllib.parse import quote

import boto3
import pytest
from botocore.exceptions import ClientError

from lab_steps import credential_redaction
from lab_steps.__main__ import main
from lab_steps.credential_redaction import keep_secret, redacted, redacted_in, redacted_log_file
from lab_steps.errors import CannotLookError
from lab_steps.verbs import plan
from tests.lab_steps.by_hand import ByHand

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzEXAMPLE0"
TOKEN = "IQoJb3JpZ2luX2VjEMb//////////wEaCXVzLWVhc3QtMSJHMEUCIQDexample=="


@pytest.fixture
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credential_redaction, "_live", set())
    keep_secret(boto3.Session("AKIAIOSFODNN7EXAMPLE", SECRET, TOKEN))


@pytest.mark.parametrize(
    "text",
    [
        '{"sessionToken":"IQoJabc"}',
        '{"SessionToken" : "IQoJabc"}',
        r'{"body":"{\"sessionToken\":\"IQoJabc\"}"}',
        r'{"a":"{\"b\":\"{\\\"secretAccessKey\\\": \\\"IQoJabc\\\"}\"}"}',
        r'{"sessionToken":"x\/IQoJabc"}',
        "https://b.s3.amazonaws.com/k?X-Amz-Security-Token=IQoJabc&X-Amz-Date=1",
    ],
)
def test_a_named_secret_is_taken_out_of_a_text(text: str) -> None:
    assert "IQoJabc" not in redacted(text)
    assert "REDACTED" in redacted(text)
    assert redacted(redacted(text)) == redacted(text)


def test_what_is_no_secret_stays() -> None:
    text = '{"sessionToken":null,"clientToken":"abc","nextToken":"def","sessionTokenCount":3}'
    assert redacted(text) == text


def test_a_named_secret_is_taken_out_of_any_part_of_a_value() -> None:
    value = {"Credentials": [{"SessionToken": "a", "AccessKeyId": "b"}], "n": 1}
    assert redacted_in(value) == {
        "Credentials": [{"SessionToken": "REDACTED", "AccessKeyId": "b"}],
        "n": 1,
    }


@pytest.mark.usefixtures("_known")
@pytest.mark.parametrize("secret", [SECRET, TOKEN])
def test_the_secrets_in_use_are_taken_out_wherever_they_are(secret: str) -> None:
    spelled = [secret, quote(secret, safe=""), json.dumps(secret).replace("/", r"\/")]
    for each in spelled:
        assert redacted(f"before {each} after").strip('"').startswith("before ")
        assert secret[:12] not in redacted(f"before {each} after")
    assert redacted_in({secret: [secret]}) == {"REDACTED": ["REDACTED"]}
    data = gzip.compress(f'{{"Records":[{{"userAgent":"{secret}"}}]}}'.encode())
    assert secret.encode() not in gzip.decompress(redacted_log_file(data))


def test_a_word_that_is_a_local_secret_stays_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credential_redaction, "_live", set())
    keep_secret(boto3.Session("test", "test", "local"))
    assert redacted("test the local AWS") == "test the local AWS"


@pytest.mark.usefixtures("_known")
@pytest.mark.parametrize("error", [CannotLookError(f"it said {SECRET}"), KeyError(TOKEN)])
def test_no_message_or_traceback_shows_a_secret_in_use(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr(plan, "run", fail)
    assert main(["plan"]) == 3
    told = capsys.readouterr().err
    assert "REDACTED" in told
    assert SECRET not in told
    assert TOKEN not in told


def test_no_bundle_or_report_shows_the_secrets_of_who_makes_it(
    by_hand: ByHand,
    state_directory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(credential_redaction, "_live", set())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    by_hand.management_trail()
    by_hand.data_trail()
    with pytest.raises(ClientError, match="ParameterNotFound"):
        by_hand.ssm.get_parameter(Name=SECRET)
    by_hand.aws.deliver_now()
    where = ["--endpoint-url", by_hand.aws.endpoint_url, "--timeout", "0"]
    main(["report", "--format", "json", *where])
    output = tmp_path / "lab.zip"
    main(["bundle", "--output", str(output), *where])
    main(["report", "--format", "html", "--bundle", str(output)])
    told = capsys.readouterr()
    assert "REDACTED" in told.out
    assert SECRET not in told.out + told.err
