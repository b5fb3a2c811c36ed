"""How processes hand each other the frozen values of `types.py`: bytes that hold data and never code.

A document is an `.npz` archive (`numpy.load` with `allow_pickle=False` opens it) of a JSON text and, per element type,
one array with all numbers of all arrays in a row. The classes' own type hints say how a value is written and read, so
a new field needs nothing here. Fractions are written as "numerator/denominator": exact, and so are floats in JSON.
"""

from __future__ import annotations

import dataclasses
import io
import json
import re
import struct
import types
import zipfile
import zlib
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from unmask.errors import RecordError

T = TypeVar("T")

ELEMENTS: dict[str, np.dtype[Any]] = {"float32": np.dtype("<f4"), "uint8": np.dtype("u1")}
"""Element types of arrays that travel."""

_FRACTION = re.compile(r"-?[0-9]{1,60}(/0*[1-9][0-9]{0,59})?", re.ASCII)

_DAMAGED = (
    ValueError, TypeError, LookupError, ArithmeticError, EOFError, OSError, RuntimeError, MemoryError, struct.error,
    zlib.error, zipfile.BadZipFile,
)  # fmt: skip
"""What reading a damaged archive may raise: encrypted or of a kind that is not known (RuntimeError), or of a size that
no memory holds, which it only claims to have."""

NOWHERE = Path("/nowhere")
"""The path of a media that was read: where its bytes lie is each reader's own affair."""


class WireError(RecordError):
    """Bytes that are no document of the class asked for."""


def dump(value: Any) -> bytes:
    """A dataclass of `types.py`, or one made of those, as bytes; equal values give equal bytes."""
    arrays: dict[str, list[NDArray[Any]]] = {name: [] for name in ELEMENTS}
    used = dict.fromkeys(ELEMENTS, 0)

    def put(array: NDArray[Any]) -> list[Any]:
        name = array.dtype.name
        if name not in ELEMENTS:
            raise TypeError(f"arrays of {name} do not travel")
        start = used[name]
        used[name] += array.size
        arrays[name].append(array.reshape(-1))
        return [name, start, list(array.shape)]

    text = json.dumps(_written(value, put), ensure_ascii=False, separators=(",", ":"))
    members = {name: np.concatenate(parts).astype(ELEMENTS[name]) for name, parts in arrays.items() if parts}
    target = io.BytesIO()
    document = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    np.savez_compressed(target, allow_pickle=False, document=document, **members)
    return target.getvalue()


def load(kind: type[T], data: bytes) -> T:
    """The value of class `kind` in `data`. Raises WireError when there is none."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            members = {name: archive[name] for name in archive.files}
        text = members.pop("document").tobytes().decode("utf-8", "surrogatepass")
        return _read(kind, json.loads(text), members)  # type: ignore[no-any-return]
    except _DAMAGED as wrong:
        raise WireError(f"no {kind.__name__} could be read: {wrong}") from wrong


def plain(value: Any) -> Any:
    """A dataclass of `types.py` that holds no array, as what JSON knows. Raises TypeError for anything else."""

    def refuse(_: NDArray[Any]) -> list[Any]:
        raise TypeError("arrays do not travel as JSON")

    return _written(value, refuse)


def revive(kind: type[T], found: Any) -> T:
    """The value of class `kind` that `plain` wrote. Raises WireError when there is none."""
    try:
        return _read(kind, found, {})  # type: ignore[no-any-return]
    except (ValueError, TypeError, KeyError, IndexError, ZeroDivisionError) as wrong:
        raise WireError(f"no {kind.__name__} could be read: {wrong}") from wrong


def fraction(text: str) -> Fraction:
    """The number that stands there as "numerator/denominator". Raises ValueError for anything else, however large."""
    if not _FRACTION.fullmatch(text):
        raise ValueError("no fraction")
    return Fraction(text)


def _written(value: Any, put: Any) -> Any:
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {f.name: _written(getattr(value, f.name), put) for f in fields}
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, np.ndarray):
        return put(value)
    if isinstance(value, tuple | list):
        return [_written(item, put) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _written(item, put) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str | Path):
        return None if isinstance(value, Path) else value
    raise TypeError(f"{type(value).__name__} does not travel")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, value: Any, members: Mapping[str, NDArray[Any]]) -> Any:
    origin = get_origin(kind)
    if kind is Path:
        return NOWHERE
    if kind is Fraction:
        return fraction(_checked(str, value))
    if dataclasses.is_dataclass(kind):
        given = _checked(dict, value)
        hints = _hints(kind)  # type: ignore[arg-type]
        if set(given) != set(hints):
            raise ValueError(f"fields of {kind} do not fit")
        return kind(**{name: _read(hint, given[name], members) for name, hint in hints.items()})  # type: ignore[operator]
    if origin in (Union, types.UnionType):
        inner = next(option for option in get_args(kind) if option is not type(None))
        return None if value is None else _read(inner, value, members)
    if origin is np.ndarray:
        return _array(value, members)
    return _plain(kind, origin, value, members)


def _plain(kind: Any, origin: Any, value: Any, members: Mapping[str, NDArray[Any]]) -> Any:
    options = get_args(kind)
    if origin is tuple:
        items = _checked(list, value)
        kinds = [options[0]] * len(items) if options[1:] == (Ellipsis,) else list(options)
        return tuple(_read(one, item, members) for one, item in zip(kinds, items, strict=True))
    if origin is Literal:
        if value not in options:
            raise ValueError(f"{value!r} is none of {options}")
        return value
    if origin is not None:
        return {key: _read(options[1], item, members) for key, item in _checked(dict, value).items()}
    return _checked(kind, value)


def _array(value: Any, members: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    name, start, shape = value
    count = int(np.prod(shape, dtype=np.int64))
    row = members[name] if name in members else np.zeros(0, ELEMENTS[name])
    if not 0 <= start <= start + count <= len(row):
        raise ValueError("an array lies beyond the end")
    return row[start : start + count].reshape(shape)


def _checked(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} expected, not {type(value).__name__}")
    return value
