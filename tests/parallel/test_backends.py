"""Processes, Dask and Ray give the same figures, survive a dead worker, and say what is wrong."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

import pytest

from aegen.comparison import Backend, ClusterError, metric_specs, run, tasks
from aegen.comparison.task import perform
from aegen.core.errors import InvalidInput
from aegen.parallel import backends
from aegen.parallel.backends import connected
from tests.conftest import ROOT
from tests.parallel.deadly import all_end, endless, processes, wordy
from tests.parallel.on_a_backend import CANDIDATES, MEASURED, all_tasks, written

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "PYTHONWARNINGS": "error",
    # As on a machine so busy that no worker is back before Dask stops waiting for it.
    "DASK_DISTRIBUTED__DEPLOY__LOST_WORKER_TIMEOUT": "0s",
}


@pytest.fixture
def own(bars, tmp_path):
    """A copy of the bundle, beside which the workers leave their marks."""
    return shutil.copytree(bars, tmp_path / "bars")


def ended(command, seconds=400):
    """A command that was run to its end: its exit code and what it said."""
    process = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=ENVIRONMENT,
        timeout=seconds,
        check=False,
    )
    return process.returncode, process.stdout


@pytest.mark.parametrize(("name", "jobs"), [("loky", 2), ("dask", 2), ("ray", 2)])
def test_same_figures_whatever_the_backend_and_whoever_dies(name, jobs, own, tmp_path):
    pytest.importorskip({"loky": "joblib", "dask": "distributed", "ray": "ray"}[name])
    out = tmp_path / "found.json"
    code, said = ended(["tests.parallel.on_a_backend", name, jobs, own, out])
    assert code == 0, said
    found = json.loads(out.read_text())
    asked = all_tasks(str(own))
    assert set(found) == {str(task) for task in asked}
    for task in asked:
        problem, keys, *_ = result = found[str(task)]
        if task.seed == 0:
            assert result == json.loads(json.dumps(written(perform(task))))
            assert len(keys) == sum(1 + len(spec.details()) for spec in task.metric_specs)
        elif (task.seed, task.candidate) == (1, CANDIDATES[0]):
            assert "its process was ended from outside" in problem
            assert not keys
        else:
            assert (problem, len(keys)) == (None, 1)
    workers = processes(own)
    assert len(workers) > jobs  # those that died were replaced
    assert os.getpid() not in workers
    assert all_end(workers)


def test_figures_are_compared_to_the_last_bit(bars):
    one, other = (written(perform(task)) for task in all_tasks(bars)[:4:2])
    assert one != other
    near = written(perform(all_tasks(bars)[0]))
    key = next(iter(near[2]))
    near[2][key][0] = (float.fromhex(near[2][key][0]) * (1 + 1e-15)).hex()
    assert near != one


@contextlib.contextmanager
def silent_server():
    """A port where something listens and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed_port():
    with silent_server() as address:
        pass
    return address


def refused(backend):
    """The sentence with which a backend is refused, and the seconds that it took."""
    begun = time.monotonic()
    with pytest.raises(ClusterError) as refusal, connected(backend):
        pass
    return str(refusal.value), time.monotonic() - begun


@pytest.mark.parametrize("name", ["dask", "ray"])
def test_a_cluster_that_does_not_answer_is_a_sentence(name, monkeypatch, closed_port):
    pytest.importorskip({"dask": "distributed", "ray": "ray"}[name])
    monkeypatch.setattr(backends, "PATIENCE", 1.0)
    with silent_server() as silent:
        for address in (closed_port, silent):
            said, seconds = refused(Backend(name, address=address))
            assert re.search(rf"no (Dask scheduler|Ray cluster) answers at {address}: start", said)
            assert seconds < 10
    said, _ = refused(Backend(name, address="nonsense"))
    assert "nonsense" in said
    assert "HOST" in said


@pytest.mark.parametrize(("name", "library"), [("dask", "distributed"), ("ray", "ray")])
def test_a_missing_library_says_what_to_install(name, library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    assert f"pip install 'aegen[{name}]'" in refused(Backend(name))[0]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "slurm"}, "backend must be one of loky, dask, ray, got 'slurm'"),
        ({"address": "tcp://here:8786"}, "not to loky"),
        ({"name": "dask", "jobs": 0}, "jobs must be at least 1, got 0"),
    ],
)
def test_a_backend_that_cannot_be_is_refused(fields, sentence):
    with pytest.raises(InvalidInput, match=re.escape(sentence)):
        Backend(**fields)


@contextlib.contextmanager
def dask_process(*words):
    """A process of a cluster that is not ours."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{words[0]}", *map(str, words[1:])],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_dask_cluster_of_others_is_used_as_it_is_and_left_running(own, tmp_path):
    distributed = pytest.importorskip("distributed")
    place = tmp_path / "scheduler.json"
    scheduler = ("scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard")
    worker = ("worker", "--scheduler-file", place, "--no-dashboard", "--no-nanny", "--nthreads")
    measured = metric_specs(MEASURED)
    few = tasks([str(own)], CANDIDATES, seeds=2, draws=60, metric_specs=measured)
    with dask_process(*scheduler, "--scheduler-file", place) as head:
        until = time.monotonic() + 60
        while not (place.exists() and place.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        theirs = Backend("dask", address=json.loads(place.read_text())["address"])
        assert "has no workers: start some with dask worker" in refused(theirs)[0]
        with dask_process(*worker, 3):
            wait_for_workers(distributed, theirs, 1)
            assert "--nworkers 3 --nthreads 1" in refused(theirs)[0]
        wait_for_workers(distributed, theirs, 0)
        with dask_process(*worker, 1) as theirs_too:
            wait_for_workers(distributed, theirs, 1)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("aegen.__version__", "0.0.1")
                assert "do not have aegen 0.0.1" in refused(theirs)[0]
            results = list(run(few, backend=theirs, work=wordy))
            assert {result.task for result in results} == set(few)
            assert {r.missing["done"] for r in results} == {str(theirs_too.pid)}
            assert head.poll() is theirs_too.poll() is None
            running = run(few, backend=theirs, work=endless)
            next(running)
            head.kill()
            with pytest.raises(ClusterError, match="was lost"):
                list(running)


def wait_for_workers(distributed, backend, n):
    """Wait until the scheduler knows of so many workers."""
    with distributed.Client(backend.address, set_as_default=False) as client:
        until = time.monotonic() + 60
        while len(client.nthreads()) != n and time.monotonic() < until:
            time.sleep(0.05)
