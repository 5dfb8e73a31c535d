"""PartiQL statements as records show them."""

import pytest

from cloudtrail.records.by_service.partiql import redact, table_of

KEYS = {"Music": ("Artist", "SongTitle")}


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        (
            "SELECT * FROM Music WHERE Artist = 'No One' AND SongTitle = 'Call' AND Year = 1999",
            (
                "SELECT * FROM Music WHERE Artist = 'No One' AND SongTitle = 'Call' "
                "AND Year = ***(Redacted)"
            ),
        ),
        (
            "INSERT INTO Music VALUE {'Artist' : 'No One', 'Live': true, 'Tags': [1, 'a']}",
            (
                "INSERT INTO Music VALUE {'Artist' : ***(Redacted), 'Live': ***(Redacted), "
                "'Tags': [***(Redacted), ***(Redacted)]}"
            ),
        ),
        (
            "UPDATE \"Music\" SET Awards[0] = 'x''y' WHERE \"Artist\" = 'No One'",
            'UPDATE "Music" SET Awards[0] = ***(Redacted) WHERE "Artist" = \'No One\'',
        ),
        ("DELETE FROM Music WHERE Artist = ?", "DELETE FROM Music WHERE Artist = ?"),
        (
            "SELECT * FROM Music WHERE Info.Artist = 'secret'",
            "SELECT * FROM Music WHERE Info.Artist = ***(Redacted)",
        ),
        (
            "SELECT * FROM Other WHERE Artist = 'secret'",
            "SELECT * FROM Other WHERE Artist = ***(Redacted)",
        ),
        (
            "SELECT * FROM Music WHERE Year = 'unterminated",
            "SELECT * FROM Music WHERE Year = ***(Redacted)",
        ),
    ],
)
def test_only_key_values_stay_in_a_statement(statement: str, shown: str) -> None:
    assert redact(statement, KEYS) == shown


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("SELECT * FROM Music", "Music"),
        ('SELECT * FROM "Music"."ByYear" WHERE Year = 1', "Music"),
        ("insert into Music value {}", "Music"),
        ("UPDATE Music SET a = 1", "Music"),
        ("EXISTS(SELECT * FROM Music WHERE a = 1)", "Music"),
        ("nonsense", None),
    ],
)
def test_a_statement_names_its_table(statement: str, table: str | None) -> None:
    assert table_of(statement) == table
