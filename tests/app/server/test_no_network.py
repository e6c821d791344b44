"""Without any network: the app starts, all pages run, and nothing tries to reach anywhere else.

The server runs in a network namespace that has a loopback device and no route. An audit hook notes
each connection and each look-up of a name that Python begins, in the server or in a job.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aegen.app import navigation
from aegen.benchmarks.console import same_aegen
from tests.tiny_bundle import tiny_bundle

ROOT = Path(__file__).parents[3]

HOOK = """
import os, sys

def note(event, given):
    if event not in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        return
    where = given[0] if event == "socket.getaddrinfo" else given[1]
    with open(os.environ["NOTED"], "a") as file:
        file.write(f"{event} {where!r}\\n")

sys.addaudithook(note)
"""

VISIT = """
import asyncio, json, os, subprocess, sys, time, urllib.request
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from aegen.app.server.client import tab

port, pages, noted = sys.argv[1], sys.argv[2].split(), sys.argv[3]
words = ["-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
hooked = {**os.environ, "PYTHONPATH": f"{sys.argv[4]}{os.pathsep}{os.environ['PYTHONPATH']}"}
server = subprocess.Popen([sys.executable, *words], env={**hooked, "NOTED": noted},
                          stdout=subprocess.DEVNULL)
address = f"http://127.0.0.1:{port}"

async def visit():
    found = {}
    async with tab(address) as page:
        for name in pages:
            await page.open("" if name == "start" else name)
            titles = [s.element.body for s in page.shown.values() if s.kind == "heading"]
            found[name] = {"titles": titles, "problems": list(page.problems)}
    return found

try:
    while server.poll() is None:
        try:
            urllib.request.urlopen(address + "/_stcore/health").close()
            break
        except OSError:
            time.sleep(0.05)
    found = {"pages": asyncio.run(visit())}
    for path in ("_stcore/stream", "aegen/live"):  # a page of another host knocks
        try:
            with connect(f"ws://127.0.0.1:{port}/{path}", origin="http://elsewhere.example"):
                found["let in"] = path
        except InvalidStatus:
            pass
    listening = [line.split()[1:4:2] for line in open("/proc/net/tcp").read().splitlines()[1:]]
    found["listens"] = [where.split(":")[0] for where, state in listening
                        if state == "0A" and where.endswith(f":{int(port):04X}")]
    found["routes"] = len(open("/proc/net/route").read().splitlines()) - 1
    found["listens v6"] = f":{int(port):04X} " in open("/proc/net/tcp6").read()
    print(json.dumps(found))
finally:
    server.kill()
    server.wait()
"""


def alone():
    """The command that runs another without any network, or None where that is not permitted."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return None
    command = ["unshare", "--map-root-user", "--net", "--", "sh", "-c"]
    tried = subprocess.run([*command, "ip link set lo up"], capture_output=True, check=False)
    return command if tried.returncode == 0 else None


def test_all_pages_work_and_nothing_is_reached(tmp_path):
    command = alone()
    if command is None:
        pytest.skip("this system lets nobody make a network namespace (unshare -rn)")
    (tmp_path / "bundles").mkdir()
    tiny_bundle(tmp_path / "bundles" / "faces")  # seen at first, so its model is fitted ahead
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(HOOK)
    (tmp_path / "visit.py").write_text(VISIT)
    noted = tmp_path / "noted"
    noted.touch()
    pages = [entry.address for entry in navigation.ENTRIES]
    visit = [str(tmp_path / "visit.py"), "18501", " ".join(pages), str(noted)]
    alone_there = [*command, 'ip link set lo up && exec "$@"', "sh", sys.executable, *visit]
    run = subprocess.run(
        [*alone_there, str(tmp_path / "hook")],
        cwd=ROOT,
        env={
            **os.environ,
            **same_aegen(),
            "AEGEN_BUNDLES": str(tmp_path / "bundles"),
            "AEGEN_CACHE": str(tmp_path / "kept"),
            "PYTEST_VERSION": "",  # what is loaded ahead outside tests is watched too
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["routes"] == 0
    for page in navigation.ENTRIES:
        assert found["pages"][page.address]["problems"] == []
        assert page.title in str(found["pages"][page.address]["titles"])
    assert found["listens"] == ["0100007F"]  # 127.0.0.1 and nowhere else
    assert not found["listens v6"]
    assert "let in" not in found
    assert [line for line in noted.read_text().splitlines() if not here(line)] == []


def here(line):
    """Whether what was noted stays on this computer: loopback, or a socket of the file system."""
    return any(name in line for name in ("'127.0.0.1'", "'localhost'", "'::1'", "connect '/"))
