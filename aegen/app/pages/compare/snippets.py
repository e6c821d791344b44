"""A comparison as lines of Python and as a command."""

from __future__ import annotations

from inspect import cleandoc

from aegen.app.services.comparisons import BUDGETS, ComparisonRequest
from aegen.app.services.recommendations import RecommendationRequest

__all__ = ["command", "python", "recommend_command", "recommend_python"]


def python(asked: ComparisonRequest) -> str:
    """A comparison in Python.

    Example:
        >>> print(python(ComparisonRequest("mnist", ("gaussian", "kde"), 2000, 0, "quick")))
        from aegen import comparison
        from aegen.comparison.table import to_markdown
        <BLANKLINE>
        models = comparison.parse_all(["gaussian", "kde"])
        metrics = comparison.metric_specs(["quick"])
        tasks = comparison.tasks(
            ["mnist"], models + comparison.REFERENCES, seeds=1, draws=2000, metric_specs=metrics
        )
        table = comparison.Table("mnist", models, metrics)
        for result in comparison.run(tasks):
            table.add(result)
        print(to_markdown(table))
    """
    budget = BUDGETS[asked.budget]
    models = ", ".join(f'"{model}"' for model in asked.measured)
    how = f"seeds={len(asked.seeds)}, draws={asked.draws}, metric_specs=metrics"
    how += f", first={asked.seed}" if asked.seed else ""
    return cleandoc(f"""
        from aegen import comparison
        from aegen.comparison.table import to_markdown

        models = comparison.parse_all([{models}])
        metrics = comparison.metric_specs(["{budget.preset}"])
        tasks = comparison.tasks(
            ["{asked.bundle}"], models + comparison.REFERENCES, {how}
        )
        table = comparison.Table("{asked.bundle}", models, metrics)
        for result in comparison.run(tasks):
            table.add(result)
        print(to_markdown(table))
    """)


def command(asked: ComparisonRequest) -> str:
    """A comparison as a command.

    Example:
        >>> command(ComparisonRequest("mnist", ("kde",), 2000, 0, "quick"))
        'aegen compare mnist --samplers kde --seeds 1 --draws 2000 --metrics quick --out report'
    """
    budget = BUDGETS[asked.budget]
    first = f"--first-seed {asked.seed} " if asked.seed else ""
    return (
        f"aegen compare {asked.bundle} --samplers {','.join(asked.measured)} "
        f"--seeds {len(asked.seeds)} {first}--draws {asked.draws} "
        f"--metrics {budget.preset} --out report"
    )


def recommend_python(asked: RecommendationRequest) -> str:
    """A recommendation in Python.

    Example:
        >>> print(recommend_python(RecommendationRequest("mnist", 60, 0.9, 0)))
        import aegen
        <BLANKLINE>
        codes = aegen.load("mnist").codes
        found = aegen.recommend(codes, seconds=60, copying=0.9, rng=0)
        print(found)
    """
    options = f"seconds={asked.seconds}, copying={asked.copying:g}, rng={asked.seed}"
    return cleandoc(f"""
        import aegen

        codes = aegen.load("{asked.bundle}").codes
        found = aegen.recommend(codes, {options})
        print(found)
    """)


def recommend_command(asked: RecommendationRequest) -> str:
    """A recommendation as a command.

    Example:
        >>> recommend_command(RecommendationRequest("mnist", 60, 0.9, 0))
        'aegen recommend mnist --seconds 60 --copying 0.9 --seed 0'
    """
    return (
        f"aegen recommend {asked.bundle} --seconds {asked.seconds} --copying {asked.copying:g} "
        f"--seed {asked.seed}"
    )
