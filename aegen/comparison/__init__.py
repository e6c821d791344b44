"""Comparing latent models: contenders x seeds x metrics, as tasks that any process can do.

contender   a latent model with its fields      criterion  a metric in a space
world       the held-out rows of each seed      task       fit, draw, measure: one result
store       results on disk                     running    tasks to results, on any backend
estimates   intervals, paired differences       table      results as a table
"""

from __future__ import annotations

from aegen.comparison.candidate import DEFAULTS, HELD_OUT, REFERENCES, Candidate, parse_all
from aegen.comparison.metric_spec import PRESETS, MetricSpec, metric_specs
from aegen.comparison.runner import run
from aegen.comparison.store import Store
from aegen.comparison.table import Table
from aegen.comparison.task import Figure, Result, Task, tasks
from aegen.parallel.backends import Backend, ClusterError

__all__ = [
    "DEFAULTS",
    "HELD_OUT",
    "PRESETS",
    "REFERENCES",
    "Backend",
    "Candidate",
    "ClusterError",
    "Figure",
    "MetricSpec",
    "Result",
    "Store",
    "Table",
    "Task",
    "metric_specs",
    "parse_all",
    "run",
    "tasks",
]
