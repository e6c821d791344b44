"""Help: what each word means, and a card for each latent model, metric and projection."""

from aegen.app import page
from aegen.app.pages.help import cards, state

with page.page_without_bundle(
    "Help",
    "What does a word mean, and what does a method do? When does it mislead, and what does it "
    "cost?",
    state.section,
    state.term,
):
    section, chosen = cards.choose()
    cards.section(section, chosen)
