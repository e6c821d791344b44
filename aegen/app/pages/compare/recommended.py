"""The model that Compare recommends: options, how far it is, the sentence, all that was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from aegen.app import navigation, page, services
from aegen.app.components.drawing import drawing
from aegen.app.pages.compare import form, snippets, state
from aegen.app.services.recommendations import RecommendationRequest
from aegen.app.state import draws
from aegen.app.widgets import bound, fields, job_status, share_bar
from aegen.app.widgets.markdown import duration, plain, sentence

if TYPE_CHECKING:
    from aegen.comparison import Recommendation

__all__ = ["recommended"]


def recommended(name: str) -> None:
    """The recommendation for a bundle, where it is asked for."""
    if state.recommended.get():
        with st.container(border=True, gap="small"):
            page.part(_recommended)(name)


def _recommended(name: str) -> None:
    asked = _asked(name)
    refusal = services.recommendations.refusal(name)
    if refusal is not None:
        st.info(sentence(refusal), icon=":material/info:")
        return
    found = services.recommendations.found(asked)
    if found is None:
        found = _awaited(asked)
    if found is not None:
        _answer(asked, found)


def _asked(name: str) -> RecommendationRequest:
    """Time and strictness as widgets; the seed is that of the comparison."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bound.choose(
            "Time",
            state.seconds,
            state.TIMES,
            format_func=lambda n: f"{n} s" if n < 60 else f"{n // 60} min",
            width=130,
            help="Models are tried one after another while there is time: quick ones first, then "
            "the best of these on other left-out codes, then slow ones.",
        )
        bound.choose(
            "Copies below",
            state.copying,
            state.RATIOS,
            format_func=lambda ratio: f"{ratio:g}",
            width=130,
            help="A model whose distance ratio is lower is left out: its draws lie nearer to "
            "training codes than this share of the distance of new codes.",
        )
        if st.button("Close", icon=":material/close:", type="tertiary"):
            state.recommended.reset()
            st.rerun()
    return RecommendationRequest(name, state.seconds.get(), state.copying.get(), state.seed.get())


def _awaited(asked: RecommendationRequest) -> Recommendation | None:
    """How the work stands, begun if need be; the answer where it has just come."""
    if job_status.stopped(asked, "Trying models was cancelled.", "Try models again"):
        return None
    job = services.recommendations.begin(asked)
    if job.state == "done":
        done: Recommendation = job.result
        return done
    if job.problem is not None:
        job_status.failed(job, label="Try models again")
    else:
        job_status.progress(
            job,
            job_status.cancel,
            asked,
            job,
            title="**Trying models on left-out codes**",
            key="cancel recommendation",
        )
    return None


def _answer(asked: RecommendationRequest, found: Recommendation) -> None:
    """The sentence, what to do with it, and the table."""
    from aegen.comparison.recommendation_table import to_html

    st.markdown(plain(str(found)))
    if found.best is not None:
        _taken(asked, found.best.candidate.text)
    drawing(to_html(found), key="tried")
    st.caption(
        "Halves of 1-NN accuracy are best at 0.5: among left-out codes (real) and among draws "
        "(generated). Models are ranked by the worse half's distance from 0.5; ± is half a 95 % "
        f"interval. All took {duration(found.seconds)}."
    )
    name = f"{asked.bundle}-recommended"
    share_bar.share(
        "compare",
        snippets.recommend_python(asked),
        snippets.recommend_command(asked),
        [
            ("CSV", f"{name}.csv", "text/csv", _csv),
            ("JSON", f"{name}.json", "application/json", _json),
        ],
        (found,),
    )


def _taken(asked: RecommendationRequest, model: str) -> None:
    """Buttons that take a model to Sample, and into the comparison."""
    spec = services.comparisons.spec_of(asked.bundle, model)
    with st.container(horizontal=True):
        if st.button("Draw from it", type="primary", icon=":material/casino:"):
            draws.sampler.set(spec.sampler)
            fields.put(spec.sampler, services.samplers.fields_of(spec.sampler), spec.fields)
            st.switch_page(navigation.entry("sample").path)
        if st.button("Add to the comparison", icon=":material/add:", disabled=not form.room()):
            form.take(spec.sampler, spec.fields)
            st.rerun()


def _csv(found: Recommendation) -> bytes:
    from aegen.comparison.recommendation_table import to_csv

    return to_csv(found).encode()


def _json(found: Recommendation) -> bytes:
    from aegen.comparison.recommendation_table import to_json

    return to_json(found).encode()
