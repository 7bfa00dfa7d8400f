"""Comparisons: every method runs as it runs alone, and what it asks for is counted to the one."""

from functools import partial

import numpy as np
import pytest

from course_lib import adam, compare, functions, gd, gd_armijo, linear, newton, run
from course_lib.comparison import cost, named

F = functions.rosenbrock()
START = (-1.5, 2.0)


def test_each_method_runs_as_it_runs_alone():
    compared = compare({"slow": partial(gd, lr=1e-3), "adam": partial(adam, lr=0.05)}, F, START, 30)
    alone = {"slow": run(gd, F, START, 30, lr=1e-3), "adam": run(adam, F, START, 30, lr=0.05)}
    for name, trace in alone.items():
        np.testing.assert_array_equal(compared.traces[name].theta, trace.theta)


@pytest.mark.parametrize("step", [gd_armijo, newton])
def test_a_line_search_is_charged_for_every_trial(step):
    trace = run(step, F, START, 15)
    values = np.cumsum(1 + trace.inner["trials"])  # J at θ, and one value for each trial
    np.testing.assert_array_equal(trace.evaluations["f"], [0, *values])
    np.testing.assert_array_equal(trace.evaluations["grad"], np.arange(trace.steps + 1))
    hessians = np.arange(trace.steps + 1) * (step is newton)
    np.testing.assert_array_equal(trace.evaluations["hess"], hessians)
    np.testing.assert_array_equal(cost(trace), sum(trace.evaluations.values()))


def test_recording_and_stopping_cost_nothing():
    lazy = run(gd, F, START, 10, lr=1e-3, record=["theta"])
    busy = run(gd, F, START, 10, lr=1e-3, until=lambda f, theta, theta_next, inner: f(theta) < 0)
    for trace in (lazy, busy):
        assert {name: counts[-1] for name, counts in trace.evaluations.items()} == {
            "f": 0, "grad": 10, "hess": 0,
        }  # fmt: skip


def test_points_evaluated_in_one_call_count_one_by_one():
    def nosy(f, theta, t, *, lr):
        f(np.stack([theta, theta + 1, theta - 1]))
        return theta - lr * f.grad(theta), {}

    assert run(nosy, F, START, 2, lr=1e-3).evaluations["f"].tolist() == [0, 3, 6]
    assert run(gd, F, np.zeros((5, 2)), 2, lr=1e-3).evaluations["grad"].tolist() == [0, 1, 2]


def test_the_first_steps_of_a_run_are_the_shorter_run():
    short, cut = run(gd_armijo, F, START, 4), run(gd_armijo, F, START, 9).upto(4)
    for name in ("theta", "loss", "grad_norm"):
        np.testing.assert_array_equal(getattr(cut, name), getattr(short, name))
    for mine, theirs in ((cut.inner, short.inner), (cut.evaluations, short.evaluations)):
        assert mine.keys() == theirs.keys()
        for name in mine:
            np.testing.assert_array_equal(mine[name], theirs[name])
    assert (cut.steps, cut.outcome, cut.hyper) == (4, "out of steps", short.hyper)


def test_a_table_for_the_page_has_the_same_cells():
    compared = compare([partial(gd, lr=1e-3), newton], F, START, 5)
    markdown = compared._repr_markdown_().splitlines()
    assert len(markdown) == 2 + len(compared.rows())
    for line, row in zip(markdown[2:], compared.rows(), strict=True):
        assert [cell.strip() for cell in line.strip("|").split("|")] == list(row)


@pytest.mark.parametrize(
    ("methods", "words"),
    [
        ([], "nothing to compare"),
        (gd, "must be a list of step functions"),
        ([newton, newton], "newton.* twice"),
        ([gd], "gd needs a value for lr"),
        ([partial(gd, rate=1)], "gd has no hyper-parameter rate"),
        ([partial(gd, lr=linear(0, 1, 0.5))], "lr=.* is not a number|lr"),
        ([3], "step=3 is not a function"),
    ],
)
def test_bad_input_gets_one_sentence(methods, words):
    with pytest.raises((TypeError, ValueError), match=words):
        compare(methods, F, START, 3)


def test_names_are_the_functions_or_tell_their_settings():
    assert list(named([newton, gd_armijo])) == ["newton", "gd_armijo"]
    assert list(named([partial(gd, lr=0.1), newton, partial(gd, lr=0.2)])) == [
        "gd(lr=0.1)", "newton", "gd(lr=0.2)",
    ]  # fmt: skip
