"""Turn what a student types into a SymPy expression, without ever evaluating it as Python."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

import sympy as sp
from sympy.core.alphabets import greeks

__all__ = ["parse"]

LONGEST = 500
LARGEST_EXPONENT = 50
LARGEST_POWER = LARGEST_EXPONENT * 64

FUNCTIONS: dict[str, Callable[[sp.Expr], sp.Expr]] = {
    "sin": sp.sin,
    "cos": sp.cos,
    "tan": sp.tan,
    "atan": sp.atan,
    "sinh": sp.sinh,
    "cosh": sp.cosh,
    "tanh": sp.tanh,
    "exp": sp.exp,
    "log": sp.log,
    "ln": sp.log,
    "sqrt": sp.sqrt,
    "abs": sp.Abs,
}
CONSTANTS: dict[str, sp.Expr] = {"pi": sp.pi, "e": sp.E}
OPERATORS: dict[type[ast.operator], Callable[[sp.Expr, sp.Expr], sp.Expr]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


def parse(text: str, symbols: Sequence[sp.Symbol] | None = None) -> sp.Expr:
    """Parse a formula such as ``"x^2 + 3*y^2"`` into a SymPy expression.

    The text is read as a tree of numbers, names, ``+ - * / ^ **`` and the functions in
    ``FUNCTIONS``; nothing else is accepted and nothing is executed. Decimals become exact
    fractions. Names that are not in ``symbols`` are refused. Without ``symbols`` every unknown
    letter, Latin or a Greek name, becomes a real symbol; digits may follow it (x, mu, w1).

    Raises ``ValueError`` with one sentence that names the text and what is wrong with it.

    >>> parse("x^2/4 + sin(2*y)")
    x**2/4 + sin(2*y)
    >>> parse("2x")
    Traceback (most recent call last):
    ...
    ValueError: expr='2x' is not a formula I can read: write the product out, as in 2*x
    """
    if len(text) > LONGEST:
        raise ValueError(f"expr has {len(text)} characters; the limit is {LONGEST}")
    try:
        expr = _build(_tree(text), None if symbols is None else {s.name: s for s in symbols})
    except _Unreadable as reason:
        raise ValueError(f"expr={text!r} is not a formula I can read: {reason}") from None
    if expr.has(sp.zoo, sp.nan, sp.oo, sp.I):
        raise ValueError(f"expr={text!r} has no real, finite value (is there a division by zero?)")
    return expr


class _Unreadable(Exception):
    """What is wrong with a formula, in words."""


def _tree(text: str) -> ast.expr:
    powers = text.strip().replace("^", "**").replace("²", "**2").replace("³", "**3")
    try:
        return ast.parse(powers, mode="eval").body
    except (RecursionError, MemoryError):
        raise _Unreadable("it is nested too deeply") from None
    except (SyntaxError, ValueError) as error:
        product = "decimal literal" in str(error)
        hint = "write the product out, as in 2*x" if product else "check brackets and operators"
        raise _Unreadable(hint) from None


def _build(node: ast.expr, known: dict[str, sp.Symbol] | None) -> sp.Expr:
    match node:
        case ast.Constant(value=bool() | complex() | str() | bytes() | None):
            raise _Unreadable(f"{node.value!r} is not a real number")
        case ast.Constant(value=int() | float() as number):
            if number != number or abs(number) > 1e100:
                raise _Unreadable(f"{number!r} is too large")
            return sp.Rational(str(number))
        case ast.Name(id=name):
            return _symbol(name, known)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_build(operand, known)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _build(operand, known)
        case ast.BinOp(op=op, left=left, right=right) if type(op) in OPERATORS:
            a, b = _build(left, known), _build(right, known)
            if isinstance(op, ast.Pow) and b.is_number and _size(a) * abs(b) > LARGEST_POWER:
                raise _Unreadable(f"this power is too large: exponents end at {LARGEST_EXPONENT}")
            return OPERATORS[type(op)](a, b)
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](_build(argument, known))
        case ast.Call(func=ast.Name(id=name)):
            if name in FUNCTIONS:
                raise _Unreadable(f"{name} takes one argument")
            raise _Unreadable(
                f"{name!r} is not a function I know; I know {', '.join(FUNCTIONS)} "
                "(and a product needs its *)"
            )
        case _:
            raise _Unreadable("use only numbers, names, + - * / ^ and " + ", ".join(FUNCTIONS))


def _size(base: sp.Expr) -> int:
    """Count the bits of a number; a formula counts as 64."""
    return max(64, base.p.bit_length(), base.q.bit_length()) if base.is_Rational else 64


def _symbol(name: str, known: dict[str, sp.Symbol] | None) -> sp.Expr:
    if known is not None and name in known:
        return known[name]
    if name in CONSTANTS:
        return CONSTANTS[name]
    if name in FUNCTIONS:
        raise _Unreadable(f"{name} is a function and needs its brackets, as in {name}(x)")
    if known is not None:
        raise _Unreadable(f"{name!r} is none of the variables {', '.join(known)}")
    letters = name.rstrip("0123456789")
    if len(letters) > 1 and letters not in greeks:
        raise _Unreadable(f"{name!r} is not one letter; write products out, as in x*y")
    return sp.Symbol(name, real=True)
