"""The commands of the command line, one file each; `aegen.cli` puts them together."""

__all__: list[str] = []
