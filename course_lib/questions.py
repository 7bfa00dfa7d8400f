"""Questions to the reader: one HTML fragment each, which needs no kernel to answer.

Answers unfold by themselves (``<details>``), so a question works in JupyterLab, in exported pages
and in slides; a few lines of script only remember a prediction until it is revealed. Formulas
become MathML, which browsers typeset without help. Write them on one line, ``$2/(L + \\mu)$``
rather than ``\\frac``: where a page drops the markup, the text can still be read.
"""

from __future__ import annotations

import json
import re
from html import escape
from importlib.resources import files
from typing import NamedTuple

from latex2mathml.converter import convert

__all__ = ["Answer", "Question", "ask", "predict", "right", "wrong"]


class Answer(NamedTuple):
    """One answer on offer, and what to tell the reader who picks it."""

    text: str
    why: str
    is_right: bool


def right(text: str, why: str) -> Answer:
    """Return the right answer, and why it is right."""
    return Answer(text, why, True)


def wrong(text: str, why: str) -> Answer:
    """Return a wrong answer, and what is wrong with it."""
    return Answer(text, why, False)


class Question:
    """A question that displays itself; see `ask` and `predict`.

    ``id`` names it in the page and in the reader's memory: unique in the course, and fixed.
    Texts may hold ``$formulas$`` and `` `code` ``. Raises ``ValueError`` unless exactly one answer
    is right and there are at least two.
    """

    def __init__(self, kind: str, id: str, prompt: str, answers: tuple[Answer, ...]) -> None:
        if not re.fullmatch(r"[a-z0-9-]+", id):
            raise ValueError(f"id={id!r} may hold only small letters, digits and hyphens")
        if len(answers) < 2 or sum(a.is_right for a in answers) != 1:
            raise ValueError(f"answers to {id!r} must be two or more with exactly one right")
        self.kind, self.id, self.prompt, self.answers = kind, id, prompt, answers

    def __repr__(self) -> str:
        lines = [f"{self.kind} {self.prompt}"]
        return "\n".join(lines + [f"  ( ) {answer.text}" for answer in self.answers])

    def _repr_html_(self) -> str:
        return self._fragment("".join(_unfolding(n, a) for n, a in enumerate(self.answers)))

    def _fragment(self, body: str) -> str:
        name = f"{type(self).__name__.lower()}-{self.id}"
        return (
            f"<style>{_asset('question.css')}</style>"
            f'<div class="course-q" id="{name}" data-course-q="{self.id}" role="group" '
            f'aria-labelledby="{name}-prompt">'
            f'<p id="{name}-prompt"><span class="course-q-kind">{self.kind}</span> '
            f"{_typeset(self.prompt)}</p>{body}</div>"
        )


class Prediction(Question):
    """A question whose answer is remembered now and explained later, by `reveal`."""

    def reveal(self) -> Revealed:
        """Return the answers to a prediction, with the reader's own marked and unfolded."""
        return Revealed("What did you predict?", self.id, self.prompt, self.answers)

    def _repr_html_(self) -> str:
        choices = "".join(
            f'<label><input type="radio" name="{self.id}" value="{n}">{_typeset(a.text)}</label>'
            for n, a in enumerate(self.answers)
        )
        kept = "Kept. You will meet your prediction again below."
        status = f'<p role="status" data-kept="{kept}">Choose before you read on.</p>'
        return self._fragment(choices + status) + _script(self.id)


class Revealed(Question):
    """The answers to a prediction."""

    def _repr_html_(self) -> str:
        return super()._repr_html_() + _script(self.id)


def ask(id: str, prompt: str, *answers: Answer) -> Question:
    """Ask the reader to check what was understood; each answer explains itself when picked.

    >>> ask("demo", "What is $1 + 1$?", right("$2$", "Yes."), wrong("$3$", "One too many."))
    Check yourself: What is $1 + 1$?
      ( ) $2$
      ( ) $3$
    """
    return Question("Check yourself:", id, prompt, answers)


def predict(id: str, prompt: str, *answers: Answer) -> Prediction:
    """Ask for a prediction; it is remembered in the browser until ``.reveal()`` shows it.

    >>> guess = predict("demo-2", "Heads?", right("yes", "It was."), wrong("no", "It was not."))
    >>> guess.reveal()
    What did you predict? Heads?
      ( ) yes
      ( ) no
    """
    return Prediction("Predict:", id, prompt, answers)


def _unfolding(number: int, answer: Answer) -> str:
    verdict, style = ("Yes.", "course-q-right") if answer.is_right else ("Not quite.", "")
    return (
        f'<details class="{style}" data-answer="{number}">'
        f"<summary>{_typeset(answer.text)}</summary>"
        f"<p><strong>{verdict}</strong> {_typeset(answer.why)}</p></details>"
    )


def _typeset(text: str) -> str:
    parts = re.split(r"(\$[^$]+\$|`[^`]+`)", text)
    return "".join(_typeset_part(part) for part in parts)


def _typeset_part(part: str) -> str:
    if part.startswith("$") and part.endswith("$") and len(part) > 2:
        return convert(part[1:-1])
    if part.startswith("`") and part.endswith("`") and len(part) > 2:
        return f"<code>{escape(part[1:-1])}</code>"
    return escape(part)


def _script(id: str) -> str:
    return f"<script>{_asset('question.js').replace('(ID)', f'({json.dumps(id)})')}</script>"


def _asset(name: str) -> str:
    return files("course_lib").joinpath("assets", name).read_text(encoding="utf-8")
