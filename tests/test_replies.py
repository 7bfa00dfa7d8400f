"""Replies are taken apart with care: nothing but plain data gets through."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from course_lib.exchange import encode
from grading.replies import clean, parsed, response

ODD = {"error": "Unsendable: something that is no result"}


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -3,
        2**62,
        math.inf,
        "text with \n and é",
        np.arange(6).reshape(2, 3),
        np.zeros((0, 3)),
        np.array([True]),
        [1, [2.5, {"m": np.ones(2)}]],
        {"theta": [np.ones(2)], "1": None},
    ],
)
def test_all_that_can_be_sent_arrives(value):
    reply = {"result": encode(value)}
    arrived = response(parsed(json.dumps(reply).encode()))
    assert json.dumps(arrived) == json.dumps(reply)


@pytest.mark.parametrize(
    "result",
    [
        {"array": 1},
        {"array": [1, "a"]},
        {"array": [None]},
        {"array": [{"array": []}]},
        {"array": [1], "dict": {}},
        {"made": "notebooks.build", "with": {}},
        {"rng": 1},
        {"between": [0, 1]},
        {"sealed": "0"},
        {"dict": 5},
        {"dict": {"a": {"made": 1}}},
        {"expr": 5},
        {"expr": "x\x1b"},
        {"expr": "x" * 20_000},
        {},
        2**70,
        "x" * 20_000,
        [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]],
        {"array": [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]},
    ],
)
def test_what_no_encoder_makes_is_no_result(result):
    assert response({"result": result}) == ODD


@pytest.mark.parametrize("reply", [{}, {"error": 1}, {"error": None}, {"results": 1}])
def test_a_reply_has_a_result_or_words(reply):
    assert response(reply) == ODD


@pytest.mark.parametrize("line", [b"", b"[]", b"1", b"{", b"\xff", b"[" * 10**5, b"1" * 10**5])
def test_a_line_is_a_dictionary(line):
    with pytest.raises(ValueError, match="a line that is no"):
        parsed(line)


def test_words_are_one_short_line_of_printable_text():
    assert clean("a\x1b[2J\n\r\n b\ud800\u202e") == "a�[2J b��"
    assert len(clean("x" * 10**6)) == 600
    assert response({"error": "ValueError:\n\nno"}) == {"error": "ValueError: no"}
