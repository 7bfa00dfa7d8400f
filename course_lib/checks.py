"""Bad input meets one clear sentence here, at the doors, so that the methods stay formulas."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .types import Array, ArrayLike, Objective, Step

__all__ = [
    "Signature",
    "check_broadcasts",
    "check_count",
    "check_hyper",
    "check_number",
    "check_record",
    "check_start",
    "check_step",
    "check_until",
    "signature",
]


class Signature(NamedTuple):
    """What the signature of a step function says: its state and its hyper-parameters."""

    name: str
    state: dict[str, Any]
    hyper: dict[str, Any]


def signature(step: Step) -> Signature:
    """Read the signature of a step function ``step(f, theta, t, state…, *, hyper…)``.

    A ``functools.partial`` of one is one, too: what it fixes are new defaults.

    Raises ``TypeError`` when ``step`` is not such a function.

    >>> from course_lib import momentum
    >>> signature(momentum).state
    {'v': 0.0}
    """
    if isinstance(step, partial) and not step.args:
        rule = signature(step.func)
        _check_names(rule, step.keywords)
        return rule._replace(hyper={**rule.hyper, **step.keywords})
    name = getattr(step, "__name__", repr(step))
    if not callable(step):
        raise TypeError(
            f"step={step!r} is not a function; write def my_step(f, theta, t, *, lr): …"
        )
    try:
        parameters = list(inspect.signature(step).parameters.values())
    except ValueError:
        raise TypeError(f"step={name} tells no arguments; wrap it in a function of yours") from None
    before = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    after = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    state = {p.name: p.default for p in before[3:]}
    if [p.name for p in before[:3]] != ["f", "theta", "t"]:
        raise TypeError(f"step={name} must start with the arguments f, theta, t")
    for key, default in state.items():
        if default is inspect.Parameter.empty:
            raise TypeError(
                f"step={name} has the argument {key} without an initial value: "
                f"write {key}=0.0 if it is carried on, or put it after * if it is a hyper-parameter"
            )
    return Signature(name, state, {p.name: p.default for p in after})


def check_number(
    name: str,
    value: ArrayLike,
    *,
    at_least: float = -np.inf,
    above: float = -np.inf,
    below: float = np.inf,
) -> Array:
    """Return ``value`` as an array of finite numbers inside its limits.

    Raises ``ValueError`` with one sentence that names the argument and the value.

    >>> check_number("lr", -0.1, above=0)
    Traceback (most recent call last):
    ...
    ValueError: lr=-0.1 must be above 0
    """
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "iuf":
            raise TypeError
        array = array.astype(float)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name}={value!r} is not a number") from None
    wishes = [
        (np.isfinite(array), "be finite"),
        (array >= at_least, f"be at least {at_least:g}"),
        (array > above, f"be above {above:g}"),
        (array < below, f"be below {below:g}"),
    ]
    for holds, wish in wishes:
        if not np.all(holds):
            worst = array[~holds].flat[0] if array.ndim else float(array)
            raise ValueError(f"{name}={worst:g} must {wish}")
    return array


def check_count(name: str, value: Any) -> int:
    """Return ``value`` as a whole number of at least 1.

    Raises ``ValueError`` with one sentence that names the argument for anything else.

    >>> check_count("n_steps", 0)
    Traceback (most recent call last):
    ...
    ValueError: n_steps=0 must be a whole number of at least 1
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < 1:
        raise ValueError(f"{name}={value!r} must be a whole number of at least 1")
    return int(value)


def check_hyper(step: Signature, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hyper-parameters that ``step`` will run with: the given ones over its defaults.

    A value may be a number, an array or a schedule ``t -> value`` (tried here at t = 1).

    Raises ``TypeError`` for a name that ``step`` does not have and for a missing value, and
    ``ValueError`` for a value outside its domain: learning rates above 0, decay rates in [0, 1),
    and for a line search c and β in (0, 1).
    """
    _check_names(step, given)
    hyper = {**step.hyper, **given}
    for name, value in hyper.items():
        if value is inspect.Parameter.empty:
            raise TypeError(f"{step.name} needs a value for {name}")
        scheduled, line_search = callable(value), "c" in step.hyper
        limits = _limits(name, line_search=line_search, scheduled=scheduled)
        first = _at_one(name, value) if scheduled else value
        array = check_number(f"{name}(1)" if scheduled else name, first, **limits)
        if line_search and array.ndim and array.shape[-1] != 1:
            raise ValueError(
                f"{name} has shape {array.shape}; a line search takes one value for each run, so "
                "its last axis must have length 1"
            )
        hyper[name] = value if scheduled else array if array.ndim else array.item()
    return hyper


def _check_names(step: Signature, given: Mapping[str, Any]) -> None:
    known = ", ".join(step.hyper) or "none"
    for name in given:
        if name not in step.hyper:
            raise TypeError(f"{step.name} has no hyper-parameter {name}; it has: {known}")


def _at_one(name: str, schedule: Any) -> Any:
    try:
        return schedule(1)
    except TypeError:
        raise TypeError(f"{name}={schedule!r} is not a schedule: it must take the step t") from None


def _limits(name: str, *, line_search: bool, scheduled: bool) -> dict[str, float]:
    if name == "lr" and scheduled:
        return {"at_least": 0}
    if name in ("lr", "alpha0"):
        return {"above": 0}
    if name == "c" or (name == "beta" and line_search):
        return {"above": 0, "below": 1}
    if name in ("beta", "beta1", "beta2", "gamma", "rho"):
        return {"at_least": 0, "below": 1}
    if name == "eps":
        return {"above": 0}
    if name == "floor":
        return {"above": 0, "below": 1}
    if name == "weight_decay":
        return {"at_least": 0}
    return {}


def check_record(wanted: Any, known: Collection[str]) -> None:
    """Check that ``record`` names what there is to record.

    Raises ``ValueError`` or ``TypeError`` with one sentence that names what there is.

    >>> check_record(["thet"], ["theta", "loss"])
    Traceback (most recent call last):
    ...
    ValueError: record='thet' is nothing this run has; it has: theta, loss
    """
    if isinstance(wanted, str) or not isinstance(wanted, Collection):
        raise TypeError(f"record={wanted!r} must be a list of names, such as ['theta', 'loss']")
    for name in wanted:
        if name not in known:
            raise ValueError(f"record={name!r} is nothing this run has; it has: {', '.join(known)}")


def check_broadcasts(f: Objective, theta: Array) -> None:
    """Check that ``f`` takes many points at once, as a run of it does.

    Raises ``ValueError`` unless f(theta) has shape ``(n,)`` and f.grad(theta) shape ``(n, d)`` for
    ``theta`` of shape ``(n, d)``, with n other than d.
    """
    d = theta.shape[-1]
    n = 3 if d == 2 else 2
    f = f.batch([0]) if hasattr(f, "batch") else f
    points = np.broadcast_to(theta.reshape(-1, d)[0], (n, d)).copy()
    wanted: list[tuple[str, Callable[..., Any], tuple[int, ...]]] = [
        ("f", f, (n,)),
        ("f.grad", f.grad, (n, d)),
    ]
    for name, compute, shape in wanted:
        try:
            found = str(np.shape(compute(points)))
        except (TypeError, ValueError, IndexError) as error:
            found = f"a {type(error).__name__}"
        if found != str(shape):
            raise ValueError(
                f"{name} must turn theta of shape {points.shape} into shape {shape}, not {found}; "
                "write theta[..., 0] for the first parameter and sum over axis -1"
            )


def check_start(f: Objective, theta: ArrayLike, name: str = "theta0") -> Array:
    """Return a point, or a grid of points, as an array of shape ``(..., d)``.

    Raises ``TypeError`` when ``f`` is no objective, ``ValueError`` when ``theta`` cannot be a point
    of it; the sentence calls it ``name``.
    """
    if not (callable(f) and hasattr(f, "grad")):
        raise TypeError(f"f={f!r} is not an objective: it needs f(theta), f.grad and f.hess")
    array = check_number(name, theta)
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; its last axis must hold the parameters")
    dim = getattr(f, "dim", array.shape[-1])
    if array.shape[-1] != dim:
        raise ValueError(f"{name} has shape {array.shape}; f has {dim} parameters, so (..., {dim})")
    return array


def check_until(until: Any) -> None:
    """Check that ``until`` is a criterion.

    Raises ``TypeError`` unless it takes the four arguments of one.

    >>> check_until(0.001)
    Traceback (most recent call last):
    ...
    TypeError: until=0.001 is not a criterion; write, for example, until=small_gradient(0.001)
    """
    try:
        inspect.signature(until).bind("f", "theta", "theta_next", "inner")
    except TypeError:
        shown = getattr(until, "__name__", repr(until))
        raise TypeError(
            f"until={shown} is not a criterion; write, for example, until=small_gradient(0.001)"
        ) from None


def check_step(step: Signature, result: Any, before: Array, after: Array) -> None:
    """Check what a step function returned from its first step, and that it left θ alone.

    ``before`` is a copy of the θ that it was given, ``after`` is that θ.

    Raises ``TypeError`` unless it returned ``(theta_next, inner)``, and ``ValueError`` when
    ``theta_next`` has the wrong shape, when ``inner`` lacks what the signature carries on, or when
    θ was changed in place.
    """
    if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict)):
        raise TypeError(f"{step.name} must return (theta_next, inner), with inner a dict")
    theta, inner = result
    if np.shape(theta) != before.shape:
        raise ValueError(
            f"{step.name} turned a theta of shape {before.shape} into shape {np.shape(theta)}"
        )
    if not np.array_equal(before, after):
        raise ValueError(
            f"{step.name} changed theta in place; write theta = theta - … rather than theta -= …"
        )
    if missing := [name for name in step.state if name not in inner]:
        raise ValueError(f"{step.name} carries {missing[0]} on, but inner has no {missing[0]!r}")
