"""What the contract tests of all families share: they ask a class what it is, never its name."""

__all__ = ["another", "fields_of", "quick"]

NUMBERS = (3, 9, 8, 2, 64, 0.7, 0.6, 0.2, 0.01)
"""Tried in this order where any other number will do; small, so that fits stay short."""


def fields_of(family, name):
    return {parameter.name: parameter for parameter in family.parameters(name)}


def quick(family, name, **fields):
    """One whose fit takes a moment: with the fields that its class has for that."""
    return family.create(name, **{**family.get(name).quick, **fields})


def another(parameter):
    """A value that is allowed and not the default."""
    for value in (not parameter.default, *NUMBERS, *parameter.options, "another"):
        try:
            found = parameter.check(value, "")
        except ValueError:
            continue
        if found != parameter.default and (isinstance(found, bool) == (parameter.kind == "bool")):
            return found
    raise AssertionError(f"{parameter.name} has one value only")
