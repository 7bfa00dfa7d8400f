"""Runs: what is recorded, why they stop, and that bad input gets one sentence."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import (
    EarlyStopping,
    LeastSquares,
    Symbolic,
    adam,
    batches,
    functions,
    gd,
    gd_armijo,
    momentum,
    newton,
    run,
    small_change,
    small_decrement,
    small_gradient,
    small_step,
)  # fmt: skip
from tests.sentences import complaint

BOOTH = functions.booth()


def test_a_trace_is_what_the_steps_say():
    trace = run(momentum, BOOTH, (0.0, 0.0), 5, lr=0.02, beta=0.5)
    theta, v = np.zeros(2), 0.0
    for t in range(1, 6):
        theta, inner = momentum(BOOTH, theta, t, v, lr=0.02, beta=0.5)
        v = inner["v"]
        np.testing.assert_array_equal(trace.theta[t], theta)
        np.testing.assert_array_equal(trace.inner["v"][t - 1], v)
    np.testing.assert_array_equal(trace.loss, BOOTH(trace.theta))
    np.testing.assert_array_equal(trace.grad_norm, np.linalg.norm(BOOTH.grad(trace.theta), axis=-1))
    assert (trace.steps, trace.outcome) == (5, "out of steps")


def test_only_what_is_asked_for_is_recorded():
    everything = run(adam, BOOTH, np.ones((3, 2)), 7, lr=0.1)
    some = run(adam, BOOTH, np.ones((3, 2)), 7, lr=0.1, record=["loss", "grad_norm", "m_hat"])
    assert some.theta is None
    assert list(some.inner) == ["m_hat"]
    np.testing.assert_allclose(some.loss, everything.loss, rtol=1e-14)
    np.testing.assert_allclose(some.grad_norm, everything.grad_norm, rtol=1e-14)
    nothing = run(adam, BOOTH, np.ones((3, 2)), 7, lr=0.1, record=[])
    assert (nothing.theta, nothing.loss, nothing.grad_norm, nothing.inner) == (None, None, None, {})


@pytest.mark.parametrize(("n_steps", "every"), [(12, 4), (13, 4), (3, 4), (5, 1)])
def test_every_so_many_steps_are_rows_of_the_whole_record(n_steps, every):
    whole = run(adam, BOOTH, np.ones((3, 2)), n_steps, lr=0.1)
    some = run(adam, BOOTH, np.ones((3, 2)), n_steps, lr=0.1, every=every)
    assert some.at.tolist() == sorted({*range(0, n_steps + 1, every), n_steps})
    for name in ("theta", "loss", "grad_norm"):
        np.testing.assert_array_equal(getattr(some, name), getattr(whole, name)[some.at])
    np.testing.assert_array_equal(some.inner["m"], whole.inner["m"][some.at[1:] - 1])
    np.testing.assert_array_equal(some.evaluations["grad"], some.at)
    np.testing.assert_array_equal(some.end, whole.theta[-1])
    assert some.steps.tolist() == whole.steps.tolist()


def test_the_last_step_of_a_run_that_ends_early_is_recorded():
    stop = small_gradient(1e-3)
    whole = run(gd, BOOTH, (0.0, 0.0), 500, lr=0.1, until=stop)
    some = run(gd, BOOTH, (0.0, 0.0), 500, lr=0.1, until=stop, every=7)
    assert (some.steps, some.at[-1], some.outcome) == (whole.steps, whole.steps, "converged")
    np.testing.assert_array_equal(some.theta[-1], whole.theta[-1])
    assert some.upto(20).at.tolist() == [0, 7, 14]
    np.testing.assert_array_equal(some.upto(20).end, whole.theta[14])


def test_where_a_run_ended_is_kept_when_nothing_is_recorded():
    whole = run(gd, BOOTH, np.zeros((4, 2)), 20, lr=0.05)
    nothing = run(gd, BOOTH, np.zeros((4, 2)), 20, lr=0.05, record=[])
    np.testing.assert_array_equal(nothing.end, whole.theta[-1])
    with pytest.raises(ValueError, match="was not recorded"):
        nothing.upto(3)


def test_a_sparse_record_tells_where_a_run_was_lost():
    trace = run(gd, BOOTH, (0.0, 0.0), 2000, lr=1.0, every=50)
    whole = run(gd, BOOTH, (0.0, 0.0), 2000, lr=1.0)
    assert (trace.outcome, trace.steps) == ("diverged", -(-whole.steps // 50) * 50)


def test_the_start_is_left_alone():
    start = np.ones((2, 2))
    trace = run(gd, BOOTH, start, 3, lr=0.1)
    trace.theta[0] = 7
    assert (start == 1).all()


def test_a_schedule_gives_every_step_its_rate():
    trace = run(gd, BOOTH, (0.0, 0.0), 4, lr=lambda t: 0.1 / t)
    theta = np.zeros(2)
    for t in range(1, 5):
        theta = theta - 0.1 / t * BOOTH.grad(theta)
    np.testing.assert_array_equal(trace.theta[-1], theta)


def test_a_schedule_of_a_grid_broadcasts():
    rates = np.array([0.01, 0.02])[:, None]
    grid = run(gd, BOOTH, (0.0, 0.0), 4, lr=lambda t: rates / t)
    lone = run(gd, BOOTH, (0.0, 0.0), 4, lr=lambda t: 0.02 / t)
    np.testing.assert_array_equal(grid.theta[:, 1], lone.theta)


CRITERIA = {
    "gradient": (small_gradient, lambda a, b: np.linalg.norm(BOOTH.grad(b))),
    "change": (small_change, lambda a, b: abs(BOOTH(b) - BOOTH(a))),
    "step": (small_step, lambda a, b: np.linalg.norm(b - a)),
}


@pytest.mark.parametrize("name", CRITERIA)
def test_a_criterion_holds_at_the_last_step_and_not_before(name):
    criterion, measure = CRITERIA[name]
    trace = run(gd, BOOTH, (0.0, 0.0), 1000, lr=0.08, until=criterion(1e-4))
    assert trace.outcome == "converged"
    sizes = [measure(a, b) for a, b in zip(trace.theta, trace.theta[1:], strict=False)]
    assert len(sizes) == trace.steps
    assert sizes[-1] <= 1e-4 < min(sizes[:-1])


def test_the_decrement_stops_newton():
    trace = run(newton, functions.rosenbrock(), (-1.5, 2.0), 100, until=small_decrement(1e-20))
    assert trace.outcome == "converged"
    np.testing.assert_allclose(trace.theta[-1], 1, atol=1e-9)


def test_a_criterion_may_be_the_readers_own():
    trace = run(gd, BOOTH, (0, 0), 99, lr=0.05, until=lambda f, old, new, inner: f(new) < 10)
    assert trace.loss[-1] < 10 <= trace.loss[-2]


def test_every_run_of_a_grid_stops_on_its_own():
    starts = np.random.default_rng(0).uniform(-4, 4, (6, 2))
    grid = run(gd, BOOTH, starts, 500, lr=0.08, until=small_gradient(1e-3))
    for i, start in enumerate(starts):
        lone = run(gd, BOOTH, start, 500, lr=0.08, until=small_gradient(1e-3))
        assert (grid.steps[i], grid.outcome[i]) == (lone.steps, lone.outcome)
        np.testing.assert_array_equal(grid.theta[: lone.steps + 1, i], lone.theta)
        assert (grid.theta[lone.steps :, i] == lone.theta[-1]).all()
    assert len(set(grid.steps.tolist())) > 1
    assert len(grid.theta) == grid.steps.max() + 1


def test_divergence_is_an_outcome_and_no_warning():
    grid = run(gd, functions.rosenbrock(), (-1.5, 2.0), 50, lr=np.array([[0.001], [0.1]]))
    assert grid.outcome.tolist() == ["out of steps", "diverged"]
    k = grid.steps[1]
    assert np.isfinite(grid.loss[k - 1, 1])
    assert not np.isfinite(grid.loss[k, 1])
    lone = run(gd, functions.rosenbrock(), (-1.5, 2.0), 50, lr=0.1)
    assert (lone.outcome, lone.steps, len(lone.theta)) == ("diverged", k, k + 1)


def test_divergence_is_seen_without_the_loss():
    trace = run(gd, functions.rosenbrock(), (-1.5, 2.0), 50, lr=0.1, record=["theta"])
    assert trace.outcome == "diverged"
    assert not np.isfinite(trace.theta[-1]).all()
    assert np.isfinite(trace.theta[-2]).all()


def test_no_acceptable_step_stalls():
    f = Symbolic("1 + x^2 + y^2")
    trace = run(gd_armijo, f, (1e-9, 0.0), 50)
    assert (trace.outcome, trace.steps) == ("stalled", 1)
    np.testing.assert_array_equal(trace.theta[0], trace.theta[-1])


def no_dict(f, theta, t, *, lr):
    return theta


def wrong_shape(f, theta, t, *, lr):
    return theta[..., :1], {}


def forgets_v(f, theta, t, v=0.0, *, lr):
    return theta, {}


def no_star(f, theta, t, lr):
    return theta, {}


def in_place(f, theta, t, *, lr):
    theta -= lr * f.grad(theta)
    return theta, {}


def other_names(x, y):
    return x, {}


BAD_CALLS = [
    (dict(theta0=(np.nan, 0)), "theta0=nan must be finite"),
    (dict(theta0=(np.inf, 0)), "theta0=inf must be finite"),
    (dict(theta0="abc"), "theta0='abc' is not a number"),
    (dict(theta0=3.0), r"theta0 has shape \(\)"),
    (dict(theta0=(1, 2, 3)), r"theta0 has shape \(3,\); f has 2 parameters"),
    (dict(theta0=np.empty((0, 2))), r"theta0 has shape \(0, 2\)"),
    (dict(n_steps=0), "n_steps=0 must be a whole number of at least 1"),
    (dict(n_steps=2.5), "n_steps=2.5 must be a whole number"),
    (dict(n_steps=True), "n_steps=True must be a whole number"),
    (dict(lr=0), "lr=0 must be above 0"),
    (dict(lr=-0.1), "lr=-0.1 must be above 0"),
    (dict(lr=np.nan), "lr=nan must be finite"),
    (dict(lr="fast"), "lr='fast' is not a number"),
    (dict(lr="0.1"), "lr='0.1' is not a number"),
    (dict(lr=None), "lr=None is not a number"),
    (dict(lr=True), "lr=True is not a number"),
    (dict(lr=10**400), "is not a number"),
    (dict(lr=lambda t, s: 0.1), "is not a schedule: it must take the step t"),
    (dict(record="theta"), "record='theta' must be a list of names"),
    (dict(record=3), "record=3 must be a list of names"),
    (dict(record=["thet"]), "record='thet' is nothing this run has; it has: theta, loss"),
    (dict(step=gd_armijo, alpha0=[0.1, 0.5]), r"alpha0 has shape \(2,\); a line search takes one"),
    (dict(step=max), "step=max"),
    (dict(until=small_decrement(1e-6)), "small_decrement needs a step that reports its decrement"),
    (dict(lr=[[0.1], [-2]]), "lr=-2 must be above 0"),
    (dict(lr=np.full(7, 0.1)), r"lr has shape \(7,\), which does not broadcast .* \(7, 1\)"),
    (dict(lr=lambda t: -0.1), r"lr\(1\)=-0.1 must be at least 0"),
    ({}, "gd needs a value for lr"),
    (dict(lr=0.1, rate=3), "gd has no hyper-parameter rate; it has: lr"),
    (dict(step=momentum, lr=0.1, beta=1), "beta=1 must be below 1"),
    (dict(step=momentum, lr=0.1, beta=-0.5), "beta=-0.5 must be at least 0"),
    (dict(step=adam, beta2=1.0), "beta2=1 must be below 1"),
    (dict(step=adam, eps=-1e-8), "eps=-1e-08 must be above 0"),
    (dict(step=gd_armijo, beta=0), "beta=0 must be above 0"),
    (dict(step=gd_armijo, c=1), "c=1 must be below 1"),
    (dict(step=gd_armijo, alpha0=0), "alpha0=0 must be above 0"),
    (dict(f=np.sin, lr=0.1), "is not an objective"),
    (dict(step="gd", lr=0.1), "step='gd' is not a function"),
    (dict(step=no_star), "step=no_star has the argument lr without an initial value"),
    (dict(step=other_names), "step=other_names must start with the arguments f, theta, t"),
    (dict(step=no_dict, lr=0.1), r"no_dict must return \(theta_next, inner\)"),
    (dict(step=wrong_shape, lr=0.1), r"wrong_shape turned a theta of shape \(2,\) into shape"),
    (dict(step=in_place, lr=0.1), "in_place changed theta in place"),
    (dict(until=0.001), "until=0.001 is not a criterion; write, for example"),
    (dict(until=small_change), "until=small_change is not a criterion"),
    (dict(step=forgets_v, lr=0.1), "forgets_v carries v on, but inner has no 'v'"),
]


@pytest.mark.parametrize(
    ("call", "words"), BAD_CALLS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_bad_input_gets_one_sentence(call, words):
    defaults = dict(step=gd, f=BOOTH, theta0=(0, 0), n_steps=3)
    if not {"step", "lr"} & set(call) and "needs a value" not in words:
        defaults["lr"] = 0.1
    with pytest.raises((ValueError, TypeError), match=words) as caught:
        run(**{**defaults, **call})
    assert "\n" not in str(caught.value)


class OnePointOnly:
    """What students write first: it takes one point, not many."""

    def __init__(self, value):
        self.value = value

    def __call__(self, theta):
        return self.value(theta)

    def grad(self, theta):
        return 2 * theta


def unpacks(theta):
    x, y = theta
    return x**2 + y**2


@pytest.mark.parametrize("value", [unpacks, lambda theta: float(np.sum(theta**2))])
def test_an_objective_that_takes_one_point_only_is_refused(value):
    with pytest.raises(ValueError, match=r"f must turn theta of shape \(3, 2\) into shape \(3,\)"):
        run(gd, OnePointOnly(value), (1.0, 3.0), 1, lr=0.1)


def test_what_a_step_tells_is_recorded_as_it_is():
    def tells(f, theta, t, *, lr):
        later = {"late": 1.0} if t > 2 else {}
        return theta - lr * f.grad(theta), {"half": t // 2 if t == 1 else t / 2, **later}

    inner = run(tells, BOOTH, (0, 0), 4, lr=0.01).inner
    assert inner["half"].tolist() == [0, 1, 1.5, 2]
    np.testing.assert_array_equal(inner["late"], [np.nan, np.nan, 1, 1])


def test_a_run_that_passes_an_infinite_loss_and_arrives_has_not_diverged():
    def walled(theta):
        return np.where(np.abs(theta[..., 0] - 0.5) < 0.1, np.inf, theta[..., 0] ** 2)

    wall = OnePointOnly(walled)
    trace = run(gd, wall, (1.0,), 99, lr=0.25, until=small_gradient(1e-6))
    assert trace.outcome == "converged"
    assert trace.loss[1] == np.inf


def test_divergence_is_seen_whatever_is_recorded():
    for record in ([], ["grad_norm"], ["loss"], ["theta"]):
        assert run(gd, BOOTH, (0, 0), 5000, lr=10, record=record).outcome == "diverged"


class NoHessian:
    def __call__(self, theta):
        return (theta**2).sum(-1)

    def grad(self, theta):
        return 2 * theta


def test_newton_needs_a_hessian_and_gradient_descent_does_not():
    assert run(gd, NoHessian(), (1.0, 1.0), 3, lr=0.5).loss[-1] == 0
    with pytest.raises(TypeError, match=r"newton needs f.hess, and f=<.*> has none"):
        run(newton, NoHessian(), (1.0, 1.0), 3)


anything = st.one_of(
    st.floats(),
    st.integers(-3, 3),
    st.none(),
    st.text(max_size=3),
    st.lists(st.floats(), max_size=3),
)


@settings(max_examples=200, deadline=None)
@given(theta0=anything, n_steps=anything, lr=anything, beta=anything)
def test_any_input_runs_or_gets_one_sentence(theta0, n_steps, lr, beta):
    words = complaint(run, momentum, BOOTH, theta0, n_steps, lr=lr, beta=beta)
    if words is not None:
        assert "\n" not in words
        assert any(name in words for name in ("theta0", "n_steps", "lr", "beta"))


def test_a_slow_run_shows_how_far_it_is(capfd, monkeypatch):
    code = """
import time
from course_lib import functions, gd, run
def slow(f, theta, t, *, lr):
    time.sleep(pause)
    return gd(f, theta, t, lr=lr)
run(slow, functions.booth(), (0.0, 0.0), 30, lr=0.1)
"""
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    for pause, shown in ((0.05, True), (0.001, False)):
        command = [sys.executable, "-W", "ignore", "-c", f"pause = {pause}" + code]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert ("slow:" in done.stderr) == shown
        assert ("/30" in done.stderr) == shown
    monkeypatch.setenv("TQDM_DISABLE", "1")
    done = subprocess.run(
        [sys.executable, "-c", "pause = 0.05" + code], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_on_batches_a_stalled_step_is_not_the_end():
    rng = np.random.default_rng(0)
    f = LeastSquares(rng.normal(size=(20, 2)), rng.normal(size=20))

    def picky(f, theta, t, *, lr):
        good = t % 2 == 0
        return theta - good * lr * f.grad(theta), {"accepted": good}

    deal = batches(20, 4, np.random.default_rng(0))
    trace = run(picky, f, (1.0, 1.0), 10, lr=0.1, batches=deal)
    assert (trace.steps, trace.outcome) == (10, "out of steps")
    assert run(picky, f, (1.0, 1.0), 10, lr=0.1).outcome == "stalled"


def test_early_stopping_waits_and_keeps_the_best_of_each_run():
    target = np.array([0.9, 0.0])

    def away(theta):
        return ((theta - target) ** 2).sum(-1)

    f, starts = functions.quadratic(4), np.array([[2.0, 0.0], [0.5, 0.0]])
    watch = EarlyStopping(away, patience=3)
    trace = run(gd, f, starts, 60, lr=0.1, until=watch)
    heights = away(run(gd, f, starts, 60, lr=0.1).theta)
    assert trace.steps.tolist() == (heights.argmin(0) + 3).tolist()
    assert trace.outcome.tolist() == ["converged", "converged"]
    np.testing.assert_allclose(watch.lowest, heights.min(0))
    np.testing.assert_allclose(away(watch.best), heights.min(0))
    rare = EarlyStopping(away, patience=2, every=5)
    assert run(gd, f, starts[0], 60, lr=0.1, until=rare).steps % 5 == 0
    with pytest.raises(ValueError, match="patience=0 must be a whole number"):
        EarlyStopping(away, patience=0)
