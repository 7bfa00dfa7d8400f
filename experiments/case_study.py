"""The case study of lesson 15: a fair experiment about one sentence.

"After applying batch normalization, learning-rate scheduling and the Adam optimizer, training time
reduces, accuracy improves, and the model generalizes better." Here each change is tried alone, in
pairs, and all together, on MNIST-1D. Every recipe is tuned in the same way, on a grid of learning
rates of its own; then it is trained from ten seeds that the tuning has not seen.

    python -m experiments.case_study

writes ``case_study.json`` after every run, and a second call goes on where the first was stopped.
The numbers are the same each time on the same machine, apart from the seconds, which are those of
the processor. Use one BLAS thread (``OPENBLAS_NUM_THREADS=1``). It takes about 20 minutes on
one core.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import process_time
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from course_lib import adam, batches, gd, mnist1d, momentum, run, schedules, split
from course_lib.data import Examples
from course_lib.network import BatchNorm, Conv1d, Dense, Dropout, Flatten, Layer, Network, ReLU
from course_lib.types import Array

STORE = Path(__file__).with_suffix(".json")
EPOCHS = 40
WARM = 0.05  # the share of the steps in which a scheduled rate rises
SPLIT_SEED, TUNING_SEEDS, SEEDS, FEW_SEEDS = 15, (100, 101), range(10), range(5)
METHODS = {"gd": gd, "momentum": momentum, "adam": adam}
GRIDS = {"gd": (0.04, 6), "momentum": (0.005, 6), "adam": (0.00125, 6)}  # first rate, how many
MORE = 5  # rates that a grid may get in addition where the best is at its edge


@dataclass(frozen=True)
class Recipe:
    """How a network is built and trained; the learning rate is found by tuning."""

    model: str = "cnn"
    batch_norm: bool = False
    schedule: bool = False
    method: str = "gd"
    size: int = 50
    l2: float = 0.0
    dropout: float = 0.0

    def __str__(self) -> str:
        """Return what is not as in the plain recipe, as in ``cnn method=adam size=10``."""
        given = ((one.name, getattr(self, one.name), one.default) for one in fields(self)[1:])
        return " ".join([self.model, *(f"{k}={v:g}" if isinstance(v, float) else f"{k}={v}"
                                       for k, v, usual in given if v != usual)])  # fmt: skip

    def layers(self) -> list[Layer]:
        """Return the layers before the last: the two networks of Greydanus & Kobak (2024)."""
        norm: list[Layer] = [BatchNorm()] if self.batch_norm else []
        drop: list[Layer] = [Dropout(self.dropout)] if self.dropout else []
        if self.model == "mlp":
            return 2 * [Dense(100), *norm, ReLU(), *drop]
        filters = [Conv1d(25, width, stride=2, padding=1) for width in (5, 3, 3)]
        return [part for one in filters for part in (one, *norm, ReLU())] + [Flatten(), *drop]


PLAIN, FULL = Recipe(), Recipe(batch_norm=True, schedule=True, method="adam")
FACTORIAL = [
    Recipe("cnn", *parts) for parts in product((False, True), (False, True), ("gd", "adam"))
]
CONTROLS = [replace(PLAIN, method="momentum"), replace(FULL, method="momentum")]
MLPS = [replace(PLAIN, model="mlp"), replace(FULL, model="mlp")]
KNOBS = [
    *(replace(PLAIN, l2=l2) for l2 in (0.0003, 0.001, 0.003)),
    *(replace(PLAIN, dropout=share) for share in (0.1, 0.3, 0.5)),
    *(replace(PLAIN, size=size) for size in (10, 250)),
    replace(FULL, l2=0.001),
    replace(FULL, dropout=0.3),
]
PLAN = [*((recipe, SEEDS) for recipe in FACTORIAL + CONTROLS + MLPS),
        *((recipe, FEW_SEEDS) for recipe in KNOBS)]  # fmt: skip


class Watch:
    """Looks at the validation set after each epoch, and remembers θ at its lowest loss.

    It is a criterion for `run` that never ends the run. ``right`` are the numbers of right answers,
    ``losses`` the losses, ``seconds`` what the looks took.
    """

    def __init__(self, network: Network, validation: Network, steps: int) -> None:
        self.network, self.validation, self.steps = network, validation, steps
        self.t, self.seconds = 0, 0.0
        self.right: list[int] = []
        self.losses: list[float] = []

    def __call__(self, f: Any, theta: Array, theta_next: Array, inner: Any) -> bool:
        """Look, if an epoch is over."""
        self.t += 1
        if self.t % self.steps == 0:
            begin = process_time()
            right, loss = judge(self.network, self.validation, theta_next)
            if not self.losses or loss < min(self.losses):
                self.best = theta_next.copy()
            self.right.append(int(right.sum()))
            self.losses.append(loss)
            self.seconds += process_time() - begin
        return False


def judge(network: Network, others: Network, theta: Array) -> tuple[Array, float]:
    """Return which of ``others`` are recognised, and their mean cross-entropy, in evaluation.

    Batch norm uses the statistics of the training set, which is that of ``network``.
    """
    p = others.probabilities(theta, network.statistics(theta))
    loss = -np.log(np.maximum(p[np.arange(others.n), others.y], 1e-30)).mean()
    return p.argmax(-1) == others.y, float(loss) if np.isfinite(loss) else 1e9


@cache
def data() -> dict[str, Examples]:
    """Return training, validation and test set: 3000, 1000 and 1000 examples."""
    four_thousand, test = mnist1d()
    train, validation = split(four_thousand, 1000, np.random.default_rng(SPLIT_SEED))
    return {"train": train, "validation": validation, "test": test}


def train(recipe: Recipe, lr: float, seed: int, epochs: int = EPOCHS) -> tuple[Watch, Array, float]:
    """Train once; return what was seen on the way, θ at the end, and seconds of the processor."""
    sets = {
        name: (X if recipe.model == "mlp" else X[..., None], y) for name, (X, y) in data().items()
    }
    network: Any = Network(
        recipe.layers(), *sets["train"], classes=10, l2=recipe.l2, dtype=np.float32
    )
    steps = network.n // recipe.size
    rising = int(WARM * steps * epochs)
    falling = schedules.cosine(lr, steps * epochs - rising)
    watch = Watch(network, network.on(*sets["validation"]), steps)
    begin = process_time()
    trace = run(
        METHODS[recipe.method],
        network,
        network.start(np.random.default_rng([seed, 0])),
        steps * epochs,
        batches=batches(network.n, recipe.size, np.random.default_rng([seed, 1])),
        until=watch,
        record=[],
        lr=schedules.warmup(falling, rising) if recipe.schedule else lr,
    )
    return watch, trace.end, process_time() - begin - watch.seconds


def tuning_run(recipe: Recipe, lr: float, seed: int) -> dict[str, Any]:
    """Return what tuning looks at: validation accuracy and loss at the end."""
    watch, _, seconds = train(recipe, lr, seed)
    return {"right": watch.right[-1], "loss": round(watch.losses[-1], 4),
            "seconds": round(seconds, 2)}  # fmt: skip


def final_run(recipe: Recipe, lr: float, seed: int) -> dict[str, Any]:
    """Return the validation curve, and train and test results: at the end, and at the best epoch.

    ``test`` tells of each test example whether it was recognised: the bits of 125 bytes in hex. No
    other function looks at the test set, and none of its results is used to choose anything.
    """
    watch, end, seconds = train(recipe, lr, seed)
    network = watch.network
    X, y = data()["test"]
    test = network.on(X if recipe.model == "mlp" else X[..., None], y)
    best_epoch = int(np.argmin(watch.losses)) + 1
    found: dict[str, Any] = {"seconds": round(seconds, 2), "right": watch.right,
                             "losses": [round(one, 4) for one in watch.losses],
                             "best epoch": best_epoch}  # fmt: skip
    for name, theta in (("end", end), ("best", watch.best)):
        on_train, on_test = judge(network, network, theta), judge(network, test, theta)
        found[name] = {
            "train": int(on_train[0].sum()),
            "train loss": round(on_train[1], 5),
            "test": np.packbits(on_test[0].astype(bool)).tobytes().hex(),
            "test loss": round(on_test[1], 4),
        }
    return found


class Store:
    """Results by the key of their run, in a file that is replaced as a whole after each run."""

    def __init__(self, path: Path, total: int) -> None:
        self.path = path
        about = {"epochs": EPOCHS, "warm": WARM, "split seed": SPLIT_SEED,
                 "tuning seeds": list(TUNING_SEEDS), "seeds": list(SEEDS)}  # fmt: skip
        self.kept: dict[str, Any] = {"about": about, "recipes": {}, "tuning": {}, "final": {}}
        if path.exists():
            self.kept = json.loads(path.read_text())
            if self.kept["about"] != about:
                raise ValueError(f"{path} holds another experiment; move it away to begin anew")
        self.bar = tqdm(total=total, unit="run")

    def get(self, kind: str, recipe: Recipe, lr: float, seed: int) -> dict[str, Any]:
        """Return the result of a run; make it if it is not there."""
        key = f"{recipe} lr={lr:g} seed={seed}"
        self.bar.set_description(key)
        if key not in self.kept[kind]:
            make = tuning_run if kind == "tuning" else final_run
            self.kept[kind][key] = make(recipe, lr, seed)
            self.write()
        self.bar.update()
        result: dict[str, Any] = self.kept[kind][key]
        return result

    def write(self) -> None:
        """Replace the file by what is known now: one line for each run."""
        lines = ",\n".join(
            f"{json.dumps(kind)}: {{\n"
            + ",\n".join(f" {json.dumps(key)}: {json.dumps(one)}" for key, one in part.items())
            + "\n}"
            for kind, part in self.kept.items()
        )
        with NamedTemporaryFile("w", dir=self.path.parent, delete=False) as file:
            file.write(f"{{\n{lines}\n}}\n")
        Path(file.name).chmod(0o644)
        Path(file.name).replace(self.path)


def rates(method: str, first: int = 0, last: int | None = None) -> Iterator[float]:
    """Return the rates of a method's grid, each twice the one before; its own has 0, …, n − 1."""
    lowest, n = GRIDS[method]
    return (lowest * 2.0**k for k in range(first, n if last is None else last))


def tune(store: Store, recipe: Recipe) -> float:
    """Return the rate with the best mean validation accuracy at the end over the tuning seeds.

    While the best is at an edge of the grid, the grid grows there, by at most `MORE` rates.
    """

    def score(lr: float) -> float:
        runs = [store.get("tuning", recipe, lr, seed) for seed in TUNING_SEEDS]
        return float(np.mean([one["right"] for one in runs]))

    first, last = 0, GRIDS[recipe.method][1]
    scores = {lr: score(lr) for lr in rates(recipe.method)}
    for _ in range(MORE):
        best = max(scores, key=lambda lr: scores[lr])
        if min(scores) < best < max(scores):
            break
        store.bar.total += len(TUNING_SEEDS)
        first, last = (first - 1, last) if best == min(scores) else (first, last + 1)
        for lr in rates(recipe.method, first, last):
            if lr not in scores:
                scores[lr] = score(lr)
    best = max(scores, key=lambda lr: scores[lr])
    store.kept["recipes"][str(recipe)] = {
        **asdict(recipe), "lr": best, "edge": best in (min(scores), max(scores)),
        "grid": {f"{lr:g}": scores[lr] for lr in sorted(scores)},
    }  # fmt: skip
    return best


def main(path: Path = STORE) -> None:
    """Make all runs of the plan that are not there yet."""
    os.environ["TQDM_DISABLE"] = "1"  # the bars of the single runs; the one of the plan stays
    tuned = sum(GRIDS[recipe.method][1] * len(TUNING_SEEDS) for recipe, _ in PLAN)
    store = Store(path, total=tuned + sum(len(seeds) for _, seeds in PLAN))
    for recipe, seeds in PLAN:
        lr = tune(store, recipe)
        for seed in seeds:
            store.get("final", recipe, lr, seed)
    store.write()
    store.bar.close()


if __name__ == "__main__":
    main()
