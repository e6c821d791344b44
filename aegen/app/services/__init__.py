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
    recommendations  which latent model to take           failures  pictures of where one fails
    creations        bundles that people make of their own networks
    places           where a person is, what is seen there     walks  what moves
    documentation    methods in their own words
    kept_files       pictures at places as files
"""

from aegen.app.services import (
    bundles,
    cache,
    comparisons,
    creations,
    disk_cache,
    documentation,
    draws,
    evaluation_data,
    failures,
    images,
    interventions,
    kept_files,
    places,
    projections,
    recommendations,
    reconstruction,
    rows,
    samplers,
    targets,
    tickets,
    trainings,
    values,
    walks,
    warmup,
)

__all__ = [
    "bundles",
    "cache",
    "comparisons",
    "creations",
    "disk_cache",
    "documentation",
    "draws",
    "evaluation_data",
    "failures",
    "images",
    "interventions",
    "kept_files",
    "places",
    "projections",
    "recommendations",
    "reconstruction",
    "rows",
    "samplers",
    "targets",
    "tickets",
    "trainings",
    "values",
    "walks",
    "warmup",
]
