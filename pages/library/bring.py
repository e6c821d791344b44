"""Bring your own: any autoencoder and any data become a bundle."""

from aegen.app import page
from aegen.app.pages.bring import conventions, files, form, progress, snippets

with page.page_without_bundle(
    "Bring your own",
    "What does your own autoencoder make of your data? Bring its two networks and some pictures, "
    "see what comes back, and make a bundle, which every other page then works with.",
):
    below = files.fields()
    sources = files.sources()
    found = order = None
    if sources is None:
        files.beginning()
    else:
        found = conventions.inspected(sources, below)
    if sources is not None and found is not None:
        conventions.comparison(found)
        order = form.order(sources, found)
    form_too = progress.progress()
    if form_too and order is not None and found is not None:
        form.form(order, found)
    snippets.lines(sources, found, order)
