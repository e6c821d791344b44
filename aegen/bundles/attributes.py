"""attributes.parquet: a column an attribute, training rows first, then held-out rows.

Only plain columns are written and read (text, yes or no, numbers), never the extension types or
the pandas notes that parquet files may carry; the values of a category are named in bundle.json.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aegen.bundles.manifest import Attribute, Manifest
from aegen.core.errors import BundleError, InvalidInput
from aegen.core.parquet_pages import Parquet

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ATTRIBUTES", "Titles", "described", "describe", "parquet", "parse_attributes"]

ATTRIBUTES = "attributes.parquet"

Titles = Mapping[str, Mapping[str, str]]
"""What people see in the place of values, by attribute and value; "" is the attribute itself."""


def describe(frame: pd.DataFrame) -> dict[str, Attribute]:
    """What each column is: a category where it holds text, else yes or no, or a number.

    A number may be missing (NaN); what is missing of the others is a value of its own, as
    `aegen.data` makes it.

    Raises:
        InvalidInput: a column of another type, with gaps, or with a name that is no text.
    """
    from pandas import CategoricalDtype
    from pandas.api.types import is_any_real_numeric_dtype, is_bool_dtype

    found = {}
    for name, column in frame.items():
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise InvalidInput(f"attributes must have names of text on one line, got {name!r}")
        if name in found:
            raise InvalidInput(f"two attributes are called {name!r}: rename one")
        number = is_any_real_numeric_dtype(column.dtype)
        if column.isna().any() and not number:
            gaps = int(column.isna().sum())
            raise InvalidInput(
                f"attribute {name!r} has {gaps} gaps: fill them, with a value such as 'missing'"
            )
        if isinstance(column.dtype, CategoricalDtype):
            found[name] = Attribute("category", tuple(map(str, column.cat.categories)))
        elif is_bool_dtype(column.dtype):
            found[name] = Attribute("binary")
        elif number:
            known = column.dropna().to_numpy(np.float64)
            if not (len(known) and np.isfinite(known).all()):
                raise InvalidInput(f"attribute {name!r} must be finite where it is known")
            found[name] = Attribute("number")
        elif all(isinstance(value, str) for value in column):
            found[name] = Attribute("category", tuple(sorted(column.unique())))
        else:
            raise InvalidInput(f"attribute {name!r} must be text, yes or no, or a number")
    return found


def described(
    frame: pd.DataFrame, titles: Titles, measured: Mapping[str, str]
) -> dict[str, Attribute]:
    """What `describe` says, with display names and with the measures that gave the numbers.

    Raises:
        InvalidInput: titles of what is not there, no texts, or one for two values.
    """
    found = describe(frame)
    for name, measure in measured.items():
        found[name] = replace(found[name], measured=measure)
    for name, said in titles.items():
        if name not in found:
            raise InvalidInput(
                f"titles names the attribute {name!r}; there are: {', '.join(found) or 'none'}"
            )
        found[name] = _titled(name, found[name], said)
    return found


def _titled(name: str, attribute: Attribute, said: Mapping[str, str]) -> Attribute:
    """An attribute with its title and those of its values, of which some may be missing."""
    given = {str(value): str(title).strip() for value, title in said.items()}
    for value, title in given.items():
        if value and value not in attribute.classes:
            listed = ", ".join(attribute.classes) or "none, it is a number"
            raise InvalidInput(
                f"titles names {value!r}, which is no value of {name}: there are {listed}"
            )
        if not 0 < len(title) <= 200 or not title.isprintable():
            raise InvalidInput(
                f"the title of {name} {value!r} must be text of 1 to 200 characters on one line"
            )
    own = given.pop("", "")
    titles = tuple(given.get(value) or attribute.title_of(value) for value in attribute.classes)
    twice = next((title for title in titles if titles.count(title) > 1), None)
    if given and twice is not None:
        raise InvalidInput(f"two values of {name} would be called {twice!r}: rename one")
    return replace(attribute, title=own, titles=titles if given else ())


def parquet(frame: pd.DataFrame, attributes: Mapping[str, Attribute]) -> bytes:
    """``frame`` as the bytes of a parquet file."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    kinds: dict[str, type] = {"category": str, "binary": bool, "number": float}
    columns = {
        name: pa.array(
            frame[name].astype(kinds[attribute.kind]).to_numpy(),
            _stored(attribute),
            from_pandas=True,  # what is NaN is missing
        )
        for name, attribute in attributes.items()
    }
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, compression="zstd", store_schema=False)
    return file.getvalue()


def _stored(attribute: Attribute) -> Any:
    """The type of its column in the file."""
    import pyarrow as pa

    return {"category": pa.string(), "binary": pa.bool_(), "number": pa.float64()}[attribute.kind]


def parse_attributes(manifest: Manifest, content: bytes, path: Path) -> pd.DataFrame:
    """The table in the bytes of attributes.parquet, all rows.

    Raises:
        BundleError: other columns, types, values or numbers of rows than bundle.json says.
    """
    import pandas as pd

    attributes, n = manifest.attributes, manifest.rows + manifest.holdout_rows
    if not attributes:
        return pd.DataFrame(index=pd.RangeIndex(n))
    try:
        file = Parquet(content)
        found, known = file.schema.names, list(attributes)
        if file.rows != n:  # asked before any column is unpacked
            raise BundleError(path, f"has {file.rows:,} rows where bundle.json says {n:,}")
        if found != known:
            raise BundleError(path, f"has columns {found} where bundle.json says {known}")
        table = file.read()
        return pd.DataFrame(
            {name: _column(table[name], attributes[name], name, path) for name in attributes}
        )
    except InvalidInput as problem:
        raise BundleError(path, str(problem)) from None


def _column(column: Any, attribute: Attribute, name: str, path: Path) -> Any:
    """One column as pandas holds it."""
    import pandas as pd
    import pyarrow as pa

    wanted, gaps = _stored(attribute), column.null_count
    got = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    number = attribute.kind == "number"
    if got != wanted or (gaps and not number):
        raise BundleError(
            path, f"{name}: must be {wanted} without gaps, got {got} with {gaps} gaps"
        )
    if attribute.kind != "category":
        values: NDArray[Any] = column.to_numpy()
        # a gap comes as NaN; a NaN that was written as a number is none
        if number and int((~np.isfinite(values)).sum()) != gaps:
            raise BundleError(path, f"{name}: holds values that are NaN or infinite")
        return values
    places = {value.encode(): k for k, value in enumerate(attribute.values)}
    codes = [np.empty(0, np.int32)]
    for part in column.chunks:
        texts = part.dictionary.cast(pa.binary()).to_pylist()
        known = np.array([places.get(text, -1) for text in texts], np.int32)
        told = known[part.indices.to_numpy()]
        if (told < 0).any():
            text = texts[part.indices[int(told.argmin())].as_py()].decode(errors="replace")
            fault = f"holds {text[:80]!r}, which bundle.json does not list as a value"
            raise BundleError(path, f"{name}: {fault}")
        codes.append(told)
    return pd.Categorical.from_codes(
        np.concatenate(codes), categories=pd.Index(list(attribute.values))
    )
