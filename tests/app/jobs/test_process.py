"""Jobs: progress, cancelling, errors as sentences; one a key, whoever asks; nothing stays."""

import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aegen.app.jobs import process
from aegen.app.jobs.process import JobEnded
from aegen.app.jobs.turns import Turns
from aegen.core.errors import AegenError
from tests.app.jobs.inline import Inline
from tests.app.jobs.slow_work import alive, refuse

WORK = "tests.app.jobs.slow_work"


def begin(name, key="it", finish=lambda answer: answer, **arguments):
    """A job that this test watches."""
    job = process.begin(key, f"{WORK}:{name}", lambda: (arguments, finish))
    job.watch("test")
    return job


def ended(job):
    assert job.wait(60), f"still {job.state}"
    return job


def until(true, patience=60):
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_job_says_how_far_it_is_and_gives_what_the_work_returned():
    job = begin("count", to=20, finish=lambda said: said and said["sum"])
    heard = set()
    while not job.over:
        heard.add((job.share, job.text))
        time.sleep(0.005)
    assert (job.state, job.result, job.problem) == ("done", 210, None)
    shares = sorted(share for share, text in heard if text)
    assert any(0 < share < 1 for share in shares)
    assert all(text == f"step {round(20 * share)}" for share, text in heard if text)


def test_the_last_report_arrives_however_soon_it_follows(tmp_path):
    job = begin("announce", path=str(tmp_path / "go"))
    until(lambda: job.text == "second")
    assert job.share == 0.5
    (tmp_path / "go").touch()
    assert ended(job).result == "seen"


def test_an_error_of_the_library_arrives_as_its_sentence():
    job = ended(begin("refuse"))
    assert job.state == "failed"
    assert isinstance(job.problem, AegenError)
    assert str(job.problem) == "a thing must be another thing, got this: change it"


def test_a_defect_keeps_its_traceback():
    job = ended(begin("fail"))
    assert not isinstance(job.problem, AegenError)
    assert "ZeroDivisionError: nobody thought of this" in str(job.problem)
    assert "slow_work.py" in str(job.problem)


def test_a_job_that_cannot_begin_has_failed_and_can_begin_later():
    def prepare():
        raise AegenError("the disk is full: make room")

    job = ended(process.begin("it", f"{WORK}:count", prepare))
    assert (job.state, str(job.problem)) == ("failed", "the disk is full: make room")
    job.forget()
    assert ended(begin("count", to=2)).state == "done"


def test_a_process_that_dies_is_a_sentence():
    job = ended(begin("vanish"))
    assert isinstance(job.problem, JobEnded)
    assert "exit code 3" in str(job.problem)


def test_what_work_prints_is_no_answer():
    assert ended(begin("chatter")).result == "right"


def test_stopping_ends_the_process_and_tidies_up(tmp_path):
    out = tmp_path / "half"
    tidied = []

    def finish(answer):
        tidied.append(answer)
        out.unlink()

    job = begin("begin_to_write", out=str(out), finish=finish)
    until(lambda: job.share == 0.5)
    assert out.exists()
    job.stop()
    assert ended(job).state == "stopped"
    assert tidied == [None]
    assert not out.exists()
    assert job.problem is None


def test_who_asks_for_the_same_gets_the_same_job(tmp_path):
    made = []

    def prepare():
        made.append(1)
        return {"path": str(tmp_path / "go")}, lambda answer: answer

    first = process.begin("one", f"{WORK}:wait_for", prepare)
    assert process.begin("one", f"{WORK}:wait_for", prepare) is first
    other = begin("count", key="two", to=2)
    assert other is not first
    (tmp_path / "go").touch()
    assert ended(first).result == "seen"
    assert process.begin("one", f"{WORK}:wait_for", prepare) is first
    assert made == [1]
    ended(other)


def test_leaving_stops_only_what_nobody_else_looks_at(tmp_path):
    job = begin("wait_for", path=str(tmp_path / "never"))
    job.release("test")
    job.watch("ann")
    job.watch("ben")
    job.leave("ann")
    assert not job.stopping
    job.leave("ben")
    assert ended(job).state == "stopped"


def test_a_stopped_job_makes_room_and_a_failed_one_stays_until_forgotten(tmp_path):
    job = begin("wait_for", path=str(tmp_path / "never"))
    job.stop()
    again = begin("wait_for", path=str(tmp_path / "never"))
    assert again is not job
    again.stop()
    failed = ended(begin("refuse", key="bad"))
    failed.leave("test")
    assert begin("refuse", key="bad") is failed
    failed.forget()
    assert begin("refuse", key="bad") is not failed


def test_jobs_beyond_the_limit_wait_and_can_be_stopped_while_waiting(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "_turns", Turns(1))
    first = begin("wait_for", key="first", path=str(tmp_path / "never"))
    until(lambda: first.state == "running")
    second = begin("count", key="second", to=1)
    third = begin("count", key="third", to=1)
    second.stop()
    assert ended(second).state == "stopped"
    assert third.state == "waiting"
    first.stop()
    assert ended(third).state == "done"


def test_ended_jobs_are_bounded():
    for k in range(process.REMEMBERED + 3):
        process._jobs.begin(f"old{k}", lambda: Inline("", refuse))
    ended(begin("count", to=1))
    assert len(process._jobs.all()) <= process.REMEMBERED + 1


@pytest.mark.skipif(os.name != "posix", reason="asks for a process by its number")
def test_a_job_ends_with_the_process_that_began_it(tmp_path):
    noted = tmp_path / "number"
    program = (
        "import os, signal, time, pathlib; from aegen.app.jobs import process\n"
        f"noted = {str(noted)!r}\n"
        f"process.begin('x', '{WORK}:note', lambda: ({{'path': noted}}, print)).watch('x')\n"
        "while not pathlib.Path(noted).exists(): time.sleep(0.02)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9

    def gone():
        listing = ["ps", "-o", "stat=", "-p", noted.read_text()]
        state = subprocess.run(listing, capture_output=True, text=True).stdout.strip()
        return state[:1] in ("", "Z")

    until(gone)


@pytest.fixture
def buries_nobody():
    """Orphans become children of this process, as of a container's first that buries nobody."""
    if sys.platform != "linux":
        pytest.skip("only Linux lets a process take them")
    tell = ctypes.CDLL(None).prctl
    name = Path("/proc/self/comm").read_bytes().strip()
    assert tell(36, 1, 0, 0, 0) == 0  # PR_SET_CHILD_SUBREAPER
    assert tell(15, b"not \xff) text", 0, 0, 0) == 0  # PR_SET_NAME: processes are called anything
    yield
    tell(15, name, 0, 0, 0)
    tell(36, 0, 0, 0, 0)


def test_ending_a_job_ends_what_it_started_too(tmp_path, monkeypatch, buries_nobody):
    monkeypatch.setattr(process, "PATIENCE", 200.0)  # nobody waits for whoever is to be buried
    worker = process._process()
    note = tmp_path / "child"
    request = {"work": f"{WORK}:start_another", "arguments": {"path": str(note)}}
    worker.stdin.write(json.dumps(request) + "\n")
    worker.stdin.flush()
    until(note.exists)
    child = int(note.read_text())
    assert alive(child)
    assert process._left(worker)
    process._end_all(worker)
    worker.stdin.close()
    worker.stdout.close()
    assert not alive(child)
    assert process._send(worker, 0)
    os.waitpid(child, 0)
    assert not process._send(worker, 0)
