"""The figures of Compare: how far they are, the table, two plots, downloads.

While a job makes results, one line looks for new ones on disk, and the rest is drawn anew only
where there are some: the machine is busy with the results themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

from aegen.app import glossary, page, services
from aegen.app.components.drawing import drawing
from aegen.app.jobs.job import Job
from aegen.app.pages.compare import image_columns, snippets, state
from aegen.app.pages.compare.failures import failures
from aegen.app.pages.compare.paper import material
from aegen.app.services.comparisons import BUDGETS, ComparisonRequest
from aegen.app.state import visit, watching
from aegen.app.widgets import bound, job_status, share_bar
from aegen.app.widgets.chart import chart, drawn, paper
from aegen.app.widgets.for_paper import for_paper
from aegen.app.widgets.markdown import duration, plain, sentence

if TYPE_CHECKING:
    from aegen.comparison import MetricSpec, Table

__all__ = ["compared"]

POLL = 1.0
"""Seconds between two looks for new results."""

DENSE = """
<style>
.aegen-drawing .aegen-compared th, .aegen-drawing .aegen-compared td
{ padding: 6px 5px; min-width: 102px; font-size: 12px; }
.aegen-drawing .aegen-compared th:first-child { min-width: 124px; max-width: 124px; }
.aegen-drawing .aegen-compared thead .said, .aegen-drawing .aegen-compared thead .copies
{ display: none; }
</style>
"""
"""Eight columns side by side on a desk's screen; times and copies are said above, by pictures."""

REFERENCES = (
    "There are two references. **Codes** are compared with those of held-out images, which "
    "neither the autoencoder nor the model has seen. **Left-out codes** are training codes that "
    "were kept from the model, which was fitted to the rest: the autoencoder has seen both. What "
    "is off in both lines is the model's fault; what is off in the first alone is the "
    "autoencoder's. *Real codes* show what either line can reach."
)
"""What is the model's fault and what the autoencoder's."""

PLAY, REPLAY = ":material/play_arrow:", ":material/replay:"

Stage = Literal["running", "finished", "offered", "stopped", "failed"]


def compared(asked: ComparisonRequest) -> None:
    """Pictures and figures of a comparison, as far as they are known."""
    page.part(_compared)(asked)


def _compared(asked: ComparisonRequest) -> None:
    refusal = services.comparisons.refusal(asked.bundle)
    # Before the table is read, so that what comes in between is seen as new by the next look.
    stage = _stage(asked) if refusal is None else "stopped"
    found = services.comparisons.table(asked)
    image_columns.columns(asked, found)
    with st.container():  # what follows keeps its place, and with it what is open there
        if refusal is None:
            _figures(asked, found, stage)
        else:
            st.info(sentence(refusal), icon=":material/info:")
    with st.container():
        failures(asked)
    with st.expander("Pictures of the references"):
        image_columns.references(asked)
    _share(asked, found)


def _figures(asked: ComparisonRequest, found: Table, stage: Stage) -> None:
    """How it stands, the table, and the plots."""
    with st.container(key="aegen-standing", gap="small", vertical_alignment="center"):
        _standing(asked, stage, found)
    if found.results:
        _table(found, whole=stage == "finished")
        if stage == "running":
            st.caption("Two plots follow when all figures are in.")
        else:
            _plots(found)


# how it stands


def _stage(asked: ComparisonRequest) -> Stage:
    """How the comparison stands; a quick one is begun by the first who asks."""
    if not services.comparisons.left(asked)[0]:
        visit.stopped().discard(asked)
        return "finished"
    if asked in visit.stopped():
        return "stopped"
    job = services.comparisons.comparison_job(asked)
    if job is None or job.stopping:
        if not asked.at_once:
            return "offered"
        job = services.comparisons.compare(asked)
    if job.state == "failed":
        return "failed"
    if not job.over:
        watching.watch(job)  # now, since pictures come first
        return "running"
    return (
        "stopped" if services.comparisons.left(asked)[0] else "finished"
    )  # it may have ended just now


def _standing(asked: ComparisonRequest, stage: Stage, found: Table) -> None:
    left, total = services.comparisons.left(asked)
    job = services.comparisons.comparison_job(asked)
    if stage == "running" and job is not None:
        _progress(asked, job, len(found.results))
    elif stage == "failed" and job is not None:
        job_status.failed(job, _again, asked)
    elif stage == "offered":
        seeds = len(asked.seeds)
        job_status.offer(
            f"**{BUDGETS[asked.budget].title}**: {len(found.metric_specs)} metrics under {seeds} "
            f"seeds, {total} tasks. They take a while, and go on while this page stays open; what "
            "is measured is kept.",
            "Start",
            PLAY,
            _again,
            asked,
            kind="primary",
        )
    elif stage == "stopped":
        words = f"Stopped after {total - left} of {total} tasks; their results are kept."
        job_status.offer(words, "Go on", PLAY, _again, asked)
    else:
        _finished(asked, found)


def _progress(asked: ComparisonRequest, job: Job, shown: int) -> None:
    """How far it is; the page runs anew where more is known than is shown."""

    def said() -> tuple[float, str] | None:
        left, total = services.comparisons.left(asked)
        if total - left != shown:
            return None
        text = job.text.replace(f" on {asked.bundle}", "")
        last = f" · last: {plain(text)}" if shown and text not in ("", "starting") else ""
        return shown / total, f"{shown} of {total} done{last}"

    job_status.progress(
        job,
        job_status.cancel,
        asked,
        job,
        said=said,
        every=POLL,
        below=lambda: _at_work(asked),
    )


def _at_work(asked: ComparisonRequest) -> None:
    """How far each model is that is fitted or measured now, with a way to do without it."""
    with st.container(key="aegen-at-work", gap="xsmall"):
        for each in services.comparisons.at_work(asked):
            if each.model in asked.skipped:
                continue
            title = plain(services.comparisons.candidate_of(each.model).title)
            seed = f", seed {each.seed}" if len(asked.seeds) > 1 else ""
            said = f" · {plain(each.text)}" if each.text else ""
            left = job_status.time_left(each.seconds, each.share)
            with st.container(horizontal=True, vertical_alignment="center"):
                st.progress(each.share, f"{title}{seed}{said} · {left}")
                if each.model in asked.measured and st.button(
                    "Skip",
                    key=f"skip {each.model} {each.seed}",
                    icon=":material/skip_next:",
                    type="tertiary",
                    help="Compare the other models without it.",
                ):
                    image_columns.skip(asked, each.model)
                    st.rerun()


def _finished(asked: ComparisonRequest, found: Table) -> None:
    job = services.comparisons.comparison_job(asked)
    took = f", measured in {duration(job.seconds)}" if job and job.state == "done" else ""
    fewer = (
        f" (asked for {asked.draws:,}; as many held-out rows are needed for the reference)"
        if 0 < found.size < asked.draws
        else ""
    )
    seeds = f"seed {asked.seed}" if len(asked.seeds) == 1 else f"{len(asked.seeds)} seeds"
    st.caption(
        f"{found.size:,} draws of each against as many held-out rows{fewer}, {seeds}{took}. "
        "Times are those of a second call; the first in a new process takes up to "
        f"{duration(found.first_seconds)} more, as it loads compiled code."
    )
    if any(result.problem for result in found.results):
        job_status.offer("", "Try the failed ones again", REPLAY, _again, asked)


def _again(asked: ComparisonRequest) -> None:
    visit.stopped().discard(asked)
    services.comparisons.again(asked)
    services.comparisons.compare(asked)


# the table


def _table(found: Table, *, whole: bool) -> None:
    """Metrics by models, what follows, and what the words mean."""
    from aegen.comparison import LEFT_OUT
    from aegen.comparison.table_html import table_html
    from aegen.comparison.verdict import verdict
    from aegen.metrics import metrics

    shown, gaps = _measured(found)
    said = [plain(each) for each in verdict(shown)] if whole else []
    place = st.empty()  # so that the table keeps its own place when the verdict comes
    if said:
        place.success(said[0], icon=":material/verified:")
    drawing(DENSE + table_html(shown).replace(" ± ", "\u2009±\u2009"), key="figures")
    st.caption(
        "Bars are 95 % intervals, one scale a line. **Orange**: better than every other model, "
        "each difference resolved. **Blue**: not distinguished from the best. Models that copy do "
        "not compete."
    )
    if any(metric_spec.space == LEFT_OUT for metric_spec in shown.metric_specs):
        st.caption(REFERENCES)
    if whole:
        st.markdown("  \n".join(said[1:]))
    else:
        st.caption("Marks stand for the results so far; conclusions follow when all are in.")
    with st.expander("What the lines mean, and why some places are empty"):
        lines = {}
        for metric_spec in shown.metric_specs:
            lines[metric_spec.title] = metric_spec.make()
            made_of = (detail.make() for detail in metric_spec.details())
            lines |= {metric.title: metric for metric in made_of}
        for title, metric in lines.items():
            about = glossary.card("metrics", metrics.name_of(metric), plain(title))
            st.markdown(f"**{about}** · {plain(metric.summary)}")
        if note := services.bundles.bundle(found.bundle).feature_note:
            st.caption(sentence(note))
        for reason, where in gaps:
            st.caption(f"{sentence(reason)}: {plain(where)}.")


def _measured(found: Table) -> tuple[Table, list[tuple[str, str]]]:
    """The table without lines in which nothing can be measured; why cells are empty."""
    from aegen.comparison import Table

    kept: list[MetricSpec] = []
    reasons: dict[str, list[str]] = {}
    for metric_spec in found.metric_specs:
        why = {candidate: found.why(candidate, metric_spec) for candidate in found.rows}
        if all(why.values()) and any(result.missing for result in found.results):
            reasons.setdefault(next(iter(why.values())), []).append(metric_spec.title)
            continue
        kept.append(metric_spec)
        for candidate, reason in why.items():
            if reason and not found.problems(candidate):
                reasons.setdefault(reason, []).append(f"{metric_spec.title} of {candidate.title}")
    return (
        Table(found.bundle, found.candidates, tuple(kept), found.results),
        [(reason, "; ".join(where)) for reason, where in reasons.items()],
    )


# plots


def _plots(found: Table) -> None:
    """Fidelity beside copying, and beside time."""
    from aegen.comparison.table_html import compared as placed
    from aegen.figures.comparison_scatter import against_copying, against_time

    options = {c.key: c for c in found.metric_specs if not c.make().needs_training}
    key = bound.choose(
        "Fidelity by",
        state.metric,
        list(options),
        format_func=lambda key: options[key].title,
        help="The metric on the upright axis of both pictures.",
        width=330,
    )
    metric_spec = options[key]
    metric, models = metric_spec.make(), placed(found, metric_spec)
    if not models:
        st.caption(f"There is no figure of {plain(metric_spec.title)} yet.")
        return
    about = (models, metric_spec.title, metric.direction, metric.best)
    left, right = st.columns(2, gap="medium")
    for place, title, draw, name in (
        (left, "True to the data, or copied from it?", against_copying, "copying"),
        (right, "What does it cost?", against_time, "time"),
    ):
        with place:
            st.markdown(f"**{title}**")
            chart(drawn(draw, *about, paper=paper()), key=f"against-{name}")
    st.caption(
        "Crosses are 95 % intervals; rings in grey are the references. What lies beyond the "
        "frame is drawn as a triangle at its edge."
    )


# files


def _share(asked: ComparisonRequest, found: Table) -> None:
    """Copies and downloads."""
    name = f"{asked.bundle}-compared"
    share_bar.share(
        "compare",
        snippets.python(asked),
        snippets.command(asked),
        [
            ("PNG", f"{name}.png", "image/png", _png),
            ("Report", f"{name}.html", "text/html", _report),
        ],
        (asked,),
        [lambda: for_paper("compare", lambda: material(asked, found))] if found.results else (),
    )


def _png(asked: ComparisonRequest) -> bytes:
    from aegen.core.images import png
    from aegen.figures.contact_sheet import sheet

    grids = image_columns.all_pictures(asked, services.comparisons.table(asked))
    title = f"{services.bundles.bundle(asked.bundle).title}, seed {asked.seed}"
    return png(sheet(grids, title=title, across=4))


def _report(asked: ComparisonRequest) -> bytes:
    from aegen.comparison.report import html

    text: str = html([services.comparisons.table(asked)])
    return text.encode()
