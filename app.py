"""The app as Streamlit serves it: `streamlit run app.py`, or `aegen app` from any folder."""

import streamlit as st

from aegen.app import live, server
from aegen.app.location import MAIN

server.stay_inside()
app = st.App(MAIN, routes=live.routes(), lifespan=server.lifespan, middleware=server.middleware())
