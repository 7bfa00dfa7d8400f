"""The stored result of the case study is what its script finds, and the lesson quotes it."""

import json
import shutil

import numpy as np
import pytest

from experiments import case_study
from experiments.case_study import FEW_SEEDS, GRIDS, PLAN, SEEDS, STORE, TUNING_SEEDS, Recipe

KEPT = json.loads(STORE.read_text())
# Other processors round differently, and a network amplifies it: so only the first epochs.


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """Return a copy of the store; afterwards the bars of runs may show themselves again."""
    monkeypatch.setenv("TQDM_DISABLE", "1")
    return shutil.copy(STORE, tmp_path / "case_study.json")


@pytest.mark.parametrize("name", [str(recipe) for recipe, _ in PLAN])
def test_each_rate_is_the_best_of_a_grid_with_both_neighbours(name):
    found = KEPT["recipes"][name]
    grid = {float(lr): right for lr, right in found["grid"].items()}
    assert len(grid) >= GRIDS[found["method"]][1] >= 6
    for lr, right in grid.items():
        runs = [KEPT["tuning"][f"{name} lr={lr:g} seed={seed}"] for seed in TUNING_SEEDS]
        assert right == np.mean([one["right"] for one in runs])
    assert grid[found["lr"]] == max(grid.values())
    assert not found["edge"]
    assert min(grid) < found["lr"] < max(grid)


def test_every_final_run_is_there_and_no_seed_has_tuned():
    assert not set(TUNING_SEEDS) & {*SEEDS, *FEW_SEEDS}
    wanted = [
        f"{recipe} lr={KEPT['recipes'][str(recipe)]['lr']:g} seed={seed}"
        for recipe, seeds in PLAN
        for seed in seeds
    ]
    assert sorted(KEPT["final"]) == sorted(wanted)


@pytest.mark.parametrize(
    ("recipe", "epochs", "tolerance"),
    [
        (Recipe(), 2, 40),
        (Recipe("mlp"), 2, 40),
        (Recipe(batch_norm=True), 1, 60),
        (Recipe(method="adam"), 2, 40),
    ],
    ids=str,
)
def test_the_first_epochs_are_those_stored(recipe, epochs, tolerance):
    lr = KEPT["recipes"][str(recipe)]["lr"]
    watch, _, _ = case_study.train(recipe, lr, seed=0, epochs=epochs)
    stored = KEPT["final"][f"{recipe} lr={lr:g} seed=0"]["right"][:epochs]
    np.testing.assert_allclose(watch.right, stored, atol=tolerance)


def test_a_second_call_makes_nothing_and_changes_no_byte(copy, monkeypatch):
    monkeypatch.setattr(case_study, "train", None)
    case_study.main(copy)
    assert copy.read_bytes() == STORE.read_bytes()


def test_a_lost_run_is_made_again(copy):
    recipe = Recipe("mlp")
    key = f"{recipe} lr={KEPT['recipes'][str(recipe)]['lr']:g} seed=3"
    shorter = {**KEPT, "final": {k: one for k, one in KEPT["final"].items() if k != key}}
    copy.write_text(json.dumps(shorter))
    case_study.main(copy)
    found = json.loads(copy.read_text())
    again, stored = found["final"].pop(key), KEPT["final"][key]
    assert found["final"] == shorter["final"]
    assert found["tuning"] == KEPT["tuning"]
    assert again.keys() == stored.keys()
    assert len(again["right"]) == len(stored["right"])
    for when in ("end", "best"):
        assert again[when].keys() == stored[when].keys()
        assert len(again[when]["test"]) == len(stored[when]["test"])


def test_another_experiment_is_not_mixed_in(copy):
    copy.write_text(json.dumps({**KEPT, "about": {"epochs": 1}}))
    with pytest.raises(ValueError, match="holds another experiment; move it away"):
        case_study.main(copy)
