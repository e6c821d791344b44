"""One package, for what its tests share ends with the last of them: a browser."""
