"""What the pages ask for: bundles, rows, pictures, fitted models, draws; the app's only caches.

Arguments are small and hashable (names, a frozen `SamplerSpec`, numbers), so two people who look
at the same thing share it and two who look at different things never meet; what is remembered of a
bundle lasts as long as the bundle is not written anew (``cached``). Nothing here draws a widget;
library errors pass through to `aegen.app.page`, which shows them.

    cache        what is remembered, and until when
    bundles      bundles as the app has them open        rows         what a selection means
    projections  where rows lie, how they are coloured   images       codes as images and back
    samplers     latent models, fitted here or by jobs   disk_cache   long fits on disk
    draws        draws, their figures and contours       warmup       what is loaded ahead
    comparisons  latent models side by side              targets      targets, transfers, edits
    tickets      tickets of supermasks, their histories  trainings    those that people train here
    interventions    tickets changed by hand             evaluation_data  images to evaluate on
    reconstruction   tickets of autoencoders, and what they redraw
"""

from aegen.app.services import (
    bundles,
    cache,
    comparisons,
    disk_cache,
    draws,
    evaluation_data,
    images,
    interventions,
    projections,
    reconstruction,
    rows,
    samplers,
    targets,
    tickets,
    trainings,
    warmup,
)
from aegen.app.services.bundles import bundle, first_bundle
from aegen.app.services.cache import bundle_names
from aegen.app.services.comparisons import (
    BUDGETS,
    ComparisonRequest,
    again,
    compare,
    comparison_job,
    left,
    read_models,
    refusal,
    table,
)
from aegen.app.services.draws import draw, nearest
from aegen.app.services.evaluation_data import (
    DATA_TITLES,
    classifier_of,
    evaluation_sets,
    examples_of,
    sources,
)
from aegen.app.services.images import sheet
from aegen.app.services.interventions import (
    UNCHANGED,
    MaskChange,
    changed_counts,
    changed_masks,
    evaluated,
    evaluation,
    like,
    rule_of,
)
from aegen.app.services.projections import project
from aegen.app.services.reconstruction import picture as redraws
from aegen.app.services.samplers import (
    SamplerSpec,
    at_hand,
    fields_of,
    fitting,
    model,
    sampler_names,
    slow,
    title_of,
)
from aegen.app.services.targets import (
    PLAIN,
    Edit,
    TargetRequest,
    asked_parts,
    baseline,
    edited,
    found_before,
    matching,
    search,
    target_of,
    targeted,
    transferred,
)
from aegen.app.services.tickets import (
    add_ticket,
    frames,
    history,
    history_problem,
    packed,
    ticket,
    ticket_file,
    ticket_names,
)
from aegen.app.services.trainings import (
    TrainingConfig,
    first_layer_maps,
    forget_training,
    save_training,
    start_training,
    trained,
    trained_file,
    training_job,
)
from aegen.app.services.warmup import warm_up

__all__ = [
    "BUDGETS",
    "ComparisonRequest",
    "DATA_TITLES",
    "Edit",
    "MaskChange",
    "PLAIN",
    "SamplerSpec",
    "TargetRequest",
    "TrainingConfig",
    "UNCHANGED",
    "add_ticket",
    "again",
    "asked_parts",
    "at_hand",
    "baseline",
    "bundle",
    "bundle_names",
    "changed_counts",
    "changed_masks",
    "classifier_of",
    "compare",
    "comparison_job",
    "draw",
    "edited",
    "evaluated",
    "evaluation",
    "evaluation_sets",
    "examples_of",
    "fields_of",
    "first_bundle",
    "first_layer_maps",
    "fitting",
    "forget_training",
    "found_before",
    "frames",
    "history",
    "history_problem",
    "left",
    "like",
    "matching",
    "model",
    "nearest",
    "packed",
    "project",
    "read_models",
    "redraws",
    "refusal",
    "rule_of",
    "sampler_names",
    "save_training",
    "search",
    "sheet",
    "slow",
    "sources",
    "start_training",
    "table",
    "target_of",
    "targeted",
    "ticket",
    "ticket_file",
    "ticket_names",
    "title_of",
    "trained",
    "trained_file",
    "training_job",
    "transferred",
    "warm_up",
    "bundles",
    "cache",
    "comparisons",
    "disk_cache",
    "draws",
    "evaluation_data",
    "images",
    "interventions",
    "projections",
    "reconstruction",
    "rows",
    "samplers",
    "targets",
    "tickets",
    "trainings",
    "warmup",
]
