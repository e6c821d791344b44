"""What is taken where nobody says: said once, for the command line, the app and the library."""

__all__ = ["SAMPLER"]

SAMPLER = "local-gaussian"
"""The latent model that Sample and `aegen sample` begin with, and `aegen recommend` tries first.

It does not copy: draws lie about as far from training codes as new codes do. The empirical beta
copula with degree n, which is the paper's own setting, nearly repeats them.
"""
