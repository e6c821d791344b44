"""Every method names the papers that its docstring does, in entries that a bibliography takes."""

import re

import pytest

from aegen.autoencoders import architectures
from aegen.core.references import bibtex, references
from aegen.metrics import metrics
from aegen.projections import projections
from aegen.samplers import samplers
from aegen.supermask import networks

METHODS = [
    *((samplers, name) for name in samplers.names()),
    *((metrics, name) for name in metrics.names()),
    *((projections, name) for name in projections.names()),
    *((architectures, name) for name in architectures.names()),
    *((networks, name) for name in networks.names()),
]


def unlisted_papers(kind):
    """What is cited in the docstring of a class, or of one it derives from, and not listed."""
    text = next(base.__doc__ for base in kind.__mro__ if "Reference:" in (base.__doc__ or ""))
    cited = re.search(r"Reference:.*?(?=\n\s*\n|\Z)", text, flags=re.DOTALL)[0]
    papers = references(kind)
    if not papers:
        yield cited
    listed = {paper.fields.get("eprint") for paper in papers}
    yield from set(re.findall(r"\d{4}\.\d{4,5}", cited)) - listed
    for paper in papers:
        first = paper.authors.removesuffix(" et al.").split(" and ")[0].split()[-1]
        if first not in cited and paper.fields.get("eprint", first) not in cited:
            yield f"{paper.key} is listed and not cited"


@pytest.mark.parametrize(("family", "name"), METHODS, ids=lambda part: getattr(part, "noun", part))
def test_its_papers_are_listed(family, name):
    assert list(unlisted_papers(family.get(name))) == []
    assert bibtex([family.get(name)]).count("\n@") == len(references(family.get(name))) - 1


@pytest.mark.parametrize("listed", [(), ("kingma2013",), ("efron1979", "segers2017", "xu2018")])
def test_what_is_missing_or_wrong_is_seen(listed):
    class Method:
        """A method.

        Reference: Efron 1979; Segers et al. 2017 (arXiv 1607.04430).
        """

        references = listed

    assert list(unlisted_papers(Method))
