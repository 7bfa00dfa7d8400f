"""Means over examples: their derivatives, their batches, and what other libraries find."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from course_lib import (
    LeastSquares,
    Softmax,
    adam,
    batches,
    digits,
    gd,
    newton,
    run,
    small_gradient,
)  # fmt: skip
from tests.derivatives import directional_errors

RNG = np.random.default_rng(0)
X = RNG.normal(size=(23, 3))
CASES = {
    "least squares": LeastSquares(X, RNG.normal(size=23)),
    "least squares, penalised": LeastSquares(X, RNG.normal(size=23), l2=0.3),
    "softmax": Softmax(X, RNG.integers(4, size=23), 4),
    "softmax, penalised": Softmax(X, RNG.integers(4, size=23), 4, l2=0.3),
}


@pytest.fixture(params=CASES.values(), ids=CASES)
def f(request):
    return request.param


def test_derivatives_agree_with_differences(f):
    rng = np.random.default_rng(1)
    for _ in range(5):
        assert max(directional_errors(f, rng.normal(size=f.dim), rng)) < 1e-8


def test_a_grid_of_points_is_the_points_one_by_one(f):
    theta = np.random.default_rng(1).normal(size=(2, 3, f.dim))
    for compute in (f, f.grad, f.hess):
        alone = np.array([[compute(one) for one in row] for row in theta])
        np.testing.assert_allclose(compute(theta), alone, rtol=1e-12, atol=1e-14)


def test_batches_of_an_epoch_add_up_to_the_whole(f):
    theta = np.random.default_rng(1).normal(size=f.dim)
    epoch = [f.batch(np.arange(first, min(first + 5, f.n))) for first in range(0, f.n, 5)]
    assert [part.n for part in epoch] == [5, 5, 5, 5, 3]
    for name in ("__call__", "grad", "hess"):
        parts = [part.n * getattr(part, name)(theta) for part in epoch]
        np.testing.assert_allclose(sum(parts) / f.n, getattr(f, name)(theta), atol=1e-13)


def test_a_batch_is_the_mean_not_the_sum(f):
    theta = np.random.default_rng(1).normal(size=f.dim)
    twice = f.batch([7, 7])
    np.testing.assert_allclose(twice.grad(theta), f.batch([7]).grad(theta))
    assert (f.batch([0, 1]).n, f.n) == (2, 23)


def test_least_squares_knows_its_minimum():
    for name in ("least squares", "least squares, penalised"):
        f = CASES[name]
        assert np.abs(f.grad(f.minima[0])).max() < 1e-14
    flat = LeastSquares([[1.0, 1.0]], [2.0])
    np.testing.assert_allclose(flat.minima, [[1, 1]])


def test_softmax_finds_what_scikit_learn_finds():
    data = digits()
    f = Softmax(data.X, data.y, 10, l2=0.01)
    ours = run(newton, f, np.zeros(f.dim), 20, until=small_gradient(1e-9), record=["theta", "loss"])
    theirs = LogisticRegression(C=1 / (f.l2 * f.n), tol=1e-10, max_iter=5000).fit(data.X, data.y)
    W, _ = f.unflatten(ours.theta[-1])
    np.testing.assert_allclose(W, theirs.coef_, atol=1e-5)
    assert f.accuracy(ours.theta[-1]) == theirs.score(data.X, data.y)


def test_softmax_bears_huge_weights():
    f = CASES["softmax"]
    theta = np.full(f.dim, 1e4) * np.arange(f.dim)
    assert np.isfinite(f(theta))
    np.testing.assert_allclose(f.probabilities(theta).sum(-2), 1)


def test_no_curvature_of_softmax_exceeds_its_bound():
    f = CASES["softmax, penalised"]
    for theta in np.random.default_rng(1).normal(size=(20, f.dim)):
        assert np.linalg.eigvalsh(f.hess(theta))[-1] <= f.lipschitz + 1e-12


def test_unflatten_shows_views():
    f = CASES["softmax"]
    theta = np.zeros(f.dim)
    W, b = f.unflatten(theta)
    W[1, 2], b[3] = 5, 7
    assert (W.shape, b.shape, sorted(theta[theta > 0])) == ((4, 3), (4,), [5, 7])


def test_every_epoch_has_every_example_once_in_another_order():
    few = batches(7, 3, np.random.default_rng(0))
    epochs = [[next(few) for _ in range(3)] for _ in range(2)]
    assert [[len(batch) for batch in epoch] for epoch in epochs] == [[3, 3, 1]] * 2
    orders = [np.concatenate(epoch).tolist() for epoch in epochs]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(7))
    assert orders[0] != orders[1]


def test_with_replacement_every_batch_is_full_and_examples_repeat():
    drawn = batches(7, 3, np.random.default_rng(0), replace=True)
    several = [next(drawn) for _ in range(300)]
    assert {len(batch) for batch in several} == {3}
    counts = np.bincount(np.concatenate(several), minlength=7)
    assert abs(counts - 900 / 7).max() < 40
    assert any(len(set(batch.tolist())) < 3 for batch in several)


def test_a_run_on_batches_is_the_loop_by_hand():
    f = CASES["least squares"]
    trace = run(gd, f, np.zeros(3), 12, lr=0.1, batches=batches(f.n, 5, np.random.default_rng(3)))
    theta, order = np.zeros(3), batches(f.n, 5, np.random.default_rng(3))
    for _ in range(12):
        theta = theta - 0.1 * f.batch(next(order)).grad(theta)
    np.testing.assert_array_equal(trace.theta[-1], theta)
    np.testing.assert_allclose(trace.loss[-1], f(theta))
    assert trace.evaluations["grad"].tolist()[:6] == [0, 5, 10, 15, 20, 23]


def test_each_run_of_several_has_its_own_batch(f):
    rng = np.random.default_rng(1)
    theta, index = rng.normal(size=(2, 4, f.dim)), rng.integers(f.n, size=(4, 5))
    together, alone = f.batch(index), [f.batch(row) for row in index]
    assert together.n == 5
    for name in ("__call__", "grad", "hess"):
        one_by_one = [getattr(part, name)(theta[:, s]) for s, part in enumerate(alone)]
        found = getattr(together, name)(theta)
        np.testing.assert_allclose(found, np.stack(one_by_one, axis=1), rtol=1e-12, atol=1e-14)
    if hasattr(f, "accuracy"):
        shares = [part.accuracy(theta[:, s]) for s, part in enumerate(alone)]
        np.testing.assert_array_equal(together.accuracy(theta), np.stack(shares, axis=1))


def test_a_pass_over_seeds_is_the_runs_one_by_one(f):
    rates = np.array([0.05, 0.2])
    deals = batches(f.n, 5, [np.random.default_rng(s) for s in range(3)])
    start = np.zeros((3, f.dim))
    together = run(adam, f, start, 12, batches=deals, lr=rates[:, None, None])
    for r, lr in enumerate(rates):
        for s in range(3):
            deal = batches(f.n, 5, np.random.default_rng(s))
            alone = run(adam, f, start[s], 12, batches=deal, lr=lr)
            np.testing.assert_allclose(together.theta[:, r, s], alone.theta, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(together.evaluations["grad"], alone.evaluations["grad"])


def test_a_batch_has_its_own_bound_on_the_curvature():
    f = CASES["softmax"]
    whole, part = f.lipschitz, f.batch([0]).lipschitz
    assert part == pytest.approx((f.X[0] @ f.X[0]) / 2)
    assert part != whole


def test_a_full_gradient_counts_its_examples():
    f = CASES["softmax"]
    assert run(gd, f, np.zeros(f.dim), 2, lr=0.1).evaluations["grad"].tolist() == [0, 23, 46]


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("X has shape", lambda: LeastSquares([1.0, 2.0], [1.0, 2.0])),
        ("y has shape", lambda: LeastSquares([[1.0], [2.0]], [1.0])),
        ("X=nan must be finite", lambda: LeastSquares([[np.nan]], [1.0])),
        ("l2=-1 must be at least 0", lambda: LeastSquares([[1.0]], [1.0], l2=-1)),
        ("y=3 is no class; those are 0 to 2", lambda: Softmax([[1.0]], [3], 3)),
        ("y=0.5 is no class", lambda: Softmax([[1.0]], [0.5], 3)),
        ("classes=0 must be a whole number", lambda: Softmax([[1.0]], [0], 0)),
        ("must be a list of at least one", lambda: CASES["softmax"].batch([])),
        ("index=23 is no example", lambda: CASES["softmax"].batch([1, 23])),
        (r"needs \(\.\.\., 16\)", lambda: CASES["softmax"]([1.0, 2.0])),
        (r"needs \(\.\.\., 2, 16\)", lambda: CASES["softmax"].batch([[1], [2]])(np.zeros((3, 16)))),
        ("size=8 is more than the n=7", lambda: batches(7, 8, RNG)),
        ("size=0 must be a whole number", lambda: batches(7, 0, RNG)),
        ("rng=3 must be a generator", lambda: batches(7, 3, 3)),
        (r"rng=\[\] must be a generator", lambda: batches(7, 3, [])),
        ("rng=3 must be a generator", lambda: batches(7, 3, [RNG, 3])),
        (
            "must be an iterator",
            lambda: run(gd, CASES["softmax"], np.zeros(16), 3, lr=0.1, batches=[[1, 2]]),
        ),
    ],
)
def test_bad_input_gets_one_sentence(words, call):
    with pytest.raises((ValueError, TypeError), match=words) as told:
        call()
    assert "\n" not in str(told.value)
