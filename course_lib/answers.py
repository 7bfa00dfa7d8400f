"""Checks of a student's answers that reply in words, and know the usual mistakes by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .exchange import OPEN, Unsendable, difference, perform, spoken

__all__ = ["NotYet", "Verdict", "check", "respond", "verdict"]

ROOT = Path(__file__).resolve().parent.parent


class NotYet(Exception):
    """An answer that is not right yet, and why; a notebook shows the words alone."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


class Verdict(NamedTuple):
    """Whether an answer is right, in words, and which known mistake it is, if any."""

    is_right: bool
    words: str
    mistake: str | None = None


def check(name: str, answer: Any) -> None:
    """Check the answer to the part ``name`` of an exercise, such as ``"10b"``.

    A right answer gets one line. Raises `NotYet` for any other; it says what was given, what came
    out, what is expected and, when the mistake is a known one, which. Raises ``ValueError`` when
    there is no such part.
    """
    part = _part(name)
    told = verdict(name, part, (respond(question, answer) for question in part["questions"]))
    if not told.is_right:
        raise NotYet(told.words)
    print(told.words)


def respond(
    question: dict[str, Any],
    answer: Any,
    ask: Callable[[dict[str, Any], Any], Any] = perform,
) -> dict[str, Any]:
    """Put a question to an answer and return ``{"result": …}``, or ``{"error": …}`` in words.

    >>> respond({"how": "call", "args": [0]}, lambda x: 1 / x)
    {'error': 'ZeroDivisionError: division by zero'}
    """
    try:
        return {"result": ask(question, answer)}
    except Unsendable as odd:
        return {"error": f"Unsendable: {odd}"}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:500]}


def verdict(name: str, part: dict[str, Any], responses: Any) -> Verdict:
    """Judge the responses to the questions of a part.

    ``part`` has ``asks`` (what the student was to define), ``questions``, ``expected`` (a response
    to each), ``mistakes`` (each with what it ``says`` and its ``responses``), ``rtol``, ``atol``.
    """
    given = list(responses)
    label = f"{name}, {part['asks']}"
    for question, found, wanted in zip(part["questions"], given, part["expected"], strict=True):
        wrong = _wrong(part, found, wanted)
        if wrong is None:
            continue
        if _unwritten(found):
            return Verdict(False, f"{label}: write me. There is no answer here yet.")
        lines = [f"{label}: not yet.", f"  given:    {_given(question)}", f"  it gave:  {wrong}"]
        mistake = _mistake(part, given)
        if mistake is not None:
            lines.append(f"  it looks like this: {mistake}")
        return Verdict(False, "\n".join(lines), mistake)
    count = len(given)
    asked = f" in {count} of {count} trials" if count > 1 else ""
    return Verdict(True, f"{label}: right{asked}.")


def _wrong(part: dict[str, Any], found: dict[str, Any], wanted: dict[str, Any]) -> str | None:
    if "error" in wanted:
        kind = wanted["error"].partition(":")[0]
        same = found.get("error", "").startswith(f"{kind}:")
        return None if same else f"{_outcome(found)} where the error {kind} is expected"
    if "error" in found:
        return _outcome(found)
    return difference(found["result"], wanted["result"], part["rtol"], part["atol"])


def _outcome(found: dict[str, Any]) -> str:
    if "error" not in found:
        return spoken(found["result"])
    kind, _, words = str(found["error"]).partition(": ")
    return words if kind == "Unsendable" else f"an error, {found['error']}"


def _unwritten(found: dict[str, Any]) -> bool:
    error = str(found.get("error", ""))
    return error.startswith(("NotImplementedError", f"Unsendable: {OPEN}"))


def _mistake(part: dict[str, Any], given: Sequence[dict[str, Any]]) -> str | None:
    for mistake in part["mistakes"]:
        pairs = zip(given, mistake["responses"], strict=True)
        if all(_same(part, found, known) for found, known in pairs):
            return str(mistake["says"])
    return None


def _same(part: dict[str, Any], found: dict[str, Any], known: dict[str, Any]) -> bool:
    if "error" in found or "error" in known:
        kinds = [str(one.get("error", "")).partition(": ")[0] for one in (found, known)]
        return kinds[0] == kinds[1]
    return difference(found["result"], known["result"], part["rtol"], part["atol"]) is None


def _given(question: dict[str, Any]) -> str:
    if question["how"] == "value":
        return "your value"
    if "says" in question:
        return str(question["says"])
    shown = [_shown(one) for one in question.get("args", ())]
    shown += [f"{name} = {_shown(one)}" for name, one in question.get("options", {}).items()]
    if question["how"] == "steps":
        count = question["n_steps"]
        steps = "one step" if count == 1 else f"{count} steps"
        shown = [f"theta = {_shown(question['theta'])}", steps, *shown]
    return ", ".join(shown) or "no arguments"


def _shown(data: Any) -> str:
    if isinstance(data, dict) and "made" in data:
        return f"a {data['made'].rpartition('.')[2]}"
    if isinstance(data, dict) and "rng" in data:
        return f"default_rng({data['rng']})"
    return spoken(data)


def _part(name: str) -> dict[str, Any]:
    number = name[:2]
    places = [Path("checks.json"), *sorted((ROOT / "exercises").glob(f"ex{number}_*/checks.json"))]
    for path in places:
        try:
            parts = json.loads(path.read_text(encoding="utf-8"))["parts"]
        except OSError:
            continue
        if name in parts:
            return dict(parts[name])
    raise ValueError(f"name={name!r} is no part of an exercise here")
