"""Objectives whose gradient and Hessian SymPy derives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import sympy as sp
from sympy.printing.numpy import NumPyPrinter

from .checks import check_number
from .parsing import parse
from .types import Array, ArrayLike

__all__ = ["Symbolic"]

LONGEST_PRODUCT = 32


class Symbolic:
    """An objective given by a formula; SymPy derives its gradient and Hessian.

    J(θ), ∇J(θ) with entries ∂J/∂θᵢ, and H(θ) with entries ∂²J/∂θᵢ∂θⱼ, for θ of shape
    ``(..., d)``; the results have shapes ``(...)``, ``(..., d)`` and ``(..., d, d)``.

    ``expr`` is a SymPy expression, or a text such as ``"x^2 + 3*y^2"`` (read, never executed).
    ``symbols`` fixes the order of the variables; without it they are sorted by name.
    ``minima`` (shape ``(k, d)``) and ``window`` (``((low, high), …)``, one pair a variable)
    are what plots and tests want to know of a function.

    Raises ``ValueError`` for a text that cannot be read, for an expression with no variable or with
    one that ``symbols`` does not list, and for a window that is not one pair a variable.

    >>> f = Symbolic("x^2 + 3*y^2")
    >>> f.gradient.T
    Matrix([[2*x, 6*y]])
    >>> f.grad([[1.0, 2.0], [0.0, 1.0]])
    array([[ 2., 12.],
           [ 0.,  6.]])
    >>> f.condition
    3.0
    """

    def __init__(
        self,
        expr: sp.Expr | str,
        symbols: Sequence[sp.Symbol] | None = None,
        *,
        name: str | None = None,
        minima: ArrayLike | None = None,
        window: Sequence[tuple[float, float]] | None = None,
    ) -> None:
        self.expr = parse(expr, symbols) if isinstance(expr, str) else _expression(expr)
        free = sorted(self.expr.free_symbols, key=_natural)
        self.symbols = tuple(free if symbols is None else symbols)
        if not self.symbols:
            raise ValueError(f"expr={str(expr)!r} has no variable to minimise over")
        if not all(isinstance(s, sp.Symbol) for s in self.symbols):
            raise ValueError(f"symbols={symbols!r} must be a sequence of SymPy symbols")
        if len(set(self.symbols)) < len(self.symbols):
            raise ValueError(f"symbols={self.symbols} names a variable twice")
        if missing := set(free) - set(self.symbols):
            names = ", ".join(sorted(s.name for s in missing))
            raise ValueError(f"symbols={self.symbols} does not list {names}, which expr contains")
        self.dim = len(self.symbols)
        self.name = name or str(self.expr)
        self.minima = None if minima is None else self._accept_minima(minima)
        self.window = None if window is None else self._accept_window(window)

    @cached_property
    def gradient(self) -> sp.Matrix:
        """∇J as a SymPy column; it typesets itself in a notebook."""
        return sp.Matrix([self.expr.diff(s) for s in self.symbols])

    @cached_property
    def hessian(self) -> sp.Matrix:
        """H as a SymPy matrix; it typesets itself in a notebook."""
        return sp.hessian(self.expr, self.symbols)

    def __call__(self, theta: ArrayLike) -> Array:
        """Return J(θ), shape ``(...)``."""
        theta = self._accept(theta)
        (value,) = self._value(*_coordinates(theta))
        return value if np.shape(value) else np.full(theta.shape[:-1], value)[()]

    def grad(self, theta: ArrayLike) -> Array:
        """Return ∇J(θ), shape ``(..., d)``."""
        theta = self._accept(theta)
        out = np.empty(theta.shape)
        for i, entry in enumerate(self._grad(*_coordinates(theta))):
            out[..., i] = entry
        return out

    def hess(self, theta: ArrayLike) -> Array:
        """Return H(θ), shape ``(..., d, d)``."""
        theta = self._accept(theta)
        out = np.empty((*theta.shape, self.dim))
        upper = zip(*np.triu_indices(self.dim), strict=True)
        for (i, j), entry in zip(upper, self._hess(*_coordinates(theta)), strict=True):
            out[..., i, j] = out[..., j, i] = entry
        return out

    @property
    def curvatures(self) -> Array:
        """The eigenvalues λ₁ ≤ … ≤ λ_d of the Hessian, where it is the same everywhere.

        Raises ``ValueError`` where the Hessian changes with θ.
        """
        if self.hessian.free_symbols:
            raise ValueError(
                f"the Hessian of {self.name} changes with θ, so it has no single L, μ or κ; "
                "look at hess(theta) at a point instead"
            )
        return np.linalg.eigvalsh(np.array(self.hessian, dtype=float))

    @property
    def lipschitz(self) -> float:
        """L, the largest |λ|: ∇J is L-Lipschitz. Defined where the Hessian is constant."""
        return float(np.abs(self.curvatures).max())

    @property
    def condition(self) -> float:
        """κ = λ_max / λ_min. Defined where the Hessian is constant and positive definite."""
        if self.curvatures[0] <= 0:
            raise ValueError(
                f"the Hessian of {self.name} is not positive definite, so κ is undefined"
            )
        return float(self.curvatures[-1] / self.curvatures[0])

    def __repr__(self) -> str:
        return f"Symbolic({str(self.expr)!r})"

    def _repr_latex_(self) -> str:
        names = ", ".join(sp.latex(s) for s in self.symbols)
        return rf"$\displaystyle J({names}) = {sp.latex(self.expr)}$"

    @cached_property
    def _value(self) -> Callable[..., list[Any]]:
        return _compile((self.expr,), self.symbols)

    @cached_property
    def _grad(self) -> Callable[..., list[Any]]:
        return _compile(tuple(self.gradient), self.symbols)

    @cached_property
    def _hess(self) -> Callable[..., list[Any]]:
        upper = zip(*np.triu_indices(self.dim), strict=True)
        return _compile(tuple(self.hessian[int(i), int(j)] for i, j in upper), self.symbols)

    def _accept_minima(self, minima: ArrayLike) -> Array:
        array = np.atleast_2d(check_number("minima", minima))
        if array.shape[-1] != self.dim or array.ndim > 2:
            raise ValueError(f"minima has shape {array.shape}; it must have shape (k, {self.dim})")
        return array

    def _accept_window(self, window: Any) -> tuple[tuple[float, float], ...]:
        array = check_number("window", window)
        if array.shape != (self.dim, 2) or (array[:, 0] >= array[:, 1]).any():
            raise ValueError(f"window={window} must hold one pair (low, high) for each variable")
        return tuple((float(low), float(high)) for low, high in array)

    def _accept(self, theta: ArrayLike) -> Array:
        theta = np.asarray(theta, dtype=float)
        if theta.shape[-1:] != (self.dim,):
            raise ValueError(
                f"theta has shape {theta.shape}; {self.name} needs a last axis of length {self.dim}"
            )
        return theta


def _expression(expr: Any) -> sp.Expr:
    try:
        expr = sp.sympify(expr, strict=True)
    except sp.SympifyError:
        expr = None
    if not isinstance(expr, sp.Expr) or expr.has(sp.I, sp.zoo, sp.nan, sp.oo):
        raise ValueError(f"expr={expr!r} must be a real SymPy expression or a text such as 'x^2'")
    return expr


def _natural(symbol: sp.Symbol) -> tuple[str, int, str]:
    """Sort x2 before x10."""
    letters = symbol.name.rstrip("0123456789")
    digits = symbol.name[len(letters) :]
    return letters, int(digits or -1), symbol.name


def _coordinates(theta: Array) -> Array:
    return theta if theta.ndim == 1 else np.moveaxis(theta, -1, 0)


def _power(base: Any, exponent: int) -> Any:
    half = base if exponent < 4 else _power(base, exponent // 2)
    square = half * half
    return square if exponent % 2 == 0 else square * base


class _Printer(NumPyPrinter):  # type: ignore[misc]
    """NumPy code with products for integer powers (``pow`` is slow) and floats for huge integers.

    A function with a kink, such as abs, has the slope 0 and the curvature 0 in it.
    """

    def _print_Integer(self, expr: sp.Integer) -> str:
        return repr(int(expr) if abs(int(expr)) < 2**53 else float(expr))

    def _print_DiracDelta(self, expr: sp.DiracDelta) -> str:
        return "0.0"

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:
        base, exponent = expr.as_base_exp()
        if exponent.is_Integer and 2 <= abs(exponent) <= LONGEST_PRODUCT:
            product = f"power({self._print(base)}, {abs(int(exponent))})"
            if base.is_Symbol and abs(exponent) <= 3:
                product = "(" + "*".join([self._print(base)] * abs(int(exponent))) + ")"
            return product if exponent > 0 else f"(1.0/{product})"
        code: str = super()._print_Pow(expr, rational=rational)
        return code


@lru_cache(maxsize=256)
def _compile(
    exprs: tuple[sp.Expr, ...], symbols: tuple[sp.Symbol, ...]
) -> Callable[..., list[Any]]:
    printer = _Printer({"fully_qualified_modules": False, "inline": True})
    modules = [{"power": _power}, "numpy"]
    compiled: Callable[..., list[Any]] = sp.lambdify(
        symbols, [sp.factor_terms(e) for e in exprs], modules=modules, printer=printer, cse=True
    )
    return compiled
