"""References: what BibTeX says is read, refused where it is none, and given out once each."""

import re
from types import SimpleNamespace

import pytest

from aegen.core import references as module
from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.references import Reference, bibtex, references

ENTRY = """@article{doe2001,
  author = {Doe, Jane and van der Berg, Jo and Li, Wei},
  title = {On {GANs}, and {a {nested} brace}},
  journal = {Journal of
     Things},
  year = {2001},
  doi = {10.1000/182}
}"""


def test_an_entry_is_read():
    found = Reference.parse(ENTRY)
    assert (found.key, found.kind, found.link) == (
        "doe2001",
        "article",
        "https://doi.org/10.1000/182",
    )
    assert str(found) == "Doe et al. 2001, On GANs, and a nested brace. Journal of Things"
    assert found.bibtex == ENTRY
    assert Reference.parse(ENTRY.replace("doi = {10.1000", "eprint = {2001.00001")).link == (
        "https://arxiv.org/abs/2001.00001/182"
    )


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "efron",
        "@article",
        "@article{}",
        ENTRY[:-1],
        ENTRY[:-9],
        ENTRY + "}",
        ENTRY.replace("author", "editor"),
        ENTRY.replace("year = {2001}", "year = 2001"),
        ENTRY.replace("{On {GANs}", "{On {GANs"),
    ],
)
def test_what_is_no_entry_is_refused(entry):
    with pytest.raises(InvalidInput, match="BibTeX entry is written @kind"):
        Reference.parse(entry)


def test_a_bibliography_has_each_paper_once_in_order_and_is_read_again():
    methods = [SimpleNamespace(references=names) for names in ((ENTRY, "efron1979"), ("xu2018",))]
    text = bibtex([*methods, "efron1979"])
    entries = re.split(r"(?m)^(?=@)", text)[1:]
    assert [Reference.parse(entry).key for entry in entries] == ["doe2001", "efron1979", "xu2018"]
    assert text.endswith("}\n")
    assert bibtex([]) == ""


def test_a_key_that_is_not_there_is_said_with_one_that_is():
    with pytest.raises(
        UnknownName, match="no reference named 'efron1997'; did you mean 'efron1979'"
    ):
        references("efron1997")


def test_the_shipped_entries_are_in_order_and_each_is_whole():
    known = module._known()
    assert list(known) == sorted(known)
    for paper in known.values():
        assert paper.where, paper.key
        assert re.fullmatch(r"\d{4}", paper.fields["year"])
        assert "--" in paper.fields.get("pages", "--")
        assert re.fullmatch(r"\d{4}\.\d{5}|\d{4}\.\d{4}", paper.fields.get("eprint", "2001.00001"))
        assert ("eprint" in paper.fields) == ("archiveprefix" in paper.fields)
        for author in paper.fields["author"].split(" and "):
            assert author.count(",") == 1, author
