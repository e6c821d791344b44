"""A picture's place as a link's text, and back."""

import pytest

from aegen.app.place import Place, at_code, parse


@pytest.mark.parametrize(
    "place",
    [
        Place("bars", 7),
        at_code("bars", [0.123456, -2, 3e-9], "variation"),
        at_code("bars", [1, 2, 3], "draw", 12),
    ],
)
def test_a_text_stands_for_the_very_place(place):
    assert parse(place.text(), "bars") == place


@pytest.mark.parametrize(
    "text",
    ["", "-1", "seven", "None", "nowhere:1,2", "draw:1,inf", "draw@x:1,2", "draw:", "1" * 12],
)
def test_what_stands_for_no_place_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - float() has words of its own
        parse(text, "bars")
