"""The mark: questions go to a submission in its sandbox, plain data comes back and is compared.

Nothing that a submission does reaches this process: it holds the expected results, reads the
replies as data, and decides.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.answers import Verdict, verdict

from . import sandbox
from .exercise import Exercise, Part
from .replies import clean, plain, response
from .running import Over, Run, named
from .sandbox import Breach
from .submission import Unreadable, compose, read

__all__ = ["Marks", "mark", "reply", "settled"]

SECONDS_BEYOND_PARTS = 60.0
LONGEST_WORDS = 2000


@dataclass(frozen=True)
class Marks:
    """What is decided of each part of an exercise, by name, and remarks for a reader."""

    parts: dict[str, Verdict]
    notes: list[str]


def mark(exercise: Exercise, released: Path, submitted: Path, seed: int) -> Marks:
    """Decide every part of the notebook ``submitted``, with questions drawn from ``seed``.

    ``released`` is the notebook that the students got. Whatever was handed in, each part gets a
    verdict in words.

    Raises ``Unstartable`` when the sandbox does not start: then nothing was decided.
    """
    notes = [sandbox.warning()] if sandbox.warning() else []
    parts = exercise.parts
    given = read(released)
    try:
        cells, remarks = compose(given, read(submitted))
    except Unreadable as reason:
        return Marks(
            {name: _refused(name, part, str(reason)) for name, part in parts.items()}, notes
        )
    total = SECONDS_BEYOND_PARTS + sum(part.seconds for part in parts.values())
    with Run(exercise.lends, cells, total) as run:
        verdicts = {name: _judged(run, exercise, name, seed) for name in parts}
    return Marks(verdicts, notes + remarks + run.notes)


def reply(referee: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Return what a referee answers to a request of the form that `worker.Remote` sends."""
    if not all(plain(request.get(name)) for name in ("ask", "theta", "index")):
        return {"error": "this is no request that a referee understands", "left": referee.left}
    try:
        value = referee.reply(request)
    except Exception as error:
        return {"error": clean(f"{type(error).__name__}: {error}"), "left": referee.left}
    refused = isinstance(value, dict) and "error" in value
    return {**(value if refused else {"value": value}), "left": referee.left}


def settled(referee: Any, found: dict[str, Any]) -> dict[str, Any]:
    """Return the response that counts: what a referee measures at the θ that a training found."""
    if "error" in found:
        return found
    try:
        return {"result": referee.result(found["result"])}
    except Exception as error:
        return {"error": clean(f"Unsendable: something that cannot be measured ({error})")}


def _judged(run: Run, exercise: Exercise, name: str, seed: int) -> Verdict:
    part = exercise.parts[name]
    facts, rng = _facts(exercise, name, seed), _rng(name, seed + 1)
    responses = []
    lost: dict[str, str] | None = None
    for question in facts["questions"]:
        if lost is None:
            try:
                responses.append(_response(run, name, part, question, rng))
                continue
            except Breach as breach:
                who = "the submission" if isinstance(breach, Over) else part.asks
                lost = {"error": f"Unsendable: nothing: {who} {breach}"}
        responses.append(lost)
    try:
        told = verdict(name, facts, responses)
    except Exception as error:
        return _refused(name, part, clean(f"the result cannot be compared ({error!r})"))
    return told._replace(words=told.words[:LONGEST_WORDS])


def _response(
    run: Run, name: str, part: Part, question: dict[str, Any], rng: np.random.Generator
) -> dict[str, Any]:
    message = {"asks": part.asks, "question": question}
    if part.referee is None:
        told = run.ask(message, part.seconds)
        return _missing(run, name, part) if "missing" in told else response(told)
    referee = part.referee(question, rng)
    told = run.ask(message, part.seconds, lambda request: reply(referee, request))
    return _missing(run, name, part) if "missing" in told else settled(referee, response(told))


def _missing(run: Run, name: str, part: Part) -> dict[str, Any]:
    cell = f"{name}-answer"
    happened = run.failed.get(cell, "")
    if happened.startswith("raised NotImplementedError"):
        return {"error": happened.removeprefix("raised ")}
    why = f"; {named(cell)} {happened}" if happened else ""
    return {"error": f"Unsendable: nothing: {part.asks} is not defined{why}"}


def _refused(name: str, part: Part, reason: str) -> Verdict:
    return Verdict(False, f"{name}, {part.asks}: not yet. {reason[:1].upper()}{reason[1:]}.")


@lru_cache(maxsize=32)
def _facts(exercise: Exercise, name: str, seed: int) -> dict[str, Any]:
    with np.errstate(all="ignore"):
        return exercise.facts(name, _rng(name, seed))


def _rng(name: str, seed: int) -> np.random.Generator:
    """Return the generator of one part, which no other part changes."""
    return np.random.default_rng([zlib.crc32(name.encode()), seed])
