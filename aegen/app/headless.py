"""A page of the app, opened in this process as a link would, without a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from aegen.app import navigation
from aegen.app.location import MAIN
from aegen.app.state.visit import KEY

__all__ = ["choices", "open_page"]


def open_page(address: str, link: Mapping[str, str | Sequence[str]] | None = None) -> AppTest:
    """The page at ``address`` after its first run, as Streamlit's tests see it.

    Args:
        address: the page's part of the address, such as "latent-map".
        link: what stands after it, by name.
    """
    app = AppTest.from_file(str(MAIN), default_timeout=60)
    # Else each looks through all installed packages for components, for a quarter of a second.
    app._bidi_component_manager = BidiComponentManager()
    for name, value in (link or {}).items():
        app.query_params[name] = value if isinstance(value, str) else list(value)
    # Before a run Streamlit tells pages by their files' names, which for two words has no dash.
    app._page_hash = calc_hash(navigation.entry(address).address)
    app.run()
    app._page_hash = ""  # from now on the page that the last run ended on
    return app


def choices(app: AppTest) -> list[str]:
    """Names, in links, of the choices that an opened page has shown."""
    return sorted({"bundle", *(item.name for item in app.session_state[KEY].shown)})
