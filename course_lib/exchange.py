"""What a check asks of an answer, and what comes back: plain data that two processes exchange.

A **question** is a dictionary that JSON can hold. ``how`` says what is done with the answer:

- ``value``: the answer itself is the result,
- ``call``: ``answer(*args, **options)``,
- ``steps``: the answer is a step function; the result is its path of ``n_steps`` from ``theta`` on
  ``f`` with ``options``, and those entries of ``inner`` that ``keep`` names,
- ``first``: the first ``most`` things that ``answer(*args, **options)`` yields,
- ``train``: the result is the score of ``answer(f, start, rng)`` in the project ``task``.

Arrays, random generators and objectives travel in the forms of `encode` and `made`.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np

from .checks import signature

__all__ = ["Unsendable", "decode", "difference", "encode", "made", "perform", "sealed", "spoken"]

MOST_NUMBERS = 200_000
DEEPEST = 6
LONGEST_TEXT = 10_000
OPEN = "a value still open"


class Unsendable(Exception):
    """Why a result is not what a check can compare, in words."""


def made(where: str, **options: Any) -> dict[str, Any]:
    """Return the plain form of an object that ``course_lib`` makes, such as an objective.

    >>> decode(made("models.LeastSquares", X=[[1.0]], y=[2.0])).dim
    1
    """
    plain = {name: v if isinstance(v, dict) else encode(v) for name, v in options.items()}
    return {"made": where, "with": plain}


def sealed(text: str) -> dict[str, str]:
    """Return an expected text in a form that tells whether an answer is it, but not what it is.

    >>> difference("b", sealed("b")), difference("a", sealed("b"))
    (None, "'a' is not it")
    """
    digest = hashlib.sha256(f"a choice: {text.strip().lower()}".encode()).hexdigest()
    return {"sealed": digest}


def encode(value: Any, depth: int = 0) -> Any:
    """Return ``value`` in a form that JSON can hold; tuples become lists, numbers plain numbers.

    Raises `Unsendable` for anything but numbers, texts, arrays, SymPy expressions, and lists,
    tuples and dictionaries of these.

    >>> encode((np.float64(1.5), np.arange(2)))
    [1.5, {'array': [0, 1]}]
    """
    if value is None or isinstance(value, bool | int | float):
        return _plain_number(value)
    if isinstance(value, str) and len(value) <= LONGEST_TEXT:
        return str(value)
    if isinstance(value, np.generic | np.ndarray):
        if value.dtype.kind not in "biuf" or value.size > MOST_NUMBERS:
            raise Unsendable(f"an array of {value.size} values of type {value.dtype}")
        return {"array": value.tolist()} if value.ndim else _plain_number(value.item())
    if isinstance(value, list | tuple) and depth < DEEPEST and len(value) <= MOST_NUMBERS:
        return [encode(one, depth + 1) for one in value]
    if isinstance(value, dict) and depth < DEEPEST and len(value) <= 1000:
        return {"dict": {str(name): encode(one, depth + 1) for name, one in value.items()}}
    if hasattr(value, "free_symbols") and hasattr(value, "tolist"):
        return encode(value.tolist(), depth)
    if hasattr(value, "free_symbols"):
        return {"expr": _spelt(value)}
    if value is ...:
        raise Unsendable(OPEN)
    raise Unsendable(f"a {type(value).__name__}, which is nothing to compare")


def _plain_number(value: Any) -> Any:
    if isinstance(value, int) and abs(value) >= 2**63:
        raise Unsendable("a whole number too large for an array")
    return value if value is None or isinstance(value, bool | int) else float(value)


def _spelt(expr: Any) -> str:
    from .parsing import spell

    text = spell(expr)
    if len(text) > LONGEST_TEXT:
        raise Unsendable(f"an expression of {len(text)} characters")
    return text


def decode(data: Any) -> Any:
    """Return what the plain form ``data`` stands for; the opposite of `encode`.

    A list stays a list. ``{"rng": seed}`` is a random generator, ``{"expr": text}`` a SymPy
    expression and ``made(…)`` what it names.
    """
    if isinstance(data, list):
        return [decode(one) for one in data]
    if not isinstance(data, dict):
        return data
    if "array" in data:
        return np.array(data["array"])
    if "rng" in data:
        return np.random.default_rng(data["rng"])
    if "expr" in data:
        from .parsing import parse

        return parse(data["expr"])
    if "made" in data:
        module, name = data["made"].rsplit(".", 1)
        maker = getattr(importlib.import_module(f"{__package__}.{module}"), name)
        return maker(**{key: decode(one) for key, one in data["with"].items()})
    return {key: decode(one) for key, one in data["dict"].items()}


def perform(question: dict[str, Any], answer: Any) -> Any:
    """Put one question to an answer and return its result, in plain form.

    Raises `Unsendable` when the result is nothing to compare, and whatever the answer raises.

    >>> perform({"how": "call", "args": [3.0]}, lambda x: x**2)
    9.0
    """
    if answer is ...:
        raise Unsendable(OPEN)
    how = question["how"]
    if how == "value":
        return encode(answer)
    if how == "train":
        project = decode(question["task"])
        return project.score(answer(project.f, project.start.copy(), decode(question["rng"])))
    options = {name: decode(one) for name, one in question.get("options", {}).items()}
    if how == "steps":
        return encode(_path(question, answer, options))
    result = answer(*[decode(one) for one in question["args"]], **options)
    return encode(list(islice(result, question["most"])) if how == "first" else result)


def _path(question: dict[str, Any], step: Callable[..., Any], options: dict[str, Any]) -> Any:
    f, theta = decode(question["f"]), np.array(decode(question["theta"]), dtype=float)
    rule = signature(step)
    state, path = dict(rule.state), [theta.copy()]
    kept: dict[str, list[Any]] = {name: [] for name in question.get("keep", ())}
    for t in range(1, question["n_steps"] + 1):
        result = step(f, theta.copy(), t, **state, **options)
        if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict)):
            raise Unsendable("something else than (theta_next, inner), with inner a dictionary")
        theta, inner = np.array(result[0], dtype=float), result[1]
        if missing := {*rule.state, *kept} - set(inner):
            raise Unsendable(f"an inner without {min(missing)!r}")
        state = {name: inner[name] for name in rule.state}
        path.append(theta.copy())
        for name, values in kept.items():
            values.append(np.array(inner[name]))
    return {"theta": path, **kept}


def difference(found: Any, expected: Any, rtol: float = 1e-6, atol: float = 1e-9) -> str | None:
    """Say how one plain result differs from the expected one; ``None`` when it does not.

    Numbers and arrays agree within ``atol + rtol · |expected|``, texts letter by letter,
    dictionaries in the names that are expected, and SymPy expressions in their values at a few
    points. An expected ``{"between": [low, high]}`` is met by every number inside.

    >>> difference(encode([1.0, 2.0]), encode(np.array([1.0, 2.5])))
    'at position 1: 2 where 2.5 is expected'
    """
    if isinstance(expected, dict) and "between" in expected:
        low, high = expected["between"]
        number = isinstance(found, int | float) and not isinstance(found, bool)
        return None if number and low <= found <= high else f"{spoken(found)} is not the value"
    if isinstance(expected, dict) and "sealed" in expected:
        return (
            None
            if isinstance(found, str) and sealed(found) == expected
            else (f"{spoken(found)} is not it")
        )
    if isinstance(expected, dict) and "dict" in expected:
        return _of_dicts(found, expected["dict"], rtol, atol)
    if isinstance(expected, dict) and "expr" in expected:
        return _of_expressions(found, expected["expr"])
    numbers, wanted = _numbers(found), _numbers(expected)
    if wanted is not None:
        return _of_arrays(found, numbers, wanted, rtol, atol)
    if isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            return f"{spoken(found)} where a list of {len(expected)} is expected"
        parts = [difference(f, e, rtol, atol) for f, e in zip(found, expected, strict=True)]
        told = [f"in part {place} of it: {part}" for place, part in enumerate(parts) if part]
        return told[0] if told else None
    same = type(found) is type(expected) and found == expected
    return None if same else f"{spoken(found)} where {spoken(expected)} is expected"


def _of_dicts(found: Any, expected: dict[str, Any], rtol: float, atol: float) -> str | None:
    if not (isinstance(found, dict) and "dict" in found):
        return f"{spoken(found)} where a dictionary is expected"
    for name, one in expected.items():
        if name not in found["dict"]:
            return f"a dictionary without {name!r}"
        if part := difference(found["dict"][name], one, rtol, atol):
            return f"in {name!r}: {part}"
    return None


def _of_expressions(found: Any, expected: str) -> str | None:
    from .parsing import parse

    text = found.get("expr") if isinstance(found, dict) else str(found)
    try:
        left, right = parse(str(text)), parse(expected)
    except ValueError:
        return f"{spoken(found)} where {expected} is expected"
    symbols = sorted(left.free_symbols | right.free_symbols, key=str)
    points = np.random.default_rng(0).uniform(0.5, 2, (len(symbols), 5)).astype(complex)
    with np.errstate(all="ignore"):
        a, b = _values(left, symbols, points), _values(right, symbols, points)
        near = np.abs(a - b) <= 1e-9 * (1 + np.abs(b))
    return None if np.all(near) else f"{text} where {expected} is expected"


def _values(expr: Any, symbols: list[Any], points: Any) -> Any:
    """Return the values of an expression in floats: with exact digits some would take for ever."""
    import sympy as sp

    try:
        return np.asarray(sp.lambdify(symbols, expr, "numpy")(*points), dtype=complex)
    except (ArithmeticError, TypeError):
        return np.array(np.nan)


def _numbers(data: Any) -> Any:
    """Return data that is nothing but numbers as an array, any other as ``None``."""
    data = data["array"] if isinstance(data, dict) and "array" in data else data
    if isinstance(data, list):
        data = [_numbers(one) if isinstance(one, dict) else one for one in data]
    try:
        array = np.array(data)
    except ValueError:
        return None
    return array if array.dtype.kind in "biuf" else None


def _of_arrays(found: Any, numbers: Any, wanted: Any, rtol: float, atol: float) -> str | None:
    if numbers is None:
        return f"{spoken(found)} where {_size(wanted)} is expected"
    if numbers.shape != wanted.shape:
        return f"{_size(numbers)} where {_size(wanted)} is expected"
    if (numbers.dtype.kind == "b") != (wanted.dtype.kind == "b"):
        return f"{spoken(numbers.tolist())} where {spoken(wanted.tolist())} is expected"
    far = ~np.isclose(numbers.astype(float), wanted.astype(float), rtol, atol, equal_nan=True)
    if not far.any():
        return None
    place = tuple(int(one) for one in np.argwhere(far)[0])
    where = "" if not place else f"at position {place[0] if len(place) == 1 else place}: "
    return f"{where}{numbers[place]:.6g} where {wanted[place]:.6g} is expected"


def _size(array: Any) -> str:
    return f"an array of shape {array.shape}" if array.ndim else f"the number {array:.6g}"


def spoken(data: Any) -> str:
    """Return a plain result in short words.

    >>> spoken({"array": [1.0, 2.0]})
    '[1, 2]'
    """
    numbers = _numbers(data)
    if data is None:
        return "None"
    if numbers is not None and numbers.dtype.kind != "b" and numbers.size <= 12:
        text = np.array2string(
            numbers, separator=", ", formatter={"float_kind": lambda x: f"{x:.6g}"}
        )
        return text.replace("\n ", " ")
    if numbers is not None and numbers.ndim:
        return _size(numbers)
    if isinstance(data, dict) and "expr" in data:
        return str(data["expr"])
    text = f"[{', '.join(map(spoken, data))}]" if isinstance(data, list) else repr(data)
    return text if len(text) <= 60 else text[:57] + "…"
