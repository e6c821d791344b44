"""Comparing latent models: candidates x seeds x metrics, as tasks that any process can do.

candidate       a latent model with its fields   metric_spec  a metric in a space
reference_rows  the real rows of each seed       task         fit, draw, measure: one result
store           results on disk                  runner       tasks to results, on any backend
estimates       intervals, paired differences    table        results as a table
recommendation  which model to take for some codes; recommendation_table has it as a table
"""

from __future__ import annotations

from aegen.comparison.candidate import DEFAULTS, HELD_OUT, REFERENCES, Candidate, parse_all
from aegen.comparison.metric_spec import LEFT_OUT, PRESETS, MetricSpec, metric_specs
from aegen.comparison.recommendation import Recommendation, Trial, recommend
from aegen.comparison.runner import run
from aegen.comparison.store import Store
from aegen.comparison.table import Table
from aegen.comparison.task import Figure, Result, Task, tasks
from aegen.parallel.backends import Backend, ClusterError

__all__ = [
    "DEFAULTS",
    "HELD_OUT",
    "LEFT_OUT",
    "PRESETS",
    "REFERENCES",
    "Backend",
    "Candidate",
    "ClusterError",
    "Figure",
    "MetricSpec",
    "Recommendation",
    "Result",
    "Store",
    "Table",
    "Task",
    "Trial",
    "metric_specs",
    "parse_all",
    "recommend",
    "run",
    "tasks",
]
