"""Turn what a student types into a SymPy expression, without ever evaluating it as Python."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp
from sympy.core.alphabets import greeks
from sympy.printing.str import StrPrinter

__all__ = ["parse", "spell"]

LONGEST = 500
DEEPEST = 8
MOST_OPERATIONS = 60
MOST_VARIABLES = 6
LARGEST_EXPONENT = 50
LARGEST_NUMBER = 1e100
MOST_BITS = 1000

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
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
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


class _Speller(StrPrinter):  # type: ignore[misc]
    def _print_Exp1(self, _: sp.Expr) -> str:
        return "e"

    def _print_Abs(self, expr: sp.Expr) -> str:
        return f"abs({self._print(expr.args[0])})"


def spell(expr: sp.Expr) -> str:
    """Return a text that `parse` reads as ``expr`` again.

    >>> spell(sp.E + sp.Abs(sp.Symbol("x")))
    'abs(x) + e'
    """
    return str(_Speller().doprint(expr))


def parse(text: str, symbols: Sequence[sp.Symbol] | None = None) -> sp.Expr:
    """Parse a formula such as ``"x^2 + 3*y^2"`` into a SymPy expression.

    The text is read as a tree of numbers, names, ``pi``, ``e``, ``+ - * / ^ **`` and the functions
    in ``FUNCTIONS``; nothing else is accepted and nothing is executed. Decimals become exact
    fractions. Size and depth are limited, so that no text keeps SymPy busy for minutes. Names that
    are not in ``symbols`` are refused. Without ``symbols`` every unknown letter, Latin or a Greek
    name, becomes a real symbol; digits may follow it (x, mu, w1).

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
        tree = _tree(text)
        _limit(tree)
        expr = _build(tree, None if symbols is None else {s.name: s for s in symbols})
    except _Unreadable as reason:
        raise ValueError(f"expr={text!r} is not a formula I can read: {reason}") from None
    if any(max(n.p.bit_length(), n.q.bit_length()) > MOST_BITS for n in expr.atoms(sp.Rational)):
        raise ValueError(f"expr={text!r} has a number that is too large")
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


def _limit(tree: ast.expr) -> None:
    """Refuse what would take SymPy minutes to differentiate."""
    nodes = list(ast.walk(tree))
    operations = sum(isinstance(node, ast.BinOp | ast.Call) for node in nodes)
    variables = {node.id for node in nodes if isinstance(node, ast.Name)} - {*FUNCTIONS, *CONSTANTS}
    for what, count, limit in [
        ("operations", operations, MOST_OPERATIONS),
        ("levels of nesting", _depth(tree), DEEPEST),
        ("variables", len(variables), MOST_VARIABLES),
    ]:
        if count > limit:
            raise _Unreadable(f"it has {count} {what}, and the limit is {limit}")


def _depth(node: ast.AST) -> int:
    """Count how deep functions and powers stand inside one another; sums do not count."""
    inside = max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)
    nests = isinstance(node, ast.Call) or (
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.Div)
    )
    return inside + nests


def _build(node: ast.expr, known: dict[str, sp.Symbol] | None) -> Any:
    match node:
        case ast.Constant(value=bool() | complex() | str() | bytes() | None):
            raise _Unreadable(f"{node.value!r} is not a real number")
        case ast.Constant(value=int() | float() as number):
            if not abs(number) <= LARGEST_NUMBER:
                raise _Unreadable(f"a number above {LARGEST_NUMBER:g} is too large")
            return sp.Rational(str(number))
        case ast.Name(id=name):
            return _symbol(name, known)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_build(operand, known)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _build(operand, known)
        case ast.BinOp(op=op, left=left, right=right) if type(op) in OPERATORS:
            a, b = _build(left, known), _build(right, known)
            if isinstance(op, ast.Pow):
                _limit_power(a, b)
            return _number(OPERATORS[type(op)](a, b), a, b)
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            a = _build(argument, known)
            return _number(FUNCTIONS[name](sp.Float(float(a)) if a.is_number else a), a)
        case ast.Call(func=ast.Name(id=name)):
            if name in FUNCTIONS:
                raise _Unreadable(f"{name} takes one argument")
            raise _Unreadable(
                f"{name!r} is not a function I know; I know {', '.join(FUNCTIONS)} "
                "(and a product needs its *)"
            )
        case _:
            raise _Unreadable("use only numbers, names, + - * / ^ and " + ", ".join(FUNCTIONS))


def _limit_power(base: Any, exponent: Any) -> None:
    """Refuse powers that would fill the memory; powers of powers multiply."""
    if not exponent.is_number:
        return
    inside = [abs(float(p.exp)) for p in base.atoms(sp.Pow) if p.exp.is_number]
    if max([1.0, *inside]) * abs(float(exponent)) > LARGEST_EXPONENT:
        raise _Unreadable(f"this power is too large: exponents end at {LARGEST_EXPONENT}")


def _number(value: Any, *parts: Any) -> Any:
    """Keep a number short: exact while it is a small fraction or holds π or e, a decimal after."""
    if not value.is_number or not all(part.is_number for part in parts):
        return value
    if value.is_Rational and max(abs(value.p), value.q) < LARGEST_NUMBER:
        return value
    size = float(value) if value.is_real and value.is_finite else float("nan")
    if not abs(size) <= LARGEST_NUMBER:
        raise _Unreadable("it has no real, finite value, or one that is too large")
    return value if value.is_Mul and value.has(sp.pi, sp.E) else sp.Float(size)


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
