"""Work for jobs in tests: most goes on until a file says that it may end.

As with the app's own work, nothing here loads Streamlit: it is imported by each job's process.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from aegen.core.errors import InvalidInput
from aegen.core.progress import report

GO = "AEGEN_TEST_GO"
"""Names the file whose presence lets the work end."""

READY = "ready.safetensors"


def count(to):
    """Counts, reporting each step."""
    for k in range(to):
        report((k + 1) / to, f"step {k + 1}")
        time.sleep(0.02)
    return {"sum": sum(range(to + 1))}


def refuse():
    raise InvalidInput("a thing must be another thing, got this: change it")


def fail():
    raise ZeroDivisionError("nobody thought of this")


def vanish():
    os._exit(3)


def chatter():
    """What libraries print does not disturb the answer."""
    print('{"done": "wrong"}', flush=True)
    os.write(1, b"not json\n")
    return "right"


def begin_to_write(out):
    """Leaves half a file and never ends by itself."""
    Path(out).write_bytes(b"half")
    report(0.5, "half way")
    while True:
        time.sleep(0.05)


def wait_for(path):
    report(0.25, "waiting for a file")
    while not Path(path).exists():
        time.sleep(0.02)
    return "seen"


def note(path):
    """Says which process it is, whole or not at all, and never ends by itself."""
    part = Path(path).with_suffix(".part")
    part.write_text(str(os.getpid()))
    part.replace(path)
    while True:
        time.sleep(0.05)


def hold(**arguments):
    """Goes on until it is stopped, whatever it was asked for."""
    while True:
        time.sleep(0.05)


def refuse_anything(**arguments):
    refuse()


def start_another(path):
    """Starts a process that never ends by itself, and notes which one."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    part = Path(path).with_suffix(".part")
    part.write_text(str(child.pid))
    part.replace(path)
    hold()


def alive(process):
    """Whether a process is there and not just waiting to be buried."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def fit(**arguments):
    """A fit that takes as long as the test wants; one that lies ready beside the gate is taken."""
    from aegen.app.jobs import fit_sampler

    gate = Path(os.environ[GO])
    while not gate.exists():
        report(0.25, "a quarter of the *way*")
        time.sleep(0.05)
    said = gate.read_text()
    if said:
        raise InvalidInput(said)
    if gate.with_name(READY).exists():
        shutil.copyfile(gate.with_name(READY), arguments["out"])
    else:
        fit_sampler.fit(**arguments)
    return {"seconds": 5.0}


def announce(path):
    """Says two things at once, the second of which is to be seen while the work goes on."""
    report(0.1, "first")
    report(0.5, "second")
    return wait_quietly(path)


def wait_quietly(path):
    while not Path(path).exists():
        time.sleep(0.02)
    return "seen"


def create_bundle(**arguments):
    """Makes a bundle; its last projection takes as long as the test wants, and is a quick one."""
    from aegen.app.jobs import create_bundle
    from aegen.projections.umap import UMAP
    from tests.tiny_bundle import QuickUMAP

    def fit(self, z, rng):
        wait_quietly(os.environ[GO])
        return QuickUMAP._fit(self, z, rng)

    UMAP._fit = fit
    return create_bundle.create(**arguments)
