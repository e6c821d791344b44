"""The live channel: pictures that follow the hand, over one WebSocket beside Streamlit's own.

A component of the page (``components/live``) sends what a slider, a pointer or a finger asks for
at every move, and draws the raw pixels that come back; no script of Streamlit runs meanwhile.

    messages  what a request and a reply look like, and what is refused
    answers   pictures for a request, by `aegen.app.services`
    route     the WebSocket: the newest request wins, a small pool decodes, who never reads goes
    nodelay   replies that no acknowledgement holds up
"""

from aegen.app.live.nodelay import lifespan
from aegen.app.live.route import routes

__all__ = ["lifespan", "routes"]
