"""What Streamlit does not have. Pages import from here, never from below."""

from aegen.app.components.address import address
from aegen.app.components.latent_map import MapSelection, latent_map, select_on_map

__all__ = ["MapSelection", "address", "latent_map", "select_on_map"]
