"""The hidden tests of plain nbgrader, in the kernel of the submission.

They agree with the judge on honest work. Only the judge is safe from the other kind.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.answers import NotYet, respond, verdict

from .exercise import Part, load
from .judge import reply, settled
from .worker import train

__all__ = ["judge"]


def judge(name: str, answer: Any) -> None:
    """Judge the answer to the part ``name``, such as ``"10b"``, with questions never seen before.

    Raises ``NotYet`` when it is not right, and ``ValueError`` when there is no such part.
    """
    exercise = load(f"ex{name[:2]}")
    part = exercise.parts.get(name)
    if part is None:
        raise ValueError(f"name={name!r} is no part of {exercise.name}")
    rng = np.random.default_rng()
    facts = exercise.facts(name, rng)
    responses = [_response(part, question, answer, rng) for question in facts["questions"]]
    told = verdict(name, facts, responses)
    if not told.is_right:
        raise NotYet(told.words)
    print(told.words)


def _response(
    part: Part, question: dict[str, Any], answer: Any, rng: np.random.Generator
) -> dict[str, Any]:
    if part.referee is None:
        return respond(question, answer)
    referee = part.referee(question, rng)
    asked = respond(question, answer, lambda q, a: train(q, a, lambda r: reply(referee, r)))
    return settled(referee, asked)
