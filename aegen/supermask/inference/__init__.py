"""Running tickets without torch, and judging them."""
