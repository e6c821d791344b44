"""What Streamlit does not have: the latent map and other components of our own."""

from aegen.app.components.address import address
from aegen.app.components.latent_map import (
    MapSelection,
    latent_map,
    picture,
    said_on_map,
    select_on_map,
)

__all__ = ["MapSelection", "address", "latent_map", "picture", "said_on_map", "select_on_map"]
