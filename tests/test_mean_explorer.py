"""Explorers of means over examples: they run what `run` runs, and show parameters as pictures."""

import io
from functools import partial

import numpy as np
import pytest
from PIL import Image

from course_lib import (
    Goal,
    LeastSquares,
    Softmax,
    adagrad,
    adam,
    batches,
    explore,
    functions,
    gd,
    linear,
    logarithmic,
    newton,
    race,
    run,
)
from course_lib.mean_panels import MEAN_PANELS

RNG = np.random.default_rng(0)
F = Softmax(RNG.normal(size=(60, 9)), RNG.integers(3, size=60), 3, l2=0.01)
ZERO = np.zeros(F.dim)
LINE = LeastSquares(RNG.normal(size=(30, 2)), RNG.normal(size=30))
SETTINGS = {"batch_size": 8, "seeds": 3}


@pytest.fixture
def explorer():
    return explore(
        adagrad, F, ZERO, 80, **SETTINGS, lr=logarithmic(0.001, 10, 0.01),
        panels=("loss", "weights", "rates"),
        goal=Goal("J below 1 for all seeds", lambda trace: (trace.loss[-1] < 1).all()),
    )  # fmt: skip


def pixels(explorer):
    return np.asarray(Image.open(io.BytesIO(explorer.picture.still())).convert("RGB")).astype(int)


def test_it_shows_what_run_runs(explorer):
    rngs = [np.random.default_rng(seed) for seed in range(3)]
    trace = run(adagrad, F, np.zeros((3, F.dim)), 80, batches=batches(60, 8, rngs), lr=0.01)
    np.testing.assert_array_equal(explorer.trace.end, trace.theta[-1])
    np.testing.assert_array_equal(explorer.trace.loss[-1], trace.loss[-1])
    line = explorer.look().panels[0].lines["adagrad"]
    np.testing.assert_allclose(line.get_ydata()[-1], np.median(trace.loss[-1]))
    assert line.get_xdata()[-1] == pytest.approx(10)  # 8 batches an epoch


def test_the_sliders_move_the_picture_and_the_goal(explorer):
    first = pixels(explorer)
    assert not explorer.goal_reached()
    explorer.controls["lr"].set(0.3)
    assert explorer.goal_reached()
    assert np.abs(pixels(explorer) - first).max() > 100
    explorer.reset()
    assert not explorer.goal_reached()
    np.testing.assert_array_equal(pixels(explorer), first)


def test_the_tiles_are_the_weights_of_the_step_shown(explorer):
    explorer.walk.slider.value = 40
    assert "After 40 of 80 steps, 5.0 epochs" in repr(explorer)
    weights, rates = explorer.look().panels[1:]
    W, _ = F.unflatten(explorer.shown["adagrad"].theta[-1, 0])
    drawn = weights.image.get_array().compressed().reshape(-1)
    assert sorted(drawn) == sorted(W.ravel())
    assert sorted(rates.image.get_array().compressed()) == sorted(
        F.unflatten(explorer.trace.inner["rate"][explorer.trace.at[1:] == 40][0, 0])[0].ravel()
    )
    top, left = weights._corner(2)
    tile = weights.image.get_array()[top : top + 3, left : left + 3]
    np.testing.assert_array_equal(tile, W[2].reshape(3, 3))


def test_before_the_first_step_there_are_no_rates(explorer):
    explorer.walk.slider.value = 0
    assert explorer.look().panels[2].scale.get_text() == "before the first step"
    assert explorer.look().panels[2].image.get_array().mask.all()
    assert explorer.look().panels[1].scale.get_text() == "all are 0"
    assert explorer.trouble == ""


def test_divergence_is_shown_and_said():
    wild = explore(gd, LINE, (5, 5), 400, **SETTINGS, lr=logarithmic(0.01, 1e6, 0.1))
    assert "between" in repr(wild)
    wild.controls["lr"].set(1e6)
    assert "3 of 3 seeds diverged" in repr(wild)
    assert wild.trouble == ""


def test_without_batches_it_is_full_gradient_descent():
    full = explore(gd, F, ZERO, 20, lr=logarithmic(0.01, 1, 0.5))
    alone = run(gd, F, ZERO, 20, lr=0.5)
    np.testing.assert_allclose(full.trace.loss[:, 0], alone.loss, rtol=1e-12)
    assert full.trace.evaluations["grad"][-1] == 20 * F.n


def test_a_readers_own_step_races():
    def mine(f, theta, t, *, lr):
        return theta - lr * np.sign(f.grad(theta)), {}

    rates = logarithmic(0.001, 1, 0.01)
    shown = race([partial(mine, lr=rates), partial(adam, lr=0.01)], F, ZERO, 40, **SETTINGS)
    assert repr(shown).count("for 3 seeds") == 2
    shown.controls["mine: lr"].set(0.1)
    assert list(shown.traces) == ["mine", "adam"]


def test_a_step_that_fails_is_said():
    def broken(f, theta, t, *, lr):
        if lr > 0.5:
            raise ZeroDivisionError("too fast")
        return theta - lr * f.grad(theta), {}

    shown = explore(broken, F, ZERO, 20, **SETTINGS, lr=linear(0.1, 1, 0.2))
    shown.controls["lr"].set(0.9)
    assert repr(shown) == "ZeroDivisionError: too fast"
    shown.reset()
    assert shown.trouble == ""


@pytest.mark.parametrize("panel", MEAN_PANELS)
def test_every_panel_has_a_still(panel):
    shown = explore(adagrad, F, ZERO, 10, **SETTINGS, lr=linear(0.1, 1, 0.2), panels=(panel,))
    data, metadata = shown._repr_mimebundle_()
    assert data["image/png"]
    assert "3 seeds" in metadata["image/png"]["alt"]


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("batch_size and seeds need a mean", lambda: explore(gd, functions.booth(), (0, 0), lr=0.1,
                                                             batch_size=3)),
        ("seeds=3 needs a batch_size", lambda: explore(gd, F, ZERO, lr=0.1, seeds=3)),
        ("seeds=0 must be a whole number", lambda: explore(gd, F, ZERO, lr=0.1, seeds=0)),
        ("size=61 is more than", lambda: explore(gd, F, ZERO, lr=0.1, batch_size=61)),
        ("panels='surface' is no panel; there are: loss, weights, rates",
         lambda: explore(gd, F, ZERO, lr=0.1, panels=("surface",))),
        ("no square pictures", lambda: explore(gd, Softmax([[1.0, 2.0]], [0], 2), np.zeros(6),
                                               lr=0.1, panels=("weights",))),
        ("has no classes", lambda: explore(gd, LINE, (0, 0), lr=0.1, panels=("weights",))),
        ("panels='weights' shows one method",
         lambda: race([newton, partial(gd, lr=0.1)], F, ZERO, panels=("weights",))),
        ("record='rate' is nothing this run has",
         lambda: explore(gd, F, ZERO, lr=0.1, panels=("rates",))),
        ("start has shape", lambda: explore(gd, F, np.zeros((2, F.dim)), lr=0.1)),
        ("start has shape", lambda: explore(gd, F, (0, 0), lr=0.1)),
        ("gd makes 2 runs at once",
         lambda: explore(gd, F, ZERO, lr=np.array([[[0.1]], [[0.2]]]), batch_size=8)),
    ],
)  # fmt: skip
def test_bad_input_gets_one_sentence(words, call):
    with pytest.raises((TypeError, ValueError), match=words.replace("(", r"\(")) as told:
        call()
    assert "\n" not in str(told.value)
