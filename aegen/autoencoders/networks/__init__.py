"""One architecture a file; `aegen.autoencoders.architectures` finds them."""

__all__: list[str] = []
