"""The Bundles page's pieces: a card for each bundle, and a place to try one's own."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping
from html import escape
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from aegen.app import navigation, page
from aegen.app.pages.bundles import model
from aegen.app.pages.bundles.model import Card
from aegen.app.row_selection import quoted
from aegen.app.state import link, visit
from aegen.app.widgets.chart import chart, drawn, paper
from aegen.app.widgets.markdown import plain
from aegen.app.widgets.messages import show_problem
from aegen.core.errors import AegenError

if TYPE_CHECKING:
    from aegen.bundles import Manifest, Report

__all__ = ["bring", "card", "grid", "own", "totals"]


def totals(cards: list[Card]) -> None:
    """All bundles together, in a line."""
    read = [card.manifest for card in cards if card.manifest is not None]
    rows = sum(manifest.rows + manifest.holdout_rows for manifest in read)
    broken = sum(card.problem is not None for card in cards)
    parts = [
        f"**{len(cards)}** bundle{'s' * (len(cards) != 1)}",
        f"**{rows:,}** rows",
        f"**{sum(card.size for card in cards) / 1e6:.1f}** MB on disk",
    ]
    if broken:
        parts.append(
            f":red[**{broken}** cannot be used as {'it is' if broken == 1 else 'they are'}]"
        )
    st.markdown(" &nbsp;·&nbsp; ".join(parts))


def grid(cards: list[Card]) -> None:
    """All cards, beside each other as far as there is room."""
    with st.container(key="aegen-cards"):
        for shown in cards:
            with st.container(border=True):
                card(shown)


@page.part
def card(shown: Card) -> None:
    """One bundle; checking it runs this card again and nothing else."""
    if shown.cover:
        _cover(shown)
    title = plain(shown.manifest.title) + " " if shown.manifest else ""
    st.subheader(f"{title}:small[:gray[{shown.name}]]", anchor=False)
    if shown.problem is not None:
        problem = shown.problem
        show_problem(AegenError(f"file {problem.path.name}: {problem.problem}"))
    if shown.manifest is not None:
        st.markdown(plain(shown.manifest.description))
        st.html(_listed(model.facts(shown.manifest, shown.size)))
        _making(shown, shown.manifest)
        with st.expander("Use it", icon=":material/code:"):
            st.code(_python(shown.name), language="python", wrap_lines=True)
            st.code(_command(shown.name), language="bash", wrap_lines=True)
    _buttons(shown)


def _cover(shown: Card) -> None:
    picture = base64.b64encode(shown.cover).decode()
    st.html(
        f'<img src="data:image/webp;base64,{picture}" alt="Pictures of {escape(shown.name)}" '
        'style="width:100%;border-radius:6px;display:block">'
    )


def _listed(values: Mapping[str, str]) -> str:
    lines = "".join(
        f'<dt style="opacity:.65">{escape(label)}</dt><dd style="margin:0">{escape(value)}</dd>'
        for label, value in values.items()
    )
    return (
        '<dl style="display:grid;grid-template-columns:max-content 1fr;gap:.2rem .9rem;margin:0;'
        f'padding:0;font-size:.88rem;line-height:1.45;overflow-wrap:anywhere">{lines}</dl>'
    )


def _making(shown: Card, manifest: Manifest) -> None:
    """How it was trained, and whom to cite."""
    from aegen.figures.palette import ACCENT, QUIET
    from aegen.figures.training_curves import curve

    with st.expander("How it was made", icon=":material/model_training:"):
        losses = model.losses(manifest)
        if losses:
            figure = drawn(
                curve,
                range(1, 1 + max(map(len, losses.values()))),
                losses,
                title="Nats a picture",
                colours=(QUIET, ACCENT),
                paper=paper(),
            )
            chart(figure, key=f"history:{shown.name}")
        st.html(_listed(model.recipe(manifest)))
        if manifest.citation:
            st.html(_listed({"Cite": manifest.citation}))


def _buttons(shown: Card) -> None:
    """*Open* leads to the map; *Check* looks for faults."""
    with st.container(horizontal=True):
        opened = st.button(
            "Open",
            key=f"open:{shown.name}",
            icon=":material/scatter_plot:",
            disabled=shown.manifest is None,
            help="Choose this bundle and go to its latent map.",
        )
        checked = st.button(
            "Check",
            key=f"check:{shown.name}",
            type="tertiary",
            icon=":material/fact_check:",
            help="Reads every file, compares hashes, builds the networks and decodes some rows.",
        )
    if opened:
        link.bundle.set(shown.name)
        st.switch_page(navigation.entry("latent-map").path)
    if checked:
        with st.spinner("Checking every file …"):
            report = model.check(shown.path)
        _findings(report)


def _findings(report: Report) -> None:
    for finding in report.findings:
        where = f"file {finding.file}" if finding.file else str(report.path)
        field = f"{finding.field}: " if finding.field else ""
        sentence = f"{where}: {field}{finding.problem}"
        if finding.warning:
            st.warning(plain(sentence), icon=":material/warning:")
        else:
            show_problem(AegenError(sentence))
    if report.ok:
        n = len(report.findings)
        but = f", with {n} remark{'s' * (n != 1)}" if n else ""
        st.success(
            f"Sound{but}: every file is whole and fits the others.", icon=":material/check:"
        )


def bring() -> None:
    """The way to the page that makes a bundle of a person's own autoencoder."""
    with st.container(horizontal=True, vertical_alignment="center"):
        entry = navigation.entry("bring")
        if st.button(entry.title, icon=entry.icon, type="primary"):
            st.switch_page(entry.path)
        st.caption("Drop an encoder, a decoder and pictures, and see what comes back.")


@page.part
def own() -> None:
    """The commands that make a bundle, and, at the computer that runs the app, one to check."""
    if not visit.is_local():
        _commands()
        return
    left, right = st.columns(2, gap="large")
    with left:
        given = st.text_input(
            "Folder of a bundle",
            placeholder="/home/me/bundles/mine",
            help="A folder that holds bundle.json, on the computer that runs this app.",
        ).strip()
        if given:
            with st.spinner("Checking every file …"):
                report = model.check(given)
            _findings(report)
            if report.ok:
                st.html(_listed(report.facts))
                _usage(report.path)
    with right:
        _commands()


def _commands() -> None:
    st.markdown("Three commands make one; a training that was stopped goes on where it was.")
    st.code(model.COMMANDS, language="bash", wrap_lines=True)


def _usage(folder: Path) -> None:
    """How to have a bundle among the others, from whatever folder the lines are run in."""
    folder = folder.resolve()
    st.markdown("To use it, and to have it in the list of bundles:")
    st.code(_python(str(folder)), language="python", wrap_lines=True)
    parent = shlex.quote(str(folder.parent))
    st.code(f"AEGEN_BUNDLES={parent} aegen app", language="bash", wrap_lines=True)


def _python(name: str) -> str:
    return cleandoc(f"""
        import aegen

        bundle = aegen.load({quoted(name)})
        model = bundle.model("empirical-beta-copula")
        model.sample(64, rng=0).save("grid.png")
    """)


def _command(name: str) -> str:
    return (
        f"aegen sample {name} --sampler empirical-beta-copula -n 64 --seed 0 --out grid.png\n"
        f"aegen bundles check {name}"
    )
