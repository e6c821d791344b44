"""Families: a file in the folder is a method, found by its name and not before it is asked for."""

import sys

import pytest

from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.family import Family

METHOD = """
from typing import Annotated
from aegen.core.parameters import Field
from kitchen.base import Dish
__all__ = ["GreenSoup"]
class GreenSoup(Dish):
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
    (folder / "._green_soup.py").touch()  # as a Mac leaves one beside each file on a stick
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
    with pytest.raises(InvalidInput, match="GreenSoup: salt must be a number from 0 to 1, got 2"):
        kitchen.create("green-soup", salt=2)
    with pytest.raises(UnknownName, match="no field of GreenSoup named 'pepper'"):
        kitchen.create("green-soup", pepper=1)


def test_a_new_file_is_a_new_method(kitchen, tmp_path):
    (tmp_path / "kitchen" / "cold_soup.py").write_text(METHOD.replace("Green", "Cold"))
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


def test_a_class_that_is_not_called_as_its_file_is_a_defect(kitchen, tmp_path):
    (tmp_path / "kitchen" / "cold_soup.py").write_text(METHOD)
    with pytest.raises(TypeError, match=r"cold_soup\.py must be called as its class, GreenSoup"):
        kitchen.get("cold-soup")


def test_a_class_that_does_not_say_what_it_is_is_told_what_to_say(kitchen, tmp_path):
    dish = (
        "from typing import ClassVar\n__all__ = ['Dish']\nclass Dish:\n    title: ClassVar[str]\n"
    )
    (tmp_path / "kitchen" / "base.py").write_text(dish + "    hot: ClassVar[bool] = True\n")
    with pytest.raises(TypeError, match="GreenSoup must state title: see Dish"):
        kitchen.get("green-soup")
    named = METHOD.replace("(Dish):\n", "(Dish):\n    title = 'Green soup'\n")
    (tmp_path / "kitchen" / "green_soup.py").write_text(named)
    del sys.modules["kitchen.green_soup"]
    assert kitchen.get("green-soup").title == "Green soup"


def test_classes_are_attributes_of_the_package(kitchen):
    assert kitchen.classes() == {"GreenSoup": "green-soup"}
    assert "kitchen.green_soup" not in sys.modules
    named, listed = kitchen.attach(["Dish"])
    assert listed() == ["Dish", "GreenSoup"]
    assert named("GreenSoup") is kitchen.get("green-soup")
    for other in ("greensoup", "Burnt", "_stock", "__path__"):
        with pytest.raises(AttributeError, match=f"module 'kitchen' has no attribute '{other}'"):
            named(other)
