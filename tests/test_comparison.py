"""Comparisons: every method runs as it runs alone, and what it asks for is counted to the one."""

from functools import partial

import numpy as np
import pytest
from dask.distributed import Client, LocalCluster
from joblib import parallel_config

from course_lib import (
    LeastSquares,
    adam,
    batches,
    compare,
    functions,
    gd,
    gd_armijo,
    linear,
    newton,
    run,
)  # fmt: skip
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


class TestContest:
    """Several rates and seeds on a mean over examples."""

    f = LeastSquares(np.random.default_rng(0).normal(size=(30, 2)), np.ones(30))
    rates = np.array([1e-3, 0.03, 0.1, 1e12])

    def test_each_rate_and_seed_is_the_lone_run(self):
        found = compare([gd, adam], self.f, (2, 2), 40, batch_size=4, seeds=3, lr=self.rates)
        for name, step in (("gd", gd), ("adam", adam)):
            assert found.finals[name].shape == (4, 3)
            for r, lr in enumerate(self.rates[:3]):
                for s in range(3):
                    deal = batches(30, 4, np.random.default_rng(s))
                    alone = run(step, self.f, (2.0, 2.0), 40, batches=deal, lr=lr)
                    assert found.finals[name][r, s] == pytest.approx(alone.loss[-1], rel=1e-12)

    def test_the_best_rate_has_the_lowest_median(self):
        found = compare([gd], self.f, (2, 2), 40, batch_size=4, seeds=3, lr=self.rates, every=10)
        medians = np.median(found.finals["gd"], axis=1)
        assert np.isinf(medians[-1])  # a huge rate diverges, and that is an outcome
        assert found.best["gd"] == self.rates[medians.argmin()] == found.traces["gd"].hyper["lr"]
        trace = found.traces["gd"]
        assert (trace.loss.shape, trace.end.shape) == ((5, 3), (3, 2))
        np.testing.assert_allclose(trace.loss[-1], self.f(trace.end), rtol=1e-12)
        np.testing.assert_array_equal(trace.loss[-1], found.finals["gd"][medians.argmin()])

    def test_little_memory_changes_nothing(self, monkeypatch):
        ask = partial(compare, [gd], self.f, (2, 2), 40, batch_size=4, seeds=3, lr=self.rates)
        at_once = ask()
        monkeypatch.setattr("course_lib.comparison.ROOM", 6)
        piecewise = ask()
        np.testing.assert_array_equal(piecewise.finals["gd"], at_once.finals["gd"])
        np.testing.assert_array_equal(piecewise.traces["gd"].loss, at_once.traces["gd"].loss)
        assert piecewise.best == at_once.best

    def test_several_at_a_time_give_the_same(self):
        ask = partial(compare, [gd, adam], self.f, (2, 2), 40, batch_size=4, seeds=3, lr=self.rates)
        alone, together = ask(), ask(n_jobs=2)
        for name in ("gd", "adam"):
            np.testing.assert_array_equal(together.finals[name], alone.finals[name])

    @pytest.mark.filterwarnings("ignore")
    def test_a_cluster_gives_the_same(self):
        def mine(f, theta, t, *, lr):
            return theta - lr * np.sign(f.grad(theta)), {}

        ask = partial(compare, [gd, mine], self.f, (2, 2), 40, batch_size=4, seeds=3, lr=self.rates)
        alone = ask()
        cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
        with cluster, Client(cluster), parallel_config(backend="dask"):
            far_away = ask()
        for name in ("gd", "mine"):
            np.testing.assert_array_equal(far_away.finals[name], alone.finals[name])

    def test_a_method_that_asks_twice_makes_half_the_steps(self):
        def twice(f, theta, t, *, lr):
            return theta - lr * f.grad(theta - lr * f.grad(theta)), {}

        found = compare([gd, twice], self.f, (2, 2), 40, batch_size=5, lr=[0.1])
        assert [trace.at[-1] for trace in found.traces.values()] == [40, 20]
        asked = [trace.evaluations["grad"][-1] for trace in found.traces.values()]
        assert asked == [200, 200]

    def test_rates_are_tried_where_eta_is_free(self):
        fixed, rates = partial(gd, lr=0.05), {"adam": [0.1, 0.2]}
        found = compare({"fixed": fixed, "adam": adam, "none": newton}, self.f, (2, 2), 9, lr=rates)
        assert list(found.rates) == ["adam"]
        named = compare([newton, gd], self.f, (2, 2), 9, lr={"newton": [0.1], "gd": [0.1]})
        assert list(named.rates) == ["gd"]
        everywhere = compare([gd, newton], self.f, (2, 2), 9, lr=[0.1, 0.2])
        assert list(everywhere.rates) == ["gd"]
        assert everywhere.traces["newton"].loss[-1, 0] == pytest.approx(self.f(self.f.minima[0]))

    def test_the_table_tells_of_the_edge_and_of_the_lost(self):
        found = compare([gd], self.f, (2, 2), 200, batch_size=4, seeds=3, lr=[1e12])
        assert found.rows()[0][-1] == "3 of 3 diverged"
        found = compare([gd], self.f, (2, 2), 10, batch_size=4, seeds=3, lr=[1e-4, 1e-3])
        assert found.rows()[0][-1] == "at the edge of its grid"
        assert "quartiles" in found._repr_markdown_()
        assert "quartiles" in repr(found)

    @pytest.mark.parametrize(
        ("words", "settings"),
        [
            ("seeds=3 needs a batch_size", {"seeds": 3}),
            ("seeds=0 must be a whole number", {"seeds": 0, "batch_size": 3}),
            ("size=99 is more than", {"batch_size": 99}),
            ("lr=-1 must be above 0", {"lr": [0.1, -1]}),
            ("lr has shape", {"lr": [[0.1]]}),
            ("lr has shape", {"lr": []}),
            ("lr names 'sgd'.*no such method: gd", {"lr": {"sgd": [0.1]}}),
        ],
    )
    def test_bad_input_gets_one_sentence(self, words, settings):
        with pytest.raises((TypeError, ValueError), match=words) as told:
            compare([gd], self.f, (2, 2), 5, **{"lr": [0.1], **settings})
        assert "\n" not in str(told.value)

    def test_batches_need_examples(self):
        with pytest.raises(TypeError, match="batch_size=3 needs a mean over examples"):
            compare([gd], F, START, 5, batch_size=3, lr=[0.1])
        with pytest.raises(ValueError, match="one start"):
            compare([gd], self.f, np.zeros((2, 2)), 5, lr=[0.1])
