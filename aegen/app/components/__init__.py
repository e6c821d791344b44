"""What Streamlit does not have: the latent map and other components of our own."""

from aegen.app.components.address import address
from aegen.app.components.latent_map import (
    MapSelection,
    latent_map,
    path_of,
    picture,
    select_on_map,
)

__all__ = ["MapSelection", "address", "latent_map", "path_of", "picture", "select_on_map"]
