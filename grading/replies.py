"""What a worker says, taken apart with care: only plain data of bounded size gets through."""

from __future__ import annotations

import json
from typing import Any

from course_lib.exchange import LONGEST_TEXT

__all__ = ["clean", "parsed", "plain", "response"]

DEEPEST = 16
LONGEST_ERROR = 600
ODD = {"error": "Unsendable: something that is no result"}


def parsed(line: bytes) -> dict[str, Any]:
    """Return the dictionary that a line of JSON holds.

    Raises ``ValueError`` for any other line.
    """
    try:
        data = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        raise ValueError("a line that is no JSON") from None
    if not isinstance(data, dict):
        raise ValueError("a line that is no dictionary")
    return data


def response(reply: dict[str, Any]) -> dict[str, Any]:
    """Return a worker's reply to a question as ``{"result": …}`` or ``{"error": words}``.

    >>> response({"result": {"array": "lies"}})
    {'error': 'Unsendable: something that is no result'}
    """
    if "error" in reply:
        error = reply["error"]
        return {"error": clean(error)} if isinstance(error, str) else ODD
    return {"result": reply["result"]} if "result" in reply and plain(reply["result"]) else ODD


def plain(data: Any, depth: int = 0) -> bool:
    """Whether data is a form that ``course_lib.exchange.encode`` returns."""
    if data is None or isinstance(data, bool | float):
        return True
    if isinstance(data, int):
        return abs(data) < 2**64
    if isinstance(data, str):
        return len(data) <= LONGEST_TEXT
    if depth > DEEPEST:
        return False
    if isinstance(data, list):
        return all(plain(one, depth + 1) for one in data)
    if not isinstance(data, dict) or len(data) != 1:
        return False
    ((form, inside),) = data.items()
    if form == "array":
        return isinstance(inside, list) and _numbers(inside)
    if form == "expr":
        return isinstance(inside, str) and len(inside) <= LONGEST_TEXT and inside.isprintable()
    return (
        form == "dict"
        and isinstance(inside, dict)
        and all(plain(one, depth + 1) for one in inside.values())
    )


def _numbers(data: list[Any], depth: int = 0) -> bool:
    if depth > DEEPEST:
        return False
    return all(
        _numbers(one, depth + 1)
        if isinstance(one, list)
        else isinstance(one, float) or (isinstance(one, int) and abs(one) < 2**64)
        for one in data
    )


def clean(text: str) -> str:
    """Return a worker's words on one line, without what a terminal or a page would obey.

    >>> clean("a\\x1b[2J\\nb")
    'a�[2J b'
    """
    line = " ".join(text[:LONGEST_ERROR].split())
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in line)
