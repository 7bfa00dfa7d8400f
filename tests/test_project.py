"""The project of exercise 13: its budget and its seeds."""

import numpy as np
import pytest

from course_lib import adam, batches, run
from course_lib.project import Budgeted, BudgetSpent, Project


@pytest.fixture(scope="module")
def trained():
    project = Project(seed=3)
    steps = 40_000 // 50 - 1
    deal = batches(project.f.n, 50, np.random.default_rng(0))
    trace = run(adam, project.f, project.start, steps, batches=deal, record=[], lr=0.01)
    return project, trace.end


def test_the_budget_is_enough_to_learn(trained):
    project, theta = trained
    assert project.score(theta) > 0.8
    assert 0 <= project.f.left < 50


def test_what_is_spent_is_spent(trained):
    project, theta = trained
    left = project.f.left
    for ask in (project.f, project.f.grad, project.f.batch(range(50)), project.f.batch([1] * 50)):
        with pytest.raises(BudgetSpent, match=f"{left} of 40000 are left"):
            ask(theta)
    assert project.f.left == left


def test_another_seed_has_other_data_and_another_start(trained):
    project, theta = trained
    other = Project(seed=4)
    assert other.score(theta) < 0.4
    assert (other.start != project.start).any()
    np.testing.assert_array_equal(Project(seed=4).start, other.start)


def test_every_point_of_a_grid_costs():
    f = Budgeted(Project(seed=0).f.f, 100)
    f.batch(np.arange(10)).grad(np.zeros((3, f.dim)))
    assert f.left == 70
    with pytest.raises(AttributeError, match="f has no X here"):
        _ = f.X
