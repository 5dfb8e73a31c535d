"""What filter patterns of CloudWatch Logs match: AWS's page, and tests that ran against AWS."""

from __future__ import annotations

import pytest

from local_aws.consumers.filter_patterns import InvalidPattern, compile_pattern

EVENT = """
{"eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "number": 123,
 "float": 12.34, "round": 12.0, "object": {"a b": {"c.d": 1}}, "empty": [], "nothing": null,
 "yes": true, "list": [{"name": "a", "id": 1}, {"name": "b", "id": 2}], "rows": [[0, 1], [2]]}
"""
ACCESS = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ("{$.eventType=UpdateTrail}", True),
        ('{ $.eventType != "UpdateTrail" }', False),
        ('{ $.eventType = "updatetrail" }', False),
        ("{ $.sourceIPAddress = 111.111.* }", True),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ('{ $.sourceIPAddress = "*.111" }', True),
        ('{ $.sourceIPAddress = "*1.1*" }', True),
        # A wildcard inside of a value is a character.
        ('{ $.sourceIPAddress = "11*1" }', False),
        ("{ $.sourceIPAddress = * }", True),
        ("{ $.number = 123.0 }", True),
        ('{ $.number = "123" }', True),
        ('{ $.number != "123.0" }', True),
        ('{ $.number = "12*" }', True),
        ("{ $.number >= 123 && $.float < 12.5 }", True),
        ("{ $.number > 123 }", False),
        ("{ $.eventType > 1 }", False),
        ("{ $.round = 12 }", True),
        ('{ $.round = "12" }', False),
        # What an event lacks compares with nothing, and neither do lists and objects.
        ('{ $.lacking = "a" }', False),
        ('{ $.lacking != "a" }', False),
        ('{ $.empty != "a" }', False),
        ('{ $.object != "a" }', False),
        ('{ $.nothing != "a" }', False),
        ("{ $.nothing IS NULL }", True),
        ("{ $.lacking IS NULL }", False),
        ("{ $.lacking NOT EXISTS }", True),
        ("{ $.nothing NOT EXISTS }", False),
        ("{ $.nothing EXISTS }", True),
        ("{ $.yes IS TRUE }", True),
        ("{ $.yes IS FALSE }", False),
        ("{ $.eventType IS TRUE }", False),
        ("{ $.list[1].id = 2 }", True),
        ("{ $.list[0].id = 2 }", False),
        ("{ $.list.id = 2 }", False),
        ("{ $.list[*].id = 2 }", True),
        ("{ $.rows[0][1] = 1 }", True),
        ("{ $.eventType[0] = U }", False),
        ("{ $.object['a b']['c.d'] = 1 }", True),
        ("{ $.* = UpdateTrail }", True),
        ("{ $.eventType = %^Up.*l$% }", True),
        ("{ $.eventType = %^up% }", False),
        ("{ $.number = 1 || $.number = 123 && $.yes IS TRUE }", True),
        ("{ ($.number = 123 || $.number = 1) && $.yes IS FALSE }", False),
    ],
)
def test_json(pattern: str, matches: bool) -> None:
    assert compile_pattern(pattern).matches(EVENT) is matches


def test_json_pattern_matches_no_other_event() -> None:
    pattern = compile_pattern("{ $.lacking NOT EXISTS }")
    assert not pattern.matches("UpdateTrail")
    assert not pattern.matches("[1]")


@pytest.mark.parametrize(
    ("pattern", "message", "matches"),
    [
        ("", "anything", True),
        (" ", "anything", True),
        ("ERROR", "[ERROR 400] BAD REQUEST", True),
        ("ERROR", "TERRORS", True),
        ("ERROR", "error", False),
        ("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", True),
        ("ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST", False),
        ("?ERROR ?ARGUMENTS", "INVALID ARGUMENTS", True),
        ("?ERROR ?ARGUMENTS", "REQUEST", False),
        # Beside other terms, optional ones count for nothing.
        ("?ERROR ?ARGUMENTS REQUEST", "[INFO] REQUEST FAILED", True),
        ("?ERROR -REQUEST", "INFO", True),
        ("ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", False),
        ('- "push.publisher"', "a push.publisher of logs", False),
        ('- "push.publisher"', "another", True),
        ("ERROR -ARGUMENTS", "[ERROR 401] UNAUTHORIZED REQUEST", True),
        ('"INTERNAL SERVER ERROR"', "[ERROR 500] INTERNAL SERVER ERROR", True),
        ('"INTERNAL SERVER ERROR"', "SERVER INTERNAL ERROR", False),
        ('"\\"eventName\\":\\"X\\""', '{"eventName":"X"}', True),
        ("%10\\.10\\.[0-9]+%", "from 10.10.12", True),
        ("%^ERROR\\s[45]%", "ERROR 500", True),
        ("%^ERROR%", "an ERROR", False),
    ],
)
def test_terms(pattern: str, message: str, matches: bool) -> None:
    assert compile_pattern(pattern).matches(message) is matches


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", True),
        ("[ip, user, username, timestamp, request, status_code = 5*, bytes]", False),
        ("[ip, user, username, timestamp, request, status_code, bytes > 1000]", True),
        ("[ip, user, username, timestamp, request, status_code, bytes > 1534]", False),
        ("[..., status_code = 404 || status_code = 410, bytes]", True),
        ("[ip, ..., bytes = 1534]", True),
        (r"[ip = %127\.0\.0\.[1-9]{1,3}%, ...]", True),
        ("[ip = 127.0.0.1, rest]", True),
        ("[ip != 127.0.0.1 && ip != 10.*, rest]", False),
        ("[ip = 127.0.0.1 && (ip = x || ip = 127.*), rest]", True),
        ("[a, b, c, d, e, f, g, h]", False),
        ("[ip = 127.0.0.1]", False),
    ],
)
def test_space_delimited(pattern: str, matches: bool) -> None:
    assert compile_pattern(pattern).matches(ACCESS) is matches


def test_values_are_told_by_their_names() -> None:
    pattern = compile_pattern("[ip, , ..., request = *GET*, status, bytes]")
    assert pattern.values(ACCESS) == {
        "$ip": "127.0.0.1",
        "$2": "Prod",
        "$request": "GET /index.html HTTP/1.0",
        "$status": "404",
        "$bytes": "1534",
    }
    json_pattern = compile_pattern("{ $.number > 1 && $.list[0].name = a && $.x NOT EXISTS }")
    assert json_pattern.values(EVENT) == {"$.number": "123", "$.list[0].name": "a"}
    assert json_pattern.value(EVENT, "$.sourceIPAddress") == "111.111.111.111"
    assert json_pattern.value(EVENT, "$.lacking") is None
    assert pattern.value(ACCESS, "$bytes") == "1534"


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("foo:bar", "Invalid character(s) in term ':'"),
        ("(ERROR)", "Invalid character(s) in term '('"),
        ('"ERROR', "Invalid character(s) in term '\"'"),
        ("{ $.userIdentity.type = 'Root' }", "Invalid character(s) in term '''"),
        ('{ $."sc-status" = 5* }', "Invalid character(s) in term '$'"),
        ('{ $.eventType > "UpdateTrail" }', "Invalid character(s) in term '\"'"),
        ("{ $.number == 1 }", "Invalid character(s) in term '='"),
        ("{ $.a = 1 AND $.b = 2 }", "Invalid character(s) in term 'A'"),
        ("{ $.nothing IS NOT NULL }", "Invalid character(s) in term 'I'"),
        ('{ "a": [1] }', "Invalid character(s) in term '\"'"),
        ("{ !($.a = 1) }", "Invalid character(s) in term '!'"),
        ("{ $..a = 1 }", "Invalid character(s) in term '$'"),
        ("{ $.a = %(x|y)% }", ""),
        ("%hello!%", ""),
        ("%[abc%", ""),
        ("{ $.a = %x% || $.a = %y% || $.a = %z% }", ""),
        ("{ $.a[*].* = 1 }", ""),
        ("{ $.a[*] = 1 || $.b[*] = 1 || $.c[*] = 1 || $.d[*] = 1 }", ""),
        ("{ $.a = }", ""),
        ("{ ($.a = 1 }", ""),
        ("{", ""),
        ("[..., a, ...]", ""),
        ("[w1==ERROR, w2]", "Invalid character(s) in term '='"),
    ],
)
def test_bad_pattern_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(InvalidPattern) as error:
        compile_pattern(pattern)
    assert str(error.value) == message
