"""What the pages ask for: bundles, rows, pictures, fitted models, draws; the app's only caches.

Arguments are small and hashable (names, a frozen `Spec`, numbers), so two people who look at the
same thing share it and two who look at different things never meet; what is remembered of a bundle
lasts as long as the bundle is not written anew (``kept``). Nothing here draws a widget; library
errors pass through to `aegen.app.frame`, which shows them.

    opened     bundles and their attributes          layout    projections and colourings
    rows       what a selection means                pictures  codes as pictures, directions
    models     latent models, fitted here or by jobs disk      long fits, kept
    draws      draws, their figures and contours     warmth    what is loaded ahead
    comparisons  latent models side by side, compared by jobs
"""

from aegen.app.services.comparisons import (
    BUDGETS,
    Asked,
    again,
    compare,
    comparison_job,
    contender_of,
    contenders,
    criterion_of,
    default_models,
    left,
    pictures_of,
    read_models,
    reference_pictures,
    refusal,
    spec_of,
    table,
    text_of,
)
from aegen.app.services.draws import (
    CONTOURED,
    Quality,
    contours,
    draw,
    nearest,
    overlaid,
    quality,
)
from aegen.app.services.kept import bundles
from aegen.app.services.layout import (
    Labels,
    axes_of,
    coordinates,
    density,
    labels,
    project,
    shade,
)
from aegen.app.services.models import (
    FIT_SEED,
    Fitted,
    Spec,
    at_hand,
    by_rows,
    fields_of,
    fitted,
    fitting,
    give_up,
    learnt,
    model,
    samplers,
    slow,
    strategy,
    summary_of,
    title_of,
)
from aegen.app.services.opened import bundle, first_bundle, sample_of
from aegen.app.services.pictures import classify, decode, directions, encode, leanings, sheet
from aegen.app.services.rows import kept_rows, members, rows_of
from aegen.app.services.warmth import first_page_sent, warm_up

__all__ = [
    "BUDGETS",
    "CONTOURED",
    "FIT_SEED",
    "Asked",
    "Fitted",
    "Labels",
    "Quality",
    "Spec",
    "again",
    "at_hand",
    "axes_of",
    "bundle",
    "bundles",
    "by_rows",
    "classify",
    "compare",
    "comparison_job",
    "contender_of",
    "contenders",
    "contours",
    "coordinates",
    "criterion_of",
    "decode",
    "default_models",
    "density",
    "directions",
    "draw",
    "encode",
    "fields_of",
    "first_bundle",
    "first_page_sent",
    "fitted",
    "fitting",
    "give_up",
    "kept_rows",
    "labels",
    "leanings",
    "learnt",
    "left",
    "members",
    "model",
    "nearest",
    "overlaid",
    "pictures_of",
    "project",
    "quality",
    "read_models",
    "reference_pictures",
    "refusal",
    "rows_of",
    "sample_of",
    "samplers",
    "shade",
    "sheet",
    "slow",
    "spec_of",
    "strategy",
    "summary_of",
    "table",
    "text_of",
    "title_of",
    "warm_up",
]
