"""Schedules: what they are at every step, the same as torch's, for one rate or a grid of them."""

import numpy as np
import pytest

from course_lib import functions, gd, momentum, run, schedules

STEPS = 40


def torch_rates(make):
    """Return the rates that torch's scheduler gives to steps 1, 2, … of a run."""
    torch = pytest.importorskip("torch", reason="pip install -r benchmarks/peers.txt")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    rates = []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (schedules.step_decay(0.3, 7, 0.5), lambda lib, o: lib.StepLR(o, 7, 0.5)),
        (schedules.exponential(0.3, 0.9), lambda lib, o: lib.ExponentialLR(o, 0.9)),
        (
            schedules.cosine(0.3, STEPS, final=0.01),
            lambda lib, o: lib.CosineAnnealingLR(o, STEPS, eta_min=0.01),
        ),
        (
            schedules.inverse_time(0.3 * 5, 4.0),
            lambda lib, o: lib.LambdaLR(o, lambda done: 5 / (done + 5)),
        ),
        (
            schedules.one_cycle(0.3, STEPS),
            lambda lib, o: lib.OneCycleLR(o, 0.3, STEPS, cycle_momentum=False),
        ),
        (
            schedules.one_cycle(0.3, STEPS, share=0.6, start=0.1, final=0.05),
            lambda lib, o: lib.OneCycleLR(
                o,
                0.3,
                STEPS,
                pct_start=0.6,
                div_factor=10,
                final_div_factor=20,
                cycle_momentum=False,
            ),
        ),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_rates_are_those_of_torch(ours, theirs):
    found = [ours(t) for t in range(1, STEPS + 1)]
    np.testing.assert_allclose(found, torch_rates(theirs), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "make",
    [
        schedules.constant,
        lambda lr: schedules.step_decay(lr, 3),
        lambda lr: schedules.exponential(lr, 0.9),
        schedules.inverse_time,
        lambda lr: schedules.cosine(lr, 20),
        lambda lr: schedules.one_cycle(lr, 20),
        lambda lr: schedules.warmup(schedules.cosine(lr, 15), 5),
    ],
)
def test_a_grid_of_rates_is_the_rates_one_by_one(make):
    f, rates = functions.quadratic(4), np.array([0.02, 0.1])
    grid = run(gd, f, (1.0, 1.0), 20, lr=make(rates[:, None]))
    for r, lr in enumerate(rates):
        alone = run(gd, f, (1.0, 1.0), 20, lr=make(lr))
        np.testing.assert_allclose(grid.theta[:, r], alone.theta, rtol=1e-12)


def test_warm_up_rises_evenly_and_then_follows():
    after = schedules.cosine(0.4, 10)
    rates = [schedules.warmup(after, 4)(t) for t in range(1, 15)]
    np.testing.assert_allclose(np.diff(rates[:5]), 0.08)
    np.testing.assert_allclose(rates[4:], [after(t) for t in range(1, 11)])


@pytest.mark.filterwarnings("ignore")
def test_plateau_lowers_the_rate_where_torch_does():
    torch = pytest.importorskip("torch", reason="pip install -r benchmarks/peers.txt")
    f = functions.quadratic(4)
    plateau = schedules.Plateau(0.45, f, factor=0.5, patience=4)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.45)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=3, threshold=0
    )
    rates, theirs_rates = [], []

    def look(f, theta, theta_next, inner):
        rates.append(float(np.squeeze(plateau(1))))
        theirs_rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(rates) == 1:
            theirs.best = float(f(theta))  # torch does not know the start
        theirs.step(float(f(theta_next)))
        return plateau.look(f, theta, theta_next, inner)

    run(momentum, f, (1.0, 1.0), 60, lr=plateau, until=look)
    np.testing.assert_allclose(rates, theirs_rates)
    assert len(set(rates)) > 2


def test_each_run_has_its_own_plateau():
    f, rates = functions.quadratic(4), np.array([[0.1], [0.6]])  # 0.6 is above 2/L
    plateau = schedules.Plateau(rates, f, factor=0.5, patience=3)
    trace = run(gd, f, (1.0, 1.0), 60, lr=plateau, until=plateau.look)
    assert plateau.lr[0, 0] == 0.1
    assert plateau.lr[1, 0] < 0.5
    assert (trace.loss[-1] < 1e-3).all()


@pytest.mark.parametrize("share", [0.01, 0.3, 0.99])
@pytest.mark.parametrize("n_steps", [2, 3, 50])
def test_one_cycle_is_never_above_its_top(n_steps, share):
    rates = [schedules.one_cycle(0.4, n_steps, share=share)(t) for t in range(1, n_steps + 5)]
    assert np.isfinite(rates).all()
    assert max(rates) <= 0.4
    assert rates[n_steps - 1 :] == pytest.approx([0.4 / 25 * 1e-4] * 5)


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("lr=0 must be above 0", lambda: schedules.constant(0)),
        ("factor=1 must be below 1", lambda: schedules.step_decay(0.1, 3, 1.0)),
        ("every=0 must be a whole number", lambda: schedules.step_decay(0.1, 0)),
        ("factor=0 must be above 0", lambda: schedules.exponential(0.1, 0)),
        ("t0=-1 must be at least 0", lambda: schedules.inverse_time(0.1, -1)),
        ("n_steps=2.5 must be a whole number", lambda: schedules.cosine(0.1, 2.5)),
        ("final=-1 must be at least 0", lambda: schedules.cosine(0.1, 5, -1)),
        ("schedule=0.1 is not a schedule", lambda: schedules.warmup(0.1, 5)),
        ("share=1 must be below 1", lambda: schedules.one_cycle(0.1, 9, share=1)),
        ("n_steps=1 must be at least 2", lambda: schedules.one_cycle(0.1, 1)),
    ],
)
def test_bad_input_gets_one_sentence(words, call):
    with pytest.raises((ValueError, TypeError), match=words) as told:
        call()
    assert "\n" not in str(told.value)
