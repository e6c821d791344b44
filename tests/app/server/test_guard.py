"""A real server, shared: its headers, who may bring files, what one cannot do to others."""

import asyncio
import contextlib
import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from aegen.app.live import route
from aegen.app.server.client import tab
from aegen.app.server.guard import HEADERS, Guard
from aegen.app.server.visitor import COOKIE
from aegen.benchmarks.browser import served
from aegen.benchmarks.load import Load, Place, Visitor, visits

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def address(bundle_folder, kept):
    environment = {**kept, "AEGEN_BUNDLES": str(bundle_folder), "AEGEN_SHARED": "yes"}
    with served(ROOT / "app.py", environment=environment) as found:
        yield found


def fetched(address, **headers):
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        return answer.headers


def test_no_other_site_shows_it_in_a_frame(address):
    for path in ("/", "/sample", "/_stcore/health"):
        headers = fetched(address + path)
        assert {name: headers[name] for name in HEADERS} == HEADERS


def test_a_visitor_gets_one_cookie_that_scripts_cannot_read(address):
    cookie = fetched(address + "/")["set-cookie"]
    assert re.fullmatch(
        rf"{COOKIE}=[0-9a-f]{{32}}; Path=/; Max-Age=\d+; HttpOnly; SameSite=Lax", cookie
    )
    assert COOKIE not in str(fetched(address + "/", Cookie=f"{COOKIE}=f3")["set-cookie"])
    assert cookie != fetched(address + "/")["set-cookie"]


async def upload(page, address, content, length=None):
    """The status of a file that is sent as a browser does."""
    xsrf = fetched(address + "/_stcore/health")["set-cookie"].split(";")[0]
    body = (
        b"--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n%b\r\n--x--" % content
    )
    request = urllib.request.Request(
        f"{address}/_stcore/upload_file/{page.session}/some-file",
        data=body,
        method="PUT",
        headers={
            "Content-Type": "multipart/form-data; boundary=x",
            "Cookie": xsrf,
            "X-Xsrftoken": xsrf.partition("=")[2],
            **({} if length is None else {"Content-Length": str(length)}),
        },
    )
    try:
        return urllib.request.urlopen(request).status, ""
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def test_files_come_in_only_where_a_page_asks_for_them(address):
    async def visit():
        async with tab(address) as page:
            found = {}
            for name in ("sample", "bring", "bundles"):
                await page.open(name, bundle="bars")
                found[name] = await upload(page, address, b"some bytes")
            await page.open("masks", **{"masks.ticket": "resnet20-cifar10"})  # nothing to evaluate
            found["too large"] = await upload(page, address, b"", 60 * 2**20)
            return found

    found = asyncio.run(visit())
    assert found["bring"] == (204, "")
    assert found["sample"] == found["bundles"]
    assert found["sample"] == (403, "this page takes no file: open the page that does")
    assert found["too large"] == (413, "a file may have 50 MB here at most")


def test_who_shares_it_names_no_folder(address):
    async def visit():
        async with tab(address) as page:
            for name in ("bring", "bundles"):
                await page.open(name, bundle="bars")
                yield [s.element.label for s in page.shown.values() if s.kind == "text_input"]

    async def all_of_it():
        return [labels async for labels in visit()]

    assert asyncio.run(all_of_it()) == [[], []]


def test_one_visitor_does_not_clear_what_is_kept_for_all(address):
    from streamlit.proto.BackMsg_pb2 import BackMsg

    async def disturb(page):
        for act in ("clear_cache", "set_run_on_save", "load_git_info"):
            await page.socket.send(BackMsg(**{act: True}).SerializeToString())

    assert asyncio.run(lasso_after(address, disturb)) == []


def test_visitors_at_once_see_their_own(address):
    rng = np.random.default_rng(0)
    load = asyncio.run(visits(address, Place("bars", rng.normal(size=(40, 2))), 3, 3.0, (0, 0.2)))
    assert not load.errors
    assert not load.crossed
    assert load.light
    assert len(load.memory) == 2


def test_after_a_step_in_the_history_the_map_still_hears_a_lasso(address):
    async def nothing(page):
        pass

    assert asyncio.run(lasso_after(address, nothing)) == []


async def lasso_after(address, act):
    """What is wrong with a lasso on the map after a step in its history, and an act."""
    async with tab(address) as page:
        load = Load()
        visitor = Visitor(1, page, Place("bars", np.zeros((1, 2))), load, {})
        for _ in range(2):  # the second one is a step, of which only the session knows
            await page.open("latent-map", bundle="bars")
        await act(page)
        await visitor._lasso()
        visitor.check_lasso()
        return load.crossed + page.problems


class Mixed:
    """A page that shows the state of another visitor."""

    query = "bundle=bars&sample.seed=2000&select=umap~1%2C2"

    def data(self, component):
        return iter([{"mark": "a", "n": 64}])

    def text(self):
        return ""


def test_another_s_state_is_told():
    load = Load()
    visitor = Visitor(1, Mixed(), Place("bars", np.zeros((1, 2))), load, {"a": "2000 64"})
    visitor.outline = [[5.0, 6.0]]
    visitor.check_sample()
    visitor.check_lasso()
    told = " ".join(load.crossed)
    assert len(load.crossed) == 4
    assert "visitor 1 expected its own state and got pictures of 2000 64" in told


def test_a_visitor_has_so_many_pages_open():
    leave = asyncio.Event()

    async def page(scope, receive, send):
        await send({"type": "websocket.accept"})
        await leave.wait()

    async def opened(guard, visitor):
        sent = []
        headers = [(b"cookie", f"{COOKIE}={visitor}".encode())]
        scope = {"type": "websocket", "path": "/lab/_stcore/stream", "headers": headers}

        async def send(message):
            sent.append(message["type"])

        task = asyncio.create_task(guard(scope, None, send))
        await asyncio.sleep(0)
        return sent, task

    async def visit():
        guard = Guard(page, tabs=2)
        some = [await opened(guard, visitor) for visitor in ("ann", "ann", "ann", "bob")]
        leave.set()
        for _, task in some:
            await task
        some.append(await opened(guard, "ann"))
        return [sent[0].partition(".")[2] for sent, _ in some]

    assert asyncio.run(visit()) == ["accept", "accept", "close", "accept", "accept"]


def test_a_visitor_has_so_many_live_channels(address):
    live = address.replace("http", "ws") + "/aegen/live"
    cookie = {"Cookie": f"{COOKIE}=one"}
    with contextlib.ExitStack() as open_ones:
        for _ in range(route.OF_ONE):
            open_ones.enter_context(connect(live, additional_headers=cookie))
        with pytest.raises(InvalidStatus), connect(live, additional_headers=cookie):
            pass
        with connect(live, additional_headers={"Cookie": f"{COOKIE}=another"}):
            pass


def test_what_went_wrong_stays_in_the_log(tmp_path):
    (tmp_path / "bad.py").write_text("1 / 0  # the secret of this line\n")
    with served(tmp_path / "bad.py", folder=ROOT) as address:

        async def visit():
            async with tab(address) as page:
                await page.open("")
                return [s.element for s in page.shown.values() if s.kind == "exception"]

        (shown,) = asyncio.run(visit())
    said = json.dumps([shown.type, shown.message, *shown.stack_trace])
    assert "secret" not in said
    assert "ZeroDivision" not in said
    assert "bad.py" not in said


SECRETS = """
[auth]
redirect_uri = "http://localhost/oauth2callback"
cookie_secret = "only for this test"
client_id = "aegen"
client_secret = "x"
server_metadata_url = "http://localhost/none"
"""


def test_before_a_login_there_is_no_page_no_picture_and_no_file(tmp_path, bundle_folder, kept):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text(SECRETS)
    environment = {**kept, "HOME": str(tmp_path), "AEGEN_BUNDLES": str(bundle_folder)}

    async def visit(address, headers=None):
        async with tab(address, headers) as page:
            await page.open("bring", bundle="bars")
            labels = [s.element.label for s in page.shown.values() if s.kind == "button"]
            return labels, (await upload(page, address, b"some bytes"))[0], page.problems

    with served(ROOT / "app.py", environment=environment) as address:
        assert asyncio.run(visit(address)) == (["Log in"], 403, [])
        live = address.replace("http", "ws") + "/aegen/live"
        with pytest.raises(InvalidStatus), connect(live, origin=address):
            pass
        person = {"origin": address, "is_logged_in": True, "email": "ann@lab.example"}
        signed = create_signed_value("only for this test", USER_COOKIE_NAME, json.dumps(person))
        cookie = {"Cookie": f"{USER_COOKIE_NAME}={signed.decode()}"}
        with connect(live, origin=address, additional_headers=cookie):
            pass
