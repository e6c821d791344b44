"""The frame of the app: bundle choice in the sidebar, pages by group. `streamlit run app.py`.

A page also works where this file did not run before it: what it shows is in ``aegen.app.state``.
"""

import streamlit as st

from aegen.app import frame, navigation, services

st.set_page_config(page_title="aegen", page_icon=navigation.ICON, layout="wide")

page = st.navigation(navigation.pages())
frame.sidebar()
page.run()
services.warm_up()
