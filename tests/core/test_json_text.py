import json

import pytest

from aegen.core.errors import InvalidInput
from aegen.core.json_text import parse


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("1" * 400, "beyond 2**53"),
        (f'{{"a": {2**53 + 1}}}', "beyond 2**53"),
        ("-" + "9" * 5000, "beyond 2**53"),
        ("[1e999]", "too large"),
        ("[NaN]", "NaN, which is no JSON number"),
        ('["\\ud800"]', "surrogate"),
        ('{"\\udfff": 1}', "surrogate"),
        ('["\\u001b[2J"]', "U+001B"),
        ('["\\u009b"]', "U+009B"),
        ('["\\u202e"]', "U+202E"),
        ("[" * 33 + "]" * 33, "more than 32 times"),
        ("[" * 100_000, "more than 32 times"),
        ("[" + "0," * 1_000_000 + "0]", "more than 1,000,000 entries"),
        (b'"\xff"', "UTF-8"),
        ("{", "whole JSON"),
    ],
)
def test_what_others_may_not_write_is_refused_in_a_few_words(content, reason):
    with pytest.raises(InvalidInput, match=reason.replace("*", r"\*").replace("+", r"\+")) as told:
        parse(content)
    assert len(str(told.value)) < 200


@pytest.mark.parametrize(
    "value",
    [2**53, -(2**53), 0.5, "Zeile\n\t mit ä, 漢字, 👩‍🎨", {"a": [None, True, {"b": "c"}]}, []],
    ids=repr,
)
def test_what_people_write_is_read(value):
    assert parse(json.dumps(value)) == value
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


def test_lists_lie_within_each_other_up_to_the_limit():
    assert parse("[" * 32 + "]" * 32) is not None


def test_values_by_the_million_are_counted_before_they_are_made():
    many = "[" + "[],[{},[]]," * 1_000_000 + "0]"
    with pytest.raises(InvalidInput, match="more than 4,000,000 values"):
        parse(many)
    with pytest.raises(InvalidInput, match="more than 64,000,000 characters"):
        parse('"' + "a" * 64_000_000 + '"')
