"""The theory, held against runs."""

import numpy as np
import pytest

from course_lib import functions, gd, run, theory


@pytest.mark.parametrize("kappa", [1, 2, 10, 300])
def test_the_best_rate_contracts_as_promised_and_its_neighbours_do_worse(kappa):
    f = functions.quadratic(kappa)
    mu, L = theory.curvature(f, (0, 0))
    assert L / mu == pytest.approx(kappa)
    best = theory.best_lr(mu, L)

    def worst(lr):
        return np.abs(theory.contraction(lr, np.array([mu, L]))).max()

    assert worst(best) == pytest.approx(theory.gd_rate(kappa), abs=1e-12)
    assert worst(best) <= min(worst(0.99 * best), worst(1.01 * best))
    if kappa > 1:
        trace = run(gd, f, (1.0, 1.0), 40, lr=best)
        measured = theory.measured_rate(np.linalg.norm(trace.theta, axis=-1))
        assert measured == pytest.approx(theory.gd_rate(kappa), rel=1e-9)


@pytest.mark.parametrize(("lr", "grows"), [(1.99, False), (2.01, True)])
def test_divergence_begins_at_two_over_L(lr, grows):
    f = functions.himmelblau()
    minimum = f.minima[2]
    L = theory.curvature(f, minimum).L
    error = np.linalg.norm(run(gd, f, minimum + 1e-6, 400, lr=lr / L).theta - minimum, axis=-1)
    assert (error[-1] > 10 * error[0]) == grows


def test_curvature_of_a_saddle_has_no_condition_number():
    assert theory.curvature(functions.saddle(), (0, 0)).kappa == np.inf


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: theory.best_lr(0, 1), "mu=0 must be above 0"),
        (lambda: theory.best_lr(2, 1), "L=1 must be at least 2"),
        (lambda: theory.gd_rate(0.5), "kappa=0.5 must be at least 1"),
        (lambda: theory.measured_rate([1.0]), "first=0 leaves fewer than two of the 1 errors"),
        (lambda: theory.curvature(functions.booth(), (0, 0, 0)), "f has 2 parameters"),
    ],
)
def test_bad_input_gets_one_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
