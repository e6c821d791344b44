"""The app as Streamlit serves it: `streamlit run app.py`, or `aegen app` from any folder."""

import streamlit as st

from aegen.app import live
from aegen.app.location import MAIN

app = st.App(MAIN, routes=live.routes(), lifespan=live.lifespan)
