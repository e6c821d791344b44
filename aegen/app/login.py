"""A login before any page, where Streamlit's own (OpenID Connect) is configured in its secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

__all__ = ["ask", "is_logged_in"]


def ask() -> None:
    """Show the way to the login, and nothing else, to who has to log in."""
    if st.user.to_dict().get("is_logged_in") is False:
        st.title("aegen", anchor=False)
        st.markdown("Log in to see the pages.")
        st.button("Log in", icon=":material/login:", type="primary", on_click=st.login)
        st.stop()


def is_logged_in(connection: HTTPConnection) -> bool:
    """Whether a connection beside Streamlit's own comes from who has logged in, or need not."""
    from streamlit.auth_util import get_secrets_auth_section
    from streamlit.web.server.starlette import starlette_websocket as theirs
    from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

    if not get_secrets_auth_section():
        return True
    cookie = theirs._get_signed_cookie_with_chunks(dict(connection.cookies), USER_COOKIE_NAME)
    if not cookie:
        return False
    user = theirs._parse_decoded_user_cookie(cookie, connection.headers.get("origin", ""))
    return bool(user.get("is_logged_in"))
