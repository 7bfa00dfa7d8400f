"""Parity: every method walks the path that a library of the same convention walks."""

import json
from collections import defaultdict

import numpy as np
import pytest

import course_lib
from course_lib import functions, run
from course_lib.steps import __all__ as METHODS
from tests.references.make_references import (
    CASES,
    N_STEPS,
    OPTAX,
    STORED,
    TORCH,
    Case,
    trajectory,
)

STORED_TRAJECTORIES = json.loads(STORED.read_text(encoding="utf-8"))


def ours(case: Case) -> np.ndarray:
    step, f = getattr(course_lib, case.method), getattr(functions, case.function)()
    return run(step, f, case.start, N_STEPS, **case.hyper).theta


@pytest.mark.parametrize("case", CASES, ids=str)
def test_run_reproduces_the_stored_trajectory(case):
    stored = STORED_TRAJECTORIES[str(case)]
    np.testing.assert_allclose(ours(case), stored, rtol=0, atol=1e-10)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_run_agrees_with_the_library_itself(case):
    reason = f"{case.library} is not installed: pip install -r benchmarks/peers.txt"
    pytest.importorskip(case.library, reason=reason)
    np.testing.assert_allclose(ours(case), trajectory(case), rtol=0, atol=1e-10)


def test_the_stored_file_holds_just_the_cases():
    assert set(STORED_TRAJECTORIES) - {"made by"} == {str(case) for case in CASES}
    assert all(np.shape(STORED_TRAJECTORIES[str(case)]) == (N_STEPS + 1, 2) for case in CASES)


def test_every_method_has_three_configurations_and_a_large_eps():
    configurations = defaultdict(list)
    for case in CASES:
        configurations[case.method].append(case.hyper)
    assert set(configurations) == set(METHODS) == {*TORCH, *OPTAX}
    for hypers in configurations.values():
        assert len(hypers) >= 3
        assert "eps" not in hypers[0] or 0.1 in [hyper["eps"] for hyper in hypers]
