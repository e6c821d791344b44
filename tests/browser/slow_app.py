"""The app with one latent model whose fit lasts until a file is there, for test_fits.py."""

import runpy

from aegen.app.location import MAIN
from aegen.app.services import samplers
from aegen.samplers.gaussian import Gaussian

if __name__ == "__main__":  # not where doctests are looked for
    samplers.WORK = "tests.app.jobs.slow_work:fit"
    Gaussian.slow = True
    runpy.run_path(str(MAIN), run_name="__main__")
