"""The app, whose bundles are made as slowly as a test wants, for test_bring.py."""

import runpy

from aegen.app.location import MAIN
from aegen.app.services import creations

if __name__ == "__main__":  # not where doctests are looked for
    creations.CREATE = "tests.app.jobs.slow_work:create_bundle"
    runpy.run_path(str(MAIN), run_name="__main__")
