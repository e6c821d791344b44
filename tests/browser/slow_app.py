"""The app where a latent model's fit, and a bundle, last until a file is there."""

import runpy

from aegen.app.location import MAIN
from aegen.app.services import creations, samplers
from aegen.samplers.gaussian import Gaussian

if __name__ == "__main__":  # not where doctests are looked for
    creations.CREATE = "tests.app.jobs.slow_work:create_bundle"
    samplers.WORK = "tests.app.jobs.slow_work:fit"
    Gaussian.slow = True
    runpy.run_path(str(MAIN), run_name="__main__")
