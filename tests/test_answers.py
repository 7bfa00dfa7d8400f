"""Checks of answers: what they compare, what they say, and what they bear."""

import json
import re

import numpy as np
import pytest
import sympy as sp
from IPython.core.interactiveshell import InteractiveShell

from course_lib import LeastSquares, momentum
from course_lib.answers import NotYet, check, respond, verdict
from course_lib.exchange import Unsendable, decode, difference, encode, made, perform, sealed

x, y = sp.symbols("x y")


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        -0.5,
        "text",
        np.float32(0.5),
        np.arange(6.0).reshape(2, 3),
        np.array([True, False]),
        [1, [2.0, "a"]],
        {"a": np.zeros(2), "b": {"c": 1}},
        x**2 + sp.exp(y),
        sp.Matrix([[x, 1], [0, y]]),
    ],
)
def test_what_is_sent_arrives(value):
    sent = json.loads(json.dumps(encode(value)))
    assert difference(sent, encode(value)) is None
    assert difference(encode(decode(sent)), encode(value)) is None


class Sly:
    """Says of itself that it is whatever is wanted."""

    def __eq__(self, other):
        return True

    __hash__ = None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Sly(), "a Sly"),
        (..., "a value still open"),
        (1j, "a complex"),
        (np.array(["a"]), "of type <U1"),
        (np.zeros(300_000), "300000 values"),
        (2**70, "too large"),
        ([[[[[[[[1]]]]]]]], "a list"),
        (lambda: 1, "a function"),
        ("a" * 20_000, "a str"),
    ],
)
def test_what_cannot_be_compared_is_named(value, words):
    with pytest.raises(Unsendable, match=words):
        encode(value)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (np.array([1, 2]), [1.0, 2.0]),
        ((1.0, np.float64(2)), np.array([1.0, 2.0])),
        ([np.zeros(2), np.ones(2)], np.array([[0.0, 0.0], [1.0, 1.0]])),
        ({"a": 1.0, "more": 2}, {"a": 1}),
        (0.1 + 0.2, 0.3),
        (float("nan"), float("nan")),
        ((x + 1) ** 2, x**2 + 2 * x + 1),
        (2, sp.Integer(2)),
        ([x, 2 * y], sp.Matrix([[x, 2 * y]]).tolist()[0]),
    ],
)
def test_the_same_thing_in_another_form_is_the_same(found, expected):
    assert difference(encode(found), encode(expected)) is None


@pytest.mark.parametrize(
    ("found", "expected", "words"),
    [
        ([1.0, 2.0], [1.0, 2.1], "at position 1: 2 where 2.1 is expected"),
        (np.zeros((2, 2)), np.eye(2), r"at position \(0, 0\): 0 where 1"),
        (np.zeros(3), np.zeros((3, 1)), r"shape \(3,\) where an array of shape \(3, 1\)"),
        (1.0, np.zeros(2), r"the number 1 where an array of shape \(2,\)"),
        (float("nan"), 1.0, "nan where 1"),
        (None, 1.0, "None where the number 1"),
        ("1", 1.0, "'1' where the number 1"),
        (True, 1, "True where 1"),
        (1, True, "1 where True"),
        ([1, "a"], [1, "b"], "in part 1 of it: 'a' where 'b'"),
        ([1, "a", 2], [1, "b"], "where a list of 2"),
        ({"a": 1}, {"b": 1}, "without 'b'"),
        (x**2, x**3, r"x\*\*2 where x\*\*3"),
        ("c", "b", "'c' where 'b'"),
    ],
)
def test_a_difference_is_told_in_words(found, expected, words):
    told = difference(encode(found), encode(expected))
    assert told is not None
    assert re.search(words, told), told


def test_a_range_and_a_sealed_choice():
    between = {"between": [0.9, 1.0]}
    assert difference(0.95, between) is None
    for wrong in (0.8, "0.95", None, True, float("nan"), {"array": [0.95]}):
        assert difference(wrong, between)
    assert difference(" B", sealed("b")) is None
    for wrong in ("a", 1, None, sealed("b")):
        assert difference(wrong, sealed("b"))
    assert "b" not in sealed("b").values()


def test_a_step_function_is_driven_as_in_a_run():
    f = made("models.LeastSquares", X=[[1.0], [2.0]], y=[0.0, 1.0])
    question = {
        "how": "steps", "f": f, "theta": encode(np.ones(1)), "n_steps": 3, "keep": ["v"],
        "options": {"lr": 0.1},
    }  # fmt: skip
    found = decode(perform(question, momentum))
    theta, v, objective = np.ones(1), 0.0, LeastSquares([[1.0], [2.0]], [0.0, 1.0])
    path = [theta]
    for t in range(1, 4):
        theta, inner = momentum(objective, theta, t, v, lr=0.1)
        v = inner["v"]
        path.append(theta)
    np.testing.assert_allclose(found["theta"], path)
    assert len(found["v"]) == 3


def test_what_a_step_function_lacks_is_told():
    question = {
        "how": "steps", "f": made("models.LeastSquares", X=[[1.0]], y=[0.0]), "theta": [1.0],
        "n_steps": 2, "keep": ["v"],
    }  # fmt: skip
    for step, words in [
        (lambda f, theta, t: theta, "something else than"),
        (lambda f, theta, t: (theta, {}), "an inner without 'v'"),
        (lambda f, theta: (theta, {}), "must start with the arguments f, theta, t"),
        (3, "is not a function"),
    ]:
        assert words in respond(question, step)["error"]


PART = {
    "asks": "square",
    "rtol": 1e-6,
    "atol": 1e-9,
    "questions": [{"how": "call", "args": [2.0]}, {"how": "call", "args": [3.0]}],
    "expected": [{"result": 4.0}, {"result": 9.0}],
    "mistakes": [{"says": "you doubled it", "responses": [{"result": 4.0}, {"result": 6.0}]}],
}


@pytest.fixture
def exercise(tmp_path, monkeypatch):
    (tmp_path / "checks.json").write_text(json.dumps({"parts": {"99a": PART}}))
    monkeypatch.chdir(tmp_path)


def test_a_right_answer_gets_one_line(exercise, capsys):
    check("99a", lambda number: number * number)
    assert capsys.readouterr().out == "99a, square: right in 2 of 2 trials.\n"


def test_a_known_mistake_gets_its_name(exercise):
    with pytest.raises(NotYet) as told:
        check("99a", lambda number: 2 * number)
    assert str(told.value).splitlines() == [
        "99a, square: not yet.",
        "  given:    3",
        "  it gave:  6 where 9 is expected",
        "  it looks like this: you doubled it",
    ]


def write_me(number):
    raise NotImplementedError("write me")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (write_me, "write me. There is no answer here yet"),
        (..., "write me. There is no answer here yet"),
        (lambda number: 1 / 0, "an error, ZeroDivisionError: division by zero"),
        (lambda: 1, "takes 0 positional arguments"),
        (lambda number: print, "a builtin_function_or_method, which is nothing to compare"),
        (lambda number: None, "None where the number 4"),
    ],
)
def test_anything_else_is_told_and_never_crashes(exercise, answer, words):
    with pytest.raises(NotYet, match=words):
        check("99a", answer)


def test_a_notebook_shows_the_words_alone(exercise, capsys):
    shell = InteractiveShell()
    shell.user_ns.update(check=check)
    shell.run_cell("check('99a', lambda number: 5.0)")
    out, err = capsys.readouterr()
    assert "99a, square: not yet." in out + err
    assert "Traceback" not in out + err


def test_an_error_can_be_what_is_expected():
    part = {**PART, "expected": [{"error": "ValueError: too small"}] * 2}

    def refuse(number):
        raise ValueError(f"{number} is too small")

    def judged(answer):
        return verdict("99a", part, [respond(q, answer) for q in part["questions"]])

    assert judged(refuse).is_right
    assert "where the error ValueError is expected" in judged(lambda number: 4.0).words
    assert "where the error ValueError is expected" in judged(lambda number: 1 / 0).words


def test_a_part_that_is_not_there_is_named(exercise):
    with pytest.raises(ValueError, match="name='00z' is no part"):
        check("00z", 1)
