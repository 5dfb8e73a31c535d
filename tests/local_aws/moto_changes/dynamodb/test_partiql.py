"""PartiQL for DynamoDB: what its developer guide shows, and how it fails."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.delivered import client

AUTHOR = {"S": "Acme Band"}
ROCKS: dict[str, Any] = {
    "Artist": AUTHOR,
    "SongTitle": {"S": "PartiQL Rocks"},
    "Awards": {"N": "1"},
    "Tags": {"SS": ["loud", "new"]},
    "Info": {"M": {"label": {"S": "L1"}, "dates": {"L": [{"S": "2019"}, {"S": "2020"}]}}},
}
BALLAD = {"Artist": AUTHOR, "SongTitle": {"S": "Ballad"}, "Awards": {"N": "7"}, "Label": {"S": "x"}}
OTHER = {"Artist": {"S": "No One"}, "SongTitle": {"S": "It's"}, "Awards": {"N": "-2.5"}}
KEY = "Artist = 'Acme Band' AND SongTitle = 'PartiQL Rocks'"


@pytest.fixture
def music(aws: LocalAws) -> Any:
    dynamodb = client(aws, "dynamodb")
    dynamodb.create_table(
        TableName="Music",
        KeySchema=[
            {"AttributeName": "Artist", "KeyType": "HASH"},
            {"AttributeName": "SongTitle", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"}
            for name in ("Artist", "SongTitle", "Label")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-label",
                "KeySchema": [{"AttributeName": "Label", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for item in (ROCKS, BALLAD, OTHER):
        dynamodb.put_item(TableName="Music", Item=item)
    return dynamodb


def done(music: Any, statement: str, *parameters: Any) -> list[dict[str, Any]]:
    given = {"Parameters": list(parameters)} if parameters else {}
    items: list[dict[str, Any]] = music.execute_statement(Statement=statement, **given)["Items"]
    return items


def titles(music: Any, condition: str, *parameters: Any) -> list[str]:
    found = done(music, f'SELECT SongTitle FROM "Music" WHERE {condition}', *parameters)
    return sorted(each["SongTitle"]["S"] for each in found)


def refused(music: Any, statement: str, *parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        done(music, statement, *parameters)
    said = error.value.response["Error"]
    return said["Code"], said["Message"]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("Artist = 'Acme Band'", "Ballad, PartiQL Rocks"),
        ("\"Artist\"='Acme Band' and SongTitle > 'C'", "PartiQL Rocks"),
        ("SongTitle = 'It''s'", "It's"),
        ("Awards > 1", "Ballad"),
        ("Awards >= 1 AND NOT Awards = 7", "PartiQL Rocks"),
        ("Awards = -2.5", "It's"),
        ("Awards <> 1 AND Awards != 7", "It's"),
        ("Awards IN [1, 7]", "Ballad, PartiQL Rocks"),
        ("Awards IN (7, 8)", "Ballad"),
        ("Awards BETWEEN 0 AND 5", "PartiQL Rocks"),
        ("begins_with(SongTitle, 'Part')", "PartiQL Rocks"),
        ("begins_with(\"SongTitle\", 'Bal') OR contains(Tags, 'loud')", "Ballad, PartiQL Rocks"),
        ("contains(\"SongTitle\", 'QL')", "PartiQL Rocks"),
        ("size(Tags) = 2", "PartiQL Rocks"),
        ("size(Info.dates) < 3", "PartiQL Rocks"),
        ("attribute_type(Tags, 'SS')", "PartiQL Rocks"),
        ("Label IS MISSING", "It's, PartiQL Rocks"),
        ("Label IS NOT MISSING", "Ballad"),
        ("Info.label = 'L1'", "PartiQL Rocks"),
        ("Info.dates[1] = '2020'", "PartiQL Rocks"),
        ("Tags = <<'new', 'loud'>>", "PartiQL Rocks"),
        ("(Awards = 7 OR Awards = 1) AND Label = 'x'", "Ballad"),
    ],
)
def test_conditions(music: Any, condition: str, found: str) -> None:
    assert ", ".join(titles(music, condition)) == found


def test_parameters_take_the_place_of_question_marks(music: Any) -> None:
    assert titles(music, "Artist = ? AND Awards > ?", AUTHOR, {"N": "3"}) == ["Ballad"]
    for parameters in ([], [AUTHOR, AUTHOR]):
        code, message = refused(music, "SELECT * FROM Music WHERE Artist = ?", *parameters)
        assert code == "ValidationException"
        assert "Number of parameters in request and statement don't match" in message


def test_what_is_selected(music: Any) -> None:
    assert sorted(map(str, done(music, "SELECT * FROM Music"))) == sorted(
        map(str, (ROCKS, BALLAD, OTHER))
    )
    chosen = done(music, f"SELECT Awards, Info.label, Info.dates[0] FROM Music WHERE {KEY}")
    assert chosen == [{"Awards": {"N": "1"}, "label": {"S": "L1"}, "dates[0]": {"S": "2019"}}]
    assert done(music, f"SELECT Nothing FROM Music WHERE {KEY}") == [{}]


def test_an_index_is_selected_from(music: Any) -> None:
    assert done(music, 'SELECT * FROM "Music"."by-label" WHERE Label = \'x\'') == [BALLAD]
    _, message = refused(music, 'SELECT * FROM "Music"."none"')
    assert message == "The table does not have the specified index"


@pytest.mark.parametrize(
    ("order", "first"), [("DESC", "PartiQL Rocks"), ("ASC", "Ballad"), ("", "Ballad")]
)
def test_the_range_key_orders(music: Any, order: str, first: str) -> None:
    ordered = f"SELECT SongTitle FROM Music WHERE Artist = 'Acme Band' ORDER BY SongTitle {order}"
    assert done(music, ordered)[0]["SongTitle"]["S"] == first


def test_an_order_needs_the_hash_key(music: Any) -> None:
    _, message = refused(music, "SELECT * FROM Music ORDER BY SongTitle")
    assert message == "Must have WHERE clause in the statement when using ORDER BY clause."
    _, message = refused(music, "SELECT * FROM Music WHERE Awards = 1 ORDER BY SongTitle")
    assert "hash key condition in WHERE clause when using ORDER BY" in message


def test_pages(music: Any) -> None:
    statement = {"Statement": "SELECT SongTitle FROM Music", "Limit": 2}
    first = music.execute_statement(**statement)
    second = music.execute_statement(**statement, NextToken=first["NextToken"])
    assert (len(first["Items"]), len(second["Items"])) == (2, 1)
    assert "NextToken" not in second


def test_an_item_is_inserted_once(music: Any) -> None:
    insert = """INSERT INTO "Music" VALUE {'Artist': ?, 'SongTitle': 'New', 'live': true, 'n': null,
        'list': [1, 'two', {'three': 3}], 'set': <<1, 2>>}"""
    assert done(music, insert, AUTHOR) == []
    (found,) = done(music, "SELECT live, n, list, set FROM Music WHERE SongTitle = 'New'")
    three = {"M": {"three": {"N": "3"}}}
    assert found["list"] == {"L": [{"N": "1"}, {"S": "two"}, three]}
    assert (found["live"], found["n"]) == ({"BOOL": True}, {"NULL": True})
    assert sorted(found["set"]["NS"]) == ["1", "2"]
    code, message = refused(music, insert, AUTHOR)
    assert (code, message) == ("DuplicateItemException", "Duplicate primary key exists in table")
    _, message = refused(music, "INSERT INTO Music VALUE {'Artist': 'x'}")
    assert "required keys" in message


@pytest.mark.parametrize(
    ("change", "attribute", "value"),
    [
        ("SET Awards = 5", "Awards", {"N": "5"}),
        ("SET Awards = Awards + 2", "Awards", {"N": "3"}),
        (
            "SET Awards=1 SET Detail={'Grammys': [2020]}",
            "Detail",
            {"M": {"Grammys": {"L": [{"N": "2020"}]}}},
        ),
        (
            "SET Info.label = 'L2'",
            "Info",
            {"M": {"label": {"S": "L2"}, "dates": ROCKS["Info"]["M"]["dates"]}},
        ),
        ("SET Info.dates = list_append(Info.dates, ['2021'])", "Info", None),
        ("SET Tags = set_add(Tags, <<'live'>>)", "Tags", {"SS": ["live", "loud", "new"]}),
        ("SET Tags = set_delete(Tags, <<'loud'>>)", "Tags", {"SS": ["new"]}),
        (
            "REMOVE Info.dates[0]",
            "Info",
            {"M": {"label": {"S": "L1"}, "dates": {"L": [{"S": "2020"}]}}},
        ),
        ("REMOVE Tags REMOVE Awards", "Tags", {}),
    ],
)
def test_updates(music: Any, change: str, attribute: str, value: Any) -> None:
    done(music, f"UPDATE Music {change} WHERE {KEY}")
    (item,) = done(music, f"SELECT * FROM Music WHERE {KEY}")
    found = item.get(attribute, {})
    if "SS" in found:
        found = {"SS": sorted(found["SS"])}
    if value is None:
        value = {
            "M": {
                "label": {"S": "L1"},
                "dates": {"L": [{"S": y} for y in ("2019", "2020", "2021")]},
            }
        }
    assert found == value


@pytest.mark.parametrize(
    ("returning", "awards", "names"),
    [("ALL OLD", "1", 5), ("MODIFIED OLD", "1", 1), ("ALL NEW", "5", 5), ("MODIFIED NEW", "5", 1)],
)
def test_an_update_returns_what_is_asked_for(
    music: Any, returning: str, awards: str, names: int
) -> None:
    update = f"UPDATE Music SET Awards = 5 WHERE {KEY} RETURNING {returning} *"
    (item,) = done(music, update)
    assert (item["Awards"], len(item)) == ({"N": awards}, names)


def test_an_update_is_of_one_item_that_is_there(music: Any) -> None:
    code, message = refused(music, "UPDATE Music SET a = 1 WHERE Artist = 'x' AND SongTitle = 'y'")
    assert (code, message) == ("ConditionalCheckFailedException", "The conditional request failed")
    code, _ = refused(music, f"UPDATE Music SET a = 1 WHERE {KEY} AND Awards = 9")
    assert code == "ConditionalCheckFailedException"
    _, message = refused(music, "UPDATE Music SET a = 1 WHERE Artist = 'x'")
    assert message == "Where clause does not contain a mandatory equality on all key attributes"


def test_deletions(music: Any) -> None:
    code, _ = refused(music, f"DELETE FROM Music WHERE {KEY} AND Awards = 9")
    assert code == "ConditionalCheckFailedException"
    assert done(music, f"DELETE FROM Music WHERE {KEY} RETURNING ALL OLD *") == [ROCKS]
    assert done(music, f"DELETE FROM Music WHERE {KEY}") == []
    assert titles(music, "Artist = 'Acme Band'") == ["Ballad"]


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "DROP TABLE Music",
        "SELECT * FROM",
        "SELECT * FROM Music WHERE",
        "UPDATE Music WHERE a = 1",
        "SELECT * FROM Music WHERE a ~ 1",
        "INSERT INTO Music VALUE 'x'",
        "SELECT * FROM Music extra",
    ],
)
def test_what_is_no_statement_is_refused(music: Any, statement: str) -> None:
    code, message = refused(music, statement or " ")
    assert code == "ValidationException"
    assert "Statement wasn't well formed, can't be processed" in message


def test_a_table_that_is_not_there(music: Any) -> None:
    assert refused(music, "SELECT * FROM None")[0] == "ResourceNotFoundException"


def test_a_batch_tells_of_each_statement(music: Any) -> None:
    answers = music.batch_execute_statement(
        Statements=[
            {"Statement": f"SELECT Awards FROM Music WHERE {KEY}"},
            {"Statement": "SELECT * FROM Music WHERE Artist = 'x' AND SongTitle = 'y'"},
            {"Statement": "SELECT * FROM Music WHERE Artist = 'x'"},
            {"Statement": "SELECT * FROM Nothing WHERE a = 1"},
        ]
    )["Responses"]
    assert answers[0] == {"TableName": "Music", "Item": {"Awards": {"N": "1"}}}
    assert answers[1] == {"TableName": "Music"}
    assert [each["Error"]["Code"] for each in answers[2:]] == [
        "ValidationError",
        "ResourceNotFound",
    ]
    insert = "INSERT INTO Music VALUE {'Artist': 'Acme Band', 'SongTitle': 'Ballad'}"
    answers = music.batch_execute_statement(
        Statements=[{"Statement": insert}, {"Statement": f"DELETE FROM Music WHERE {KEY}"}]
    )["Responses"]
    assert answers[0]["Error"]["Code"] == "DuplicateItem"
    assert titles(music, "Artist = 'Acme Band'") == ["Ballad"]


def test_a_transaction_is_all_or_nothing(music: Any) -> None:
    other = "Artist = 'No One' AND SongTitle = 'It''s'"
    exists = f"EXISTS(SELECT * FROM Music WHERE {other} AND Awards < {{}})"
    writes = [
        f"UPDATE Music SET Awards = 9 WHERE {KEY}",
        "INSERT INTO Music VALUE {'Artist': 'New', 'SongTitle': 'One'}",
        "DELETE FROM Music WHERE Artist = 'Acme Band' AND SongTitle = 'Ballad'",
    ]

    def transact(*statements: str) -> Any:
        return music.execute_transaction(
            TransactStatements=[{"Statement": each} for each in statements]
        )

    with pytest.raises(ClientError) as cancelled:
        transact(*writes, exists.format(-5))
    codes = [each["Code"] for each in cancelled.value.response["CancellationReasons"]]
    assert codes == ["None", "None", "None", "ConditionalCheckFailed"]
    assert titles(music, "Awards = 9 OR Artist = 'New'") == []
    transact(*writes, exists.format(0))
    assert titles(music, "Awards = 9 OR Artist = 'New'") == ["One", "PartiQL Rocks"]
    with pytest.raises(ClientError) as cancelled:
        transact(writes[1])
    (reason,) = cancelled.value.response["CancellationReasons"]
    assert reason["Code"] == "DuplicateItem"
    reads = transact(f"SELECT Awards FROM Music WHERE {KEY}")["Responses"]
    assert reads == [{"Item": {"Awards": {"N": "9"}}}]
