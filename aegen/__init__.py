"""aegen: turn any trained autoencoder into a generative model, and see, compare and steer how."""

__all__: list[str] = []
