"""The Help page's pieces: a field to search in, the entry asked for, and those of its section."""

from __future__ import annotations

import streamlit as st

from aegen.app import glossary, navigation
from aegen.app.pages.help import entries, state
from aegen.app.widgets import bound
from aegen.app.widgets.markdown import plain
from aegen.core.documentation import MISLEADS, Documentation
from aegen.core.references import Reference

__all__ = ["choose", "section"]

FOUND = "help.found"
"""The key of the search field."""


def choose() -> tuple[str, str]:
    """The section and the entry that are shown, as widgets."""
    section, name = entries.asked()
    titles = entries.titles()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.session_state[FOUND] = (section, name) if name else None
        st.selectbox(
            "Find a word or a method",
            list(titles),
            format_func=titles.__getitem__,
            key=FOUND,
            placeholder="code, copula, kernel density, precision, …",
            on_change=_take_found,
            width=360,
        )
        key = bound.bind(state.section)
        st.segmented_control(
            "Section",
            list(entries.SECTIONS),
            key=key,
            format_func=entries.SECTIONS.__getitem__,
            label_visibility="collapsed",
            required=True,
            wrap=True,
            on_change=_take_section,
            args=(key,),
        )
    return section, name


def _take_section(key: str) -> None:
    bound.take(state.section, key)
    state.term.reset()


def _take_found() -> None:
    section, name = st.session_state[FOUND] or (state.section.get(), "")
    state.section.set(section)
    state.term.set(name)


def section(section: str, chosen: str) -> None:
    """The entry that is asked for, in a frame, and below it all of the section."""
    known = entries.known(section)
    if chosen:
        with st.container(border=True):
            _entry(known[chosen], chosen, section)
    if section == entries.WORDS:
        _words(list(glossary.terms().values()))
        return
    for name, entry in known.items():
        label = (
            f"**{plain(entry.title)}** · {plain(entry.summary or entry.lead)}"
            if isinstance(entry, Documentation)
            else f"**{plain(name)}**"
        )
        if name != chosen:
            with st.expander(label):
                _entry(entry, "", section)


def _entry(entry: entries.Entry, heading: str, section: str) -> None:
    if isinstance(entry, glossary.Term):
        _word(entry)
    elif isinstance(entry, Documentation):
        if heading:
            st.subheader(plain(entry.title), anchor=False)
        _method(entry, section)
    else:
        if heading:
            st.subheader(plain(heading), anchor=False)
        st.markdown(entry)


def _words(words: list[glossary.Term]) -> None:
    """All words in two columns, which a phone stacks."""
    half = (len(words) + 1) // 2
    for part, column in zip((words[:half], words[half:]), st.columns(2, gap="large"), strict=True):
        with column:
            for word in part:
                with st.container(gap=None):
                    st.subheader(f"{word.name}{_also(word)}", anchor=_place(word)[1:])
                    st.markdown(glossary.linked(word.text, _place))


def _word(word: glossary.Term) -> None:
    st.markdown(f"**{word.name}**{_also(word)}  \n{glossary.linked(word.text, _place)}")


def _also(word: glossary.Term) -> str:
    """Other words for the same, but for its own forms."""
    parts = word.name.split(", ")
    others = [form for form in word.also if not form.startswith(tuple(parts))]
    return f" :gray[:small[{', '.join(others)}]]" if others else ""


def _place(word: glossary.Term) -> str:
    """Where the word stands on this page."""
    return "#" + word.name.replace(",", "").replace(" ", "-")


def _method(card: Documentation, section: str) -> None:
    """What it does, when it misleads, what it costs, where to read about it."""
    st.markdown("\n\n".join([f"*{card.lead}*", *map(_shown, card.essence)]))
    misleads = card.misleads.removeprefix(MISLEADS).strip()
    st.markdown(f"**When it misleads.** {misleads[:1].upper()}{misleads[1:]}")
    st.markdown(f"**Cost.** {card.cost[:1].upper()}{card.cost[1:]}")
    st.markdown("**Papers**\n" + "\n".join(f"- {_paper(paper)}" for paper in card.references))
    if card.rest:
        st.caption("\n\n".join(map(_shown, (*card.rest, card.source))))
    if section == "latent-models":
        navigation.link("sample", "Draw from it on Sample", sampler=card.name)


def _shown(paragraph: str) -> str:
    """A paragraph, with a formula that stands alone on a line of its own."""
    alone = paragraph.startswith("$") and paragraph.endswith("$") and paragraph.count("$") == 2
    return f"${paragraph}$" if alone else paragraph


def _paper(paper: Reference) -> str:
    said = plain(str(paper))
    return f"[{said}]({paper.link})" if paper.link else said
