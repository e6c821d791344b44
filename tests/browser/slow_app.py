"""The app with one latent model whose fit lasts until a file is there, for test_fits.py."""

import runpy
from pathlib import Path

from aegen.app.services import models
from aegen.samplers.gaussian import Gaussian

if __name__ == "__main__":  # not where doctests are looked for
    models.WORK = "tests.app.slow_work:fit"
    Gaussian.slow = True
    runpy.run_path(str(Path(__file__).parents[2] / "app.py"))
