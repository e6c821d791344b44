"""What Streamlit does not have: the latent map. Pages import from here, never from below."""

from aegen.app.components.latent_map import MapSelection, latent_map, select_on_map

__all__ = ["MapSelection", "latent_map", "select_on_map"]
