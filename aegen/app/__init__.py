"""The app: `navigation` lists the pages, `state` is what they show, `services` computes it.

Pages in ``pages/`` are readings on top of this; `frame` gives each its title, its guard and the
bundle in the sidebar. Only here and in the pages is Streamlit imported.
"""

__all__: list[str] = []
