"""What is loaded before it is needed, so that the first picture does not wait."""

from __future__ import annotations

import gc
import os
import threading
import time

from aegen.app.jobs import process
from aegen.app.services import bundles, comparisons, draws, images
from aegen.app.services.samplers import SamplerSpec
from aegen.core import defaults

__all__ = ["begin", "first_page_sent", "load", "warm_up"]

AGAIN, MOST = 0.5, 60.0
"""Seconds after which it is seen again whether other work goes on, and for which it may."""

_sent, _begun = threading.Event(), threading.Event()


def first_page_sent() -> bool:
    """Whether some page of this process has been delivered."""
    return _sent.is_set()


def load() -> None:
    """Load what nearly every page needs, with pandas, before the first one comes.

    That page would be held up for longer by it than the server's start is.
    """
    import pandas  # noqa: F401

    import aegen.bundles
    import aegen.samplers.base  # noqa: F401


def warm_up(delay: float = 1.5) -> None:
    """Called when a page has been sent; the delay leaves the processor to its first paint."""
    _sent.set()
    begin(delay)


def begin(delay: float = 0.0) -> None:
    """Decode one image and fit the first model in the background, once a process."""
    if _begun.is_set():
        return
    _begun.set()
    if os.environ.get("PYTEST_VERSION"):  # a test decides itself what its servers load
        return
    threading.Thread(target=_warm_up, args=(delay,), name="aegen-warm-up", daemon=True).start()


def _warm_up(delay: float) -> None:
    time.sleep(delay)
    try:
        name = bundles.first_bundle()
        bundle = bundles.bundle(name)
        images.decode(name, bundle.codes[:1])
        bundle.nearest(bundle.codes[:1])
        _let_others_go_first()
        draws.draw(SamplerSpec(name, defaults.SAMPLER), 1, 0)
        comparisons.default_models()
    except Exception:  # a page that needs the same thing shows what is wrong with it
        return
    # A look of the garbage collector at everything stops all sessions for a sixth of a second:
    # what is loaded by now stays, and need not be looked at. Nor does Streamlit ask for such a
    # look after each run of a page (`runner.postScriptGC`).
    gc.freeze()


def _let_others_go_first() -> None:
    """Wait for what a visitor waits for, such as a comparison; it may take a minute."""
    end = time.monotonic() + MOST
    while time.monotonic() < end and any(
        not job.over and not job.goes_on for job in process.known()
    ):
        time.sleep(AGAIN)
