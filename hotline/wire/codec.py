"""Strict MessagePack for objects of any shape, such as payloads.

MessagePack has no canonical form and its decoders are lenient: a duplicate key silently
replaces the first, extension types become foreign objects, a length field asks for memory that
the data never fills. Two programs that read the same signed bytes must not see two different
notices, so everything doubtful is refused here (``docs/spec/wire.md``, section 2).

Fixed shapes (body, frame, leaf) do not come through here: they are decoded by typed decoders
in their own modules, under the same rules.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NoReturn

import msgpack  # type: ignore[import-untyped]

from hotline.errors import UsageError, WireError

MAX_BYTES = 256 * 1024
"""Bytes in one object unless the caller says otherwise: the largest body."""
MAX_ITEMS = 10_000
"""Elements in one array, or pairs in one map: the vertices of the largest F3548 volume."""
MAX_DEPTH = 16
"""Containers within containers; a notice needs seven."""

_SCALARS = frozenset({str, bytes, bool, type(None)})
_INT_MIN, _INT_MAX = -(2**63), 2**64 - 1


def pack(obj: object) -> bytes:
    """Encode ``obj`` (None, bool, int, float, str, bytes, list, tuple, dict with str keys).

    Only what :func:`unpack` would accept is encoded: anything else is a
    :class:`~hotline.errors.UsageError` ``wire.cannot-pack``.
    """
    try:
        _check(obj, MAX_DEPTH, MAX_ITEMS)
        # Lone surrogates are the one thing that only the encoder finds.
        return bytes(msgpack.packb(obj, use_bin_type=True))
    except (WireError, UnicodeEncodeError) as error:
        raise UsageError(
            "wire.cannot-pack",
            f"this object has no strict encoding: {error}",
            "use text, bytes, whole and finite numbers, lists, and maps with text keys",
        ) from error


def unpack(
    data: bytes,
    *,
    max_bytes: int = MAX_BYTES,
    max_items: int = MAX_ITEMS,
    max_depth: int = MAX_DEPTH,
) -> object:
    """Decode exactly one object; arrays become lists, maps become dicts.

    Refused with a :class:`~hotline.errors.WireError`: bytes missing or left over, duplicate
    keys, keys that are not text, invalid UTF-8, extension types (timestamps among them), NaN
    and infinities, more than ``max_bytes``, ``max_items`` in a container, ``max_depth`` levels.
    """
    if len(data) > max_bytes:
        raise WireError(
            "wire.object-too-large", f"an object of {len(data)} bytes, at most {max_bytes} allowed"
        )
    try:
        obj = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=False,  # _pairs refuses such keys itself, with its own code
            object_pairs_hook=_pairs,
            ext_hook=_extension,
            max_array_len=max_items,
            max_map_len=max_items,
        )
    except WireError:
        raise
    except UnicodeDecodeError as error:
        raise WireError("wire.invalid-utf-8", f"text that is not UTF-8: {error.reason}") from error
    except (ValueError, msgpack.UnpackException) as error:
        # msgpack raises ValueError and its subclasses for every kind of malformed data, and
        # StackError, which is one too, for nesting beyond what its parser holds.
        raise WireError(
            "wire.malformed", f"not one strict MessagePack object: {type(error).__name__}: {error}"
        ) from error
    _check(obj, max_depth, max_items)
    return obj


def _pairs(pairs: Iterable[tuple[object, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if type(key) is not str:
            raise WireError("wire.key-not-text", f"a map key of type {type(key).__name__}")
        if key in found:
            raise WireError("wire.duplicate-key", f"the key {key[:40]!r} appears twice in a map")
        found[key] = value
    return found


def _extension(code: int, data: bytes) -> NoReturn:
    raise WireError("wire.extension-type", f"extension type {code} of {len(data)} bytes")


def _check(obj: object, depth: int, max_items: int) -> None:
    """Refuse what the parser lets through: depth, foreign types, numbers that are none."""
    kind = type(obj)
    if kind in _SCALARS:
        return
    if kind is int:
        if not _INT_MIN <= obj <= _INT_MAX:  # type: ignore[operator]
            raise WireError("wire.malformed", "a whole number of more than 64 bits")
    elif kind is float:
        if not math.isfinite(obj):  # type: ignore[arg-type]
            raise WireError("wire.not-finite", f"the number {obj}")
    elif isinstance(obj, list | tuple | dict):
        if depth == 0:
            raise WireError("wire.too-deep", "containers are nested too deeply")
        if len(obj) > max_items:
            raise WireError("wire.too-many-items", f"a container of {len(obj)} items")
        if isinstance(obj, dict):
            _pairs(obj.items())
            obj = obj.values()
        for item in obj:
            _check(item, depth - 1, max_items)
    else:
        raise WireError("wire.extension-type", f"a value of type {kind.__name__}")
