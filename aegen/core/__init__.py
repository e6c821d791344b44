"""Floor 0: what everything else stands on (arrays, rng, errors, fields, families, safe files)."""
