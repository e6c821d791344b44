"""Files that visitors bring: what one and all may have, and what goes with its page."""

import threading

import pytest
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from aegen.app.server.sharing import Sharing
from aegen.app.state import uploads as state
from aegen.app.state.uploads import Uploads
from aegen.core.errors import InvalidInput
from tests.app.jobs.server import Server
from tests.app.jobs.test_process import until

MEGABYTE = b"x" * 10**6


@pytest.fixture
def limits(monkeypatch):
    limits = Sharing(visitor_megabytes=3, all_megabytes=5)
    monkeypatch.setattr(state, "sharing", lambda: limits)


def keep(held, field, megabytes):
    held.keep(field, "a.npy", megabytes * MEGABYTE, 10**9)


def test_the_files_of_all_tabs_of_a_visitor_count_together(limits):
    one, other = Uploads("ann"), Uploads("ann")
    keep(one, "data", 2)
    with pytest.raises(InvalidInput, match="may have 3 MB: take some away"):
        keep(other, "data", 2)
    keep(other, "data", 1)
    keep(one, "data", 1)  # in place of the first
    keep(Uploads("bob"), "data", 3)


def test_the_files_of_all_visitors_count_together(limits):
    ann, bob = Uploads("ann"), Uploads("bob")
    keep(ann, "data", 3)
    keep(bob, "data", 2)
    with pytest.raises(InvalidInput, match="no room for more files"):
        keep(bob, "encoder", 1)
    del ann
    keep(bob, "encoder", 1)


def test_what_was_dropped_on_a_page_goes_when_the_page_is_left():
    with Server() as server:
        files = server.runtime.uploaded_file_mgr
        browser = server.browser()
        browser.open("bring", bundle="bars")
        until(lambda: "bring:data" in fields(browser.session))
        files.add_file(browser.session, UploadedFileRec("f", "a.npy", "", MEGABYTE))
        browser.open("bring", bundle="bars")
        browser.open("sample", bundle="bars")
        until(lambda: not files.get_files(browser.session, ["f"]))
        assert not fields(browser.session)
        until(lambda: not running())


def running():
    return [t for t in threading.enumerate() if t.name == "ScriptRunner.scriptThread"]


def fields(session):
    known = state.gate._sessions.get(session)
    return known.fields if known else {}
