"""Families: a file in the folder is a method, found by its name and not before it is asked for."""

import sys

import pytest

from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.family import Family

METHOD = """
from typing import Annotated
from aegen.core.parameters import Field
from kitchen.base import Dish
__all__ = ["Soup"]
class Soup(Dish):
    def __init__(self, salt: Annotated[float, Field("How salty.", low=0, high=1)] = 0.1):
        self.salt = salt
"""


@pytest.fixture
def kitchen(tmp_path, monkeypatch):
    folder = tmp_path / "kitchen"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "base.py").write_text("__all__ = ['Dish']\nclass Dish: ...")
    (folder / "_stock.py").write_text("raise RuntimeError('not a method')")
    (folder / "green_soup.py").write_text(METHOD)
    (folder / "burnt.py").write_text("raise RuntimeError('imported too early')")
    (folder / "two.py").write_text(
        "from kitchen.base import Dish\n__all__ = ['A', 'B']\n"
        "class A(Dish): ...\nclass B(Dish): ..."
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield Family("kitchen", "kitchen.base:Dish", "dish")
    for name in [name for name in sys.modules if name.split(".")[0] == "kitchen"]:
        del sys.modules[name]


def test_names_are_file_names_and_nothing_is_imported_for_them(kitchen):
    assert kitchen.names() == ["burnt", "green-soup", "two"]
    assert list(kitchen) == kitchen.names()
    assert "kitchen.green_soup" not in sys.modules


def test_a_method_is_made_with_its_fields_checked(kitchen):
    soup = kitchen.create("green-soup", salt=0.5)
    assert soup.salt == 0.5
    assert kitchen.name_of(soup) == kitchen.name_of(type(soup)) == "green-soup"
    assert [parameter.name for parameter in kitchen.parameters("green-soup")] == ["salt"]
    with pytest.raises(InvalidInput, match="Soup: salt must be a number from 0 to 1, got 2"):
        kitchen.create("green-soup", salt=2)
    with pytest.raises(UnknownName, match="no field of Soup named 'pepper'"):
        kitchen.create("green-soup", pepper=1)


def test_a_new_file_is_a_new_method(kitchen, tmp_path):
    (tmp_path / "kitchen" / "cold_soup.py").write_text(METHOD)
    assert "cold-soup" in kitchen.names()
    assert kitchen.create("cold-soup").salt == 0.1


@pytest.mark.parametrize("name", ["soup", "green_soup", "base", "_stock", "../two", "", None, 3])
def test_names_that_nothing_answers_to(kitchen, name):
    with pytest.raises(UnknownName, match=r"there is no dish named .* burnt, green-soup, two"):
        kitchen.get(name)


def test_a_near_miss_is_suggested(kitchen):
    with pytest.raises(UnknownName, match="did you mean 'green-soup'"):
        kitchen.get("gren-soup")


def test_a_file_with_two_methods_is_a_defect(kitchen):
    with pytest.raises(TypeError, match="must list one Dish"):
        kitchen.get("two")
