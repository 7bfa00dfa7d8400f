"""Show the code of a function in a lesson: what is read is what the library runs."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Listing", "listing"]


class Listing(NamedTuple):
    """A piece of Python that displays itself with its syntax highlighted."""

    code: str

    def __repr__(self) -> str:
        return self.code

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.code}\n```"


def listing(function: Callable[..., Any]) -> Listing:
    """Return the source of ``function`` without its docstring.

    >>> from course_lib import gd
    >>> listing(gd)
    def gd(f: Objective, theta: Array, t: int, *, lr: Number) -> tuple[Array, Inner]:
        g = f.grad(theta)
        return theta - lr * g, {"g": g}
    """
    source = textwrap.dedent(inspect.getsource(function))
    lines = source.rstrip().replace("  # fmt: skip", "").splitlines()
    definition = ast.parse(source).body[0]
    if isinstance(definition, ast.FunctionDef) and ast.get_docstring(definition) is not None:
        docstring, *rest = definition.body
        if rest and docstring.lineno > definition.lineno:
            del lines[docstring.lineno - 1 : docstring.end_lineno]
    return Listing("\n".join(lines))
