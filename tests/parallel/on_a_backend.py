"""Does tasks on a backend, some of which are deadly, and writes what came of each.

Run by tests as ``python -m tests.parallel.on_a_backend NAME JOBS BUNDLE OUT``: clusters have
threads and warnings of their own, which should not meet those of other tests.
"""

import json
import sys

from aegen.comparison import Backend, Candidate, metric_specs, run, tasks
from tests.parallel.deadly import deadly

MEASURED = ("codes/nearest-neighbour-accuracy", "features/frechet-distance")
CANDIDATES = (Candidate("gaussian"), Candidate("kde"))


def all_tasks(bundle):
    measured = metric_specs(MEASURED)  # here: workers read this module anew each, for nothing else
    return tasks([bundle], CANDIDATES, seeds=3, draws=60, metric_specs=measured)


def written(result):
    """All of a result but its times, bit for bit."""
    figures = {
        key: [
            figure.value.hex(),
            figure.variance_generated.hex(),
            figure.influence_reference.tobytes().hex(),
        ]
        for key, figure in result.figures.items()
        if figure.influence_reference is not None
    }
    images = "" if result.images is None else result.images.tobytes().hex()
    return [result.problem, sorted(result.figures), figures, images, result.size]


def main(name, jobs, bundle, out):
    results = run(all_tasks(bundle), backend=Backend(name, int(jobs)), work=deadly)
    found = {str(result.task): written(result) for result in results}
    with open(out, "w") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
