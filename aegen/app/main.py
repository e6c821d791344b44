"""The script that Streamlit runs: bundle choice in the sidebar, pages by group, then the page.

A page also works where this file did not run before it: what it shows is in `aegen.app.state`.
"""

from pathlib import Path

import streamlit as st

from aegen.app import jobs_tray, login, navigation, services, sidebar
from aegen.app.components import address
from aegen.app.state import link, uploads, watching

__all__: list[str] = []

if __name__ == "__main__":
    st.set_page_config(page_title="aegen", page_icon=navigation.ICON, layout="wide")
    st.html(Path(__file__).with_name("layout.css"))
    login.ask()
    page = st.navigation(navigation.pages())
    if link.arrive(page.url_path):
        uploads.arrive()
    with services.cache.one_look():
        sidebar.sidebar()
        with watching.page_run(page.url_path):
            page.run()
        jobs_tray.jobs_tray()
    link.publish()
    address(page.url_path, link.current())
    services.warmup.warm_up()
