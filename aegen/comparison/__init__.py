"""Comparing latent models: contenders x seeds x metrics, as tasks that any process can do.

contender   a latent model with its fields      criterion  a metric in a space
world       the held-out rows of each seed      task       fit, draw, measure: one result
store       results on disk                     running    tasks to results, on any backend
estimates   intervals, paired differences       table      results as a table
"""

from __future__ import annotations

from aegen.comparison.backends import Backend, ClusterError
from aegen.comparison.contender import DEFAULTS, HELD_OUT, REFERENCES, Contender, parse_all
from aegen.comparison.criterion import PRESETS, Criterion, criteria
from aegen.comparison.running import run
from aegen.comparison.store import Store
from aegen.comparison.table import Table
from aegen.comparison.task import Figure, Result, Task, tasks

__all__ = [
    "DEFAULTS",
    "HELD_OUT",
    "PRESETS",
    "REFERENCES",
    "Backend",
    "ClusterError",
    "Criterion",
    "Contender",
    "Figure",
    "Result",
    "Store",
    "Table",
    "Task",
    "criteria",
    "parse_all",
    "run",
    "tasks",
]
