"""The explorer: its picture follows its sliders, its words are true, and it survives anything."""

import base64
import io
import re
from functools import partial

import numpy as np
import pytest
import sympy as sp
from PIL import Image

from course_lib import (
    Goal,
    Symbolic,
    explore,
    functions,
    gd,
    gd_armijo,
    linear,
    live,
    logarithmic,
    momentum,
    newton,
    race,
    run,
    small_gradient,
    whole,
)
from course_lib.controls import Control
from course_lib.panels import PANELS
from course_lib.plots import figure

BOWL = functions.quadratic(10)
GOAL = Goal("J below 1e-6", lambda trace: trace.loss[-1] < 1e-6)


@pytest.fixture
def explorer():
    return explore(gd, BOWL, (-4, 2), 50, lr=logarithmic(0.005, 0.25, 0.02), goal=GOAL)


def drawn(explorer):
    """Tell whether something moves in the picture, beside what stays."""
    return Image.open(io.BytesIO(explorer.picture.layer().png)).size != (1, 1)


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def test_the_picture_follows_the_slider_and_reset_brings_it_back(explorer):
    first = explorer.picture.still()
    control = explorer.controls["lr"]
    control.slider.value = control.stops[-1]
    assert np.abs(pixels(explorer.picture.still()) - pixels(first)).max() > 100
    control.set(control.spec.value)
    assert explorer.picture.still() == first


def test_slider_and_box_always_agree_and_each_change_is_drawn_once(explorer, monkeypatch):
    drawn = []
    layer = explorer.picture.layer
    monkeypatch.setattr(explorer.picture, "layer", lambda: drawn.append(1) or layer())
    control = explorer.controls["lr"]
    control.slider.value = 0.005
    assert (control.value, control.box.value, len(drawn)) == (0.005, 0.005, 1)
    control.box.value = 0.1234567
    assert (control.value, len(drawn)) == (0.1234567, 2)
    assert control.slider.value == pytest.approx(0.1234567, rel=0.02)
    control.box.value = 99
    assert (control.value, control.box.value, control.slider.value) == (0.25, 0.25, 0.25)
    assert len(drawn) == 3


def test_the_goal_lights_up_only_when_it_is_reached(explorer):
    assert not explorer.goal_reached()
    assert "○ Goal" in explorer.words.value
    explorer.controls["lr"].set(0.18)
    assert explorer.goal_reached()
    assert "✔ Goal reached" in explorer.words.value


@pytest.mark.parametrize(
    ("lr", "words"),
    [(0.02, "50 steps: J = 1.06."), (0.25, "Diverging: after 50 steps J has grown from 28 to")],
)
def test_the_readout_says_how_it_ended(explorer, lr, words):
    explorer.controls["lr"].set(lr)
    assert words in explorer.words.value
    assert words in repr(explorer)


def test_divergence_is_drawn_and_said():
    explorer = explore(gd, functions.rosenbrock(), (-1.5, 2), 50, lr=logarithmic(1e-4, 1, 1e-3))
    before = pixels(explorer.picture.still())
    explorer.controls["lr"].set(1)
    assert "Diverged: after" in explorer.words.value
    assert np.abs(pixels(explorer.picture.still()) - before).max() > 100


def test_the_output_is_a_live_view_and_a_still():
    explorer = explore(gd, BOWL, (-4, 2), lr=0.1)
    bundle, metadata = explorer._repr_mimebundle_()
    assert metadata == {"image/png": {"alt": explorer.describe()}}
    assert set(bundle) == {
        "application/vnd.jupyter.widget-view+json", "image/png", "text/plain",
    }  # fmt: skip
    assert pixels(base64.b64decode(bundle["image/png"])).std() > 10


def test_one_variable_is_drawn_on_its_curve():
    explorer = explore(gd, functions.double_well(), (1.8,), 20, lr=logarithmic(0.001, 0.5, 0.05))
    assert "double well" in repr(explorer)
    assert drawn(explorer)


def test_a_readers_own_step_and_function_are_welcome():
    def mine(f, theta, t, v=0.0, *, lr, weight):
        v = weight * v + f.grad(theta)
        return theta - lr * v, {"v": v}

    own = Symbolic("x^2 + x*y + y^2", window=((-2, 2), (-2, 2)))
    sliders = dict(lr=linear(0.01, 0.5, 0.1), weight=linear(0, 0.9, 0.5))
    ours = explore(momentum, own, (1, 1), lr=0.1, beta=0.5)
    np.testing.assert_array_equal(
        explore(mine, own, (1, 1), **sliders).trace.theta, ours.trace.theta
    )


def test_a_step_that_fails_is_reported_and_the_explorer_lives_on():
    def brittle(f, theta, t, *, lr):
        if lr > 0.5:
            raise RuntimeError("too <fast>")
        return theta - lr * f.grad(theta), {}

    explorer = explore(brittle, BOWL, (1, 1), lr=linear(0.1, 1, 0.1))
    still = explorer.picture.still()
    explorer.controls["lr"].set(0.9)
    assert "<b>RuntimeError:</b> too &lt;fast&gt;" in explorer.words.value
    explorer.controls["lr"].set(0.1)
    assert explorer.picture.still() == still


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: explore(gd, BOWL, (0, 0), lr=-1), "lr=-1 must be above 0"),
        (lambda: explore(gd, BOWL, (0, 0)), "gd needs a value for lr"),
        (lambda: explore(gd, BOWL, (0, 0), rate=1), "gd has no hyper-parameter rate"),
        (lambda: explore(gd, BOWL, (0,), lr=1), "start has shape"),
        (lambda: explore(gd, BOWL, ((0, 0), (1, 1)), lr=1), "one start"),
        (lambda: explore(gd, Symbolic("x*y*z"), (0, 0, 0), lr=1), "cannot be drawn"),
        (lambda: explore(gd, [BOWL, Symbolic("x^2")], (0, 0), lr=1), "same number of variables"),
        (lambda: explore(gd, BOWL, (0, 0), lr=1, panels=["los"]), "'los' is no panel; there are"),
        (lambda: race([gd, newton], BOWL, (0, 0), panels=["search"]), "race has several"),
        (lambda: race([gd] * 2, BOWL, (0, 0)), "gd.* twice"),
        (lambda: race([], BOWL, (0, 0)), "nothing to compare"),
        (lambda: race({str(n): newton for n in range(8)}, BOWL, (0, 0)), "room for 7"),
        (
            lambda: explore(gd, BOWL, (0, 0), lr=linear(0.1, 1, 0.5)).controls["lr"].set("x"),
            "value",
        ),
        (lambda: linear(1, 0, 0.5), "value=0.5 must be at least 1"),
        (lambda: linear(0, 1, 2), "high=1 must be at least 2"),
        (lambda: logarithmic(0, 1, 0.5), "low=0 must be above 0"),
        (lambda: logarithmic(0.1, 1, np.nan), "value=nan must be finite"),
    ],
)
def test_bad_input_gets_one_sentence(call, words):
    with pytest.raises((ValueError, TypeError), match=words):
        call()


def test_a_whole_slider_shows_and_takes_whole_numbers_only():
    told = []
    control = Control("B", whole(1, 60, 8), lambda: told.append(control.value))
    assert control.stops == list(range(1, 61))
    control.box.value = 8.3
    assert (control.box.value, control.slider.value, told) == (8, 8, [])
    control.box.value = 15.6
    assert (control.box.value, control.slider.value, told) == (16, 16, [16])
    assert isinstance(control.value, int)
    stops = whole(1, 1797, 32).stops()
    assert {1, 32, 1797} < set(stops)
    assert len(stops) == 202
    with pytest.raises(ValueError, match=r"value=8\.5 must be a whole number"):
        whole(1, 60, 8.5)


def test_a_narrow_range_still_has_a_slider_full_of_stops():
    for spec in (linear(0.99, 0.9999, 0.999), linear(1000, 1001, 1000.5), logarithmic(1, 1.01, 1)):
        assert len(spec.stops()) > 100
        assert {spec.low, spec.value, spec.high} < set(spec.stops())


@pytest.mark.parametrize("text", ["1/x^2 + x^2", "log(x)", "0*x + 3", "1/x^2 + y^2", "log(x*y)"])
def test_poles_holes_and_constants_are_drawn(text):
    symbols = [s for s in sp.symbols("x y", real=True) if s.name in text]
    f = Symbolic(text, symbols, window=[(-2, 2)] * len(symbols))
    explorer = explore(gd, f, (1,) * f.dim, 5, lr=0.01)
    assert drawn(explorer)


def test_a_student_who_meets_the_error_at_the_start_sees_it():
    def broken(f, theta, t, *, lr):
        return theta

    with pytest.raises(TypeError, match="broken must return"):
        explore(broken, BOWL, (1, 1), lr=0.1)


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_follows_the_step(panel):
    explorer = explore(newton, functions.rosenbrock(), (-1.5, 2), 9, panels=(panel,))
    seen = {explorer.picture.layer()}
    for step in (0, 1, 5):
        explorer.walk.slider.value = step
        assert f"Step {step} of 9: J = " in explorer.words.value
        seen.add(explorer.picture.layer())
    assert len(seen) == 4


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_bears_a_divergence(panel):
    explorer = explore(
        partial(gd_armijo, alpha0=1e300) if panel == "search" else partial(gd, lr=0.01),
        functions.rosenbrock(), (-1.5, 2), 9, panels=(panel,),
    )  # fmt: skip
    assert drawn(explorer)
    assert panel == "search" or "Diverg" in explorer.words.value


def test_the_search_panel_shows_the_trials_of_the_step():
    explorer = explore(
        gd_armijo, functions.quadratic(10), (4, 2), 5, panels=("search",), beta=0.5, c=0.3
    )
    explorer.walk.slider.value = 1
    (panel,) = explorer.look().panels
    trials, alpha = (explorer.trace.inner[name][0] for name in ("trials", "alpha"))
    assert len(panel.rejected.get_xdata()) + len(panel.above.get_xdata()) == trials - 1
    assert panel.accepted.get_xdata().tolist() == [alpha]
    x = panel.phi.get_xdata()
    f, theta = explorer.f, np.array([4.0, 2.0])
    change = f(theta - x[:, None] * f.grad(theta)) - f(theta)
    np.testing.assert_allclose(panel.phi.get_ydata(), change)
    accepted = panel.accepted.get_ydata()[0]
    assert accepted <= -0.3 * alpha * (f.grad(theta) ** 2).sum()


def test_a_search_without_an_acceptable_step_is_shown_and_said():
    f = Symbolic("1 + x^2", window=((-2, 2),), minima=(0,))
    explorer = explore(gd_armijo, f, (1e-9,), 5, panels=("surface", "search"))
    assert explorer.trace.outcome == "stalled"
    assert "No acceptable step" in explorer.words.value
    assert "no acceptable" in explorer.look().panels[1].note.get_text()


def test_the_start_can_be_pointed_at_and_reset_brings_it_back(explorer):
    panel = explorer.look().panels[0]
    left, top, right, bottom = explorer.stage.area
    explorer.stage.pointed = [(left + right) / 2, (top + bottom) / 2]
    assert explorer.start.point.tolist() == [0, 0]
    assert explorer.trace.loss[-1] == 0
    assert not explorer.goal_reached(), "a goal counts from the given start only"
    assert panel.lines["gd"][1].get_xdata().tolist() == [0]
    explorer.reset()
    assert explorer.start.point.tolist() == [-4, 2]


def test_a_goal_for_any_start_counts_from_any_start():
    goal = GOAL._replace(any_start=True)
    explorer = explore(gd, BOWL, (-4, 2), 50, lr=0.1, goal=goal)
    explorer.start.set((0.0, 0.0))
    assert explorer.goal_reached()


def test_the_loss_can_be_chosen_and_typed_and_nonsense_is_survived():
    explorer = explore(gd, [BOWL, functions.booth()], (-4, 2), 9, lr=0.01)
    explorer.choice.list.value = 1
    assert "gd on Booth from (-4, 2)" in repr(explorer)
    explorer.choice.list.value = 2
    explorer.choice.formula.value = "x^2 + y^4"
    assert "x**2 + y**4" in repr(explorer)
    shown = explorer.picture.still()
    for nonsense in ("", "x +", "import os", "z^2", "1/0", "9**9**9"):
        explorer.choice.formula.value = nonsense
        assert (
            "expr=" in explorer.choice.trouble.value or "symbols=" in explorer.choice.trouble.value
        )
        explorer.walk.slider.value = 3
        assert explorer.choice.trouble.value
        explorer.walk.slider.value = 9
        assert explorer.picture.still() == shown
    explorer.choice.formula.value = "x^2"
    assert not explorer.choice.trouble.value
    explorer.choice.formula.value = "x +"
    explorer.reset()
    assert explorer.choice.list.value == 0
    assert not explorer.choice.trouble.value
    assert explorer.choice.formula.value == str(BOWL.expr)
    assert repr(explorer).startswith("gd on quadratic(κ=10) from (-4, 2)")


def test_an_error_of_the_step_stays_until_a_run_succeeds():
    def fragile(f, theta, t, *, lr):
        if lr > 0.15:
            raise ZeroDivisionError("too brave")
        return theta - lr * f.grad(theta), {}

    explorer = explore(fragile, BOWL, (-4, 2), 9, lr=logarithmic(0.01, 0.2, 0.1))
    explorer.controls["lr"].set(0.2)
    assert "<b>ZeroDivisionError:</b> too brave" in explorer.words.value
    explorer.walk.slider.value = 3
    assert "too brave" in explorer.words.value
    explorer.controls["lr"].set(0.1)
    assert "too brave" not in explorer.words.value
    assert "Step 3 of 9" in explorer.words.value


def test_the_start_survives_a_loss_that_has_no_room_for_it():
    explorer = explore(gd, [BOWL, functions.beale()], (-4, 2), 50, lr=0.18, goal=GOAL)
    assert explorer.goal_reached()
    explorer.choice.list.value = 1
    assert explorer.start.point.tolist() == [-1, 1.5]
    assert "(counts for the first loss, from the first start)" in explorer.words.value
    explorer.choice.list.value = 0
    assert explorer.start.point.tolist() == [-4, 2]
    assert explorer.goal_reached()


def test_the_step_slider_stays_where_the_reader_put_it():
    explorer = explore(gd, functions.rosenbrock(), (-1.5, 2), 50, lr=logarithmic(1e-4, 1, 1e-3))
    explorer.walk.slider.value = 20
    explorer.controls["lr"].set(1)
    assert explorer.walk.now < 20
    explorer.controls["lr"].set(1e-3)
    assert explorer.walk.now == 20
    explorer.reset()
    assert explorer.walk.now == 50


def test_pointing_needs_a_map_and_bears_a_loss_that_cannot_be_drawn():
    explorer = explore(gd, BOWL, (-4, 2), 50, lr=0.1, panels=("loss",))
    explorer.stage.pointed = [0.5, 0.5, 1.0]
    assert explorer.stage.area == []
    assert explorer.start.point.tolist() == [-4, 2]
    explorer = explore(gd, BOWL, (-4, 2), 50, lr=0.1, panels=("loss", "surface"))
    left, top, right, bottom = explorer.stage.area
    explorer.stage.pointed = [(left + right) / 2, (top + bottom) / 2, 1.0]
    assert np.abs(explorer.start.point).max() < 0.1


@pytest.mark.parametrize(
    ("formula", "start"),
    [
        ("exp(28.3*x^2) + y^2", (1, 1)),
        ("10^16 + x*y", (1, 1)),
        ("log(-1 - x^2 - y^2)", (1, 1)),
        ("x^2 + y^2 - 5", (2, 1)),
        ("x^4 + y^2", (1e160, 1e160)),
    ],
)
@pytest.mark.parametrize("panel", PANELS)
def test_extreme_losses_are_borne(formula, start, panel):
    explorer = explore(gd_armijo, formula, start, 5, panels=(panel,))
    assert len(explorer.picture.still()) > 1000


def test_a_loss_below_zero_has_its_points_in_the_loss_panel():
    assert drawn(explore(gd, "x^2 + y^2 - 5", (2, 1), 5, lr=0.1, panels=("loss",)))


def test_a_far_window_shows_its_own_start():
    far = Symbolic("x^2 + y^2", window=((-1e9, 1e9), (-1e9, 1e9)))
    explorer = explore(gd, far, (9e8, 9e8), 1, lr=1e-9)
    line, _ = explorer.look().panels[0].lines["gd"]
    assert line.get_xdata()[0] == 9e8


@pytest.mark.parametrize("make", [getattr(functions, name) for name in functions.__all__])
def test_every_loss_can_be_typed_as_it_is_shown(make):
    loss = make()
    explorer = explore(gd, [loss, loss], loss.window and [w[0] for w in loss.window], 2, lr=0.01)
    explorer.choice.list.value = 2
    assert not explorer.choice.trouble.value
    assert explorer.f.expr.equals(loss.expr)


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("n_steps=0 must be a whole number", lambda: explore(gd, BOWL, (1, 1), 0, lr=0.1)),
        ("n_steps='9' must be", lambda: explore(gd, BOWL, (1, 1), "9", lr=0.1)),
        ("is no goal; write Goal", lambda: explore(gd, BOWL, (1, 1), lr=0.1, goal=print)),
        ("panels='surface' must be a list", lambda: explore(gd, BOWL, (1, 1), panels="surface")),
        ("panels=3 must be a list", lambda: explore(gd, BOWL, (1, 1), lr=0.1, panels=3)),
        ("panels is empty", lambda: explore(gd, BOWL, (1, 1), panels=())),
        ("shows a line search", lambda: explore(gd, BOWL, (1, 1), lr=0.1, panels=("search",))),
        ("gd makes 2 runs", lambda: explore(gd, BOWL, (1, 1), lr=np.array([[0.1], [0.2]]))),
        ("step='gd' is not a function", lambda: explore("gd", BOWL, (1, 1), lr=0.1)),
        ("figure=3 is no figure", lambda: live(3, [], str, x=linear(0, 1, 0))),
        ("must be a list of what moves", lambda: live(figure()[0], 3, str, x=linear(0, 1, 0))),
        ("move=3 is not a function", lambda: live(figure()[0], [], 3, x=linear(0, 1, 0))),
        ("move returned None", lambda: live(figure()[0], [], lambda x: None, x=linear(0, 1, 0))),
        ("is no goal", lambda: live(figure()[0], [], str, goal=3, x=linear(0, 1, 0))),
        ("high - low=inf", lambda: linear(-1e308, 1e308, 0)),
    ],
)
def test_what_cannot_be_shown_gets_one_sentence(words, call):
    with pytest.raises((TypeError, ValueError), match=re.escape(words)) as told:
        call()
    assert "\n" not in str(told.value)


def test_a_failed_run_is_said_and_reaches_no_goal():
    def fragile(f, theta, t, *, lr):
        if lr > 0.15:
            raise ZeroDivisionError("too brave")
        return theta - lr * f.grad(theta), {}

    goal = Goal("any", lambda trace: True)
    explorer = explore(fragile, BOWL, (-4, 2), 9, lr=logarithmic(0.01, 0.2, 0.1), goal=goal)
    assert explorer.goal_reached()
    explorer.controls["lr"].set(0.2)
    assert not explorer.goal_reached()
    assert repr(explorer) == explorer.stage.alt == "ZeroDivisionError: too brave"


def test_a_panel_that_fails_at_one_step_is_back_at_the_next():
    class Moody:
        def __init__(self, ax, scene):
            self.ax, self.artists = ax, []

        def move(self, traces):
            (trace,) = traces.values()
            trace.inner["g"][-1]

    explorer = explore(gd, BOWL, (-4, 2), 9, lr=0.1, panels=(Moody,))
    explorer.walk.slider.value = 0
    assert "IndexError" in explorer.words.value
    explorer.walk.slider.value = 4
    assert "Step 4 of 9" in explorer.words.value


def test_a_narrow_window_has_its_sliders():
    assert len(linear(1, 1 + 1e-14, 1).stops()) > 2


def test_widgets_of_an_old_start_leave_the_page():
    explorer = explore(gd, [BOWL, functions.beale()], (-1, 1), 5, lr=0.01)
    old = list(explorer.start.controls.values())
    explorer.choice.list.value = 1
    assert all(part.comm is None for control in old for part in (control.slider, control.box))


def test_a_text_is_a_loss():
    explorer = explore(gd, "x^2 + 3*y^2", (8, 1), lr=0.1)
    assert explorer.f.window == ((-10, 10), (-10, 10))


def test_a_race_compares_by_steps_and_by_evaluations():
    methods = [partial(gd, lr=logarithmic(0.01, 0.2, 0.1)), gd_armijo]
    contest = race(methods, BOWL, (-4, 2), 20)
    assert list(contest.controls) == ["gd: lr"]
    assert "gd</b>: 20 steps" in contest.words.value
    contest.walk.clock.value = "evaluations"
    contest.walk.slider.value = 20
    steps = {name: trace.steps for name, trace in contest.shown.items()}
    assert steps["gd"] == 20
    assert 0 < steps["gd_armijo"] < 20
    contest.controls["gd: lr"].set(0.05)
    np.testing.assert_array_equal(
        contest.traces["gd"].theta, run(gd, BOWL, (-4, 2), 20, lr=0.05).theta
    )


def test_a_run_that_ends_early_shortens_the_step_slider():
    explorer = explore(
        gd, BOWL, (-4, 2), 200, lr=linear(0.01, 0.19, 0.1), until=small_gradient(1e-3)
    )
    assert explorer.walk.slider.max == explorer.walk.now == explorer.trace.steps < 200
    explorer.walk.slider.value = 3
    explorer.controls["lr"].set(0.15)
    assert explorer.walk.now == 3


def test_a_figure_of_ones_own_follows_its_sliders():
    fig, ax = figure()
    (dot,) = ax.plot([], [], "o")
    ax.set(xlim=(0, 2), ylim=(0, 4))

    def move(x):
        if x > 1.5:
            raise RuntimeError("too far")
        dot.set_data([x], [x * x])
        return f"{x:g} < {x * x:g}"

    goal = Goal("x above 1.2", lambda values: values["x"] > 1.2)
    own = live(fig, [dot], move, x=linear(0, 2, 0.5), goal=goal)
    first = own.picture.still()
    assert "0.5 &lt; 0.25" in own.words.value
    own.controls["x"].set(1.25)
    assert own.goal_reached()
    assert own.picture.still() != first
    own.controls["x"].set(2)
    assert "too far" in own.words.value
    own.reset()
    assert own.picture.still() == first


@pytest.mark.parametrize(
    ("sliders", "words"), [({}, "at least one slider"), ({"x": 3}, "x=3 is no slider")]
)
def test_a_live_figure_wants_sliders(sliders, words):
    fig, _ = figure()
    with pytest.raises((TypeError, ValueError), match=words):
        live(fig, [], lambda **_: "", **sliders)
