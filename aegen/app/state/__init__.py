"""What a visit shows: every choice, with a default, kept for the visit and in the link.

    link     a choice (`Item`), and how the choices of a page stand in its link
    formats  values as a link's text, and back
    visit    what else one visit remembers
    uploads  files that a visit was given, on disk
    map      the map, what is selected on it, and the row that other pages start at
    draws    the latent model that draws, and how many under which seed

What one page alone chooses is in ``state.py`` of `aegen.app.pages`, under the page's name.
"""
