"""`python -m aegen` is `aegen`."""

from aegen.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
