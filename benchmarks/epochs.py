"""One epoch of softmax regression on the digits, by batch size, with NumPy's BLAS on one thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import SGDClassifier

from course_lib import Softmax, digits, gd, run

from .timing import medians

LR, L2 = 0.1, 0.001
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1797)
X, Y = digits()
NUMERALS = Softmax(X, Y, classes=10, l2=L2)
ORDER = np.random.default_rng(0).permutation(NUMERALS.n)


def against_peers(size: int) -> dict[str, float]:
    """Time course_lib and torch on the same batches; at batches of 1 scikit-learn, too.

    torch must end at the same θ. `SGDClassifier` fits ten two-class models instead of one with ten
    classes: as many multiplications, and no softmax.
    """
    contenders: dict[str, Callable[[], Any]] = {
        "course_lib": partial(our_epoch, size),
        "torch.optim.SGD, 1 thread": partial(torch_epoch, size, 1),
        "torch.optim.SGD, 2 threads": partial(torch_epoch, size, 2),
    }
    expected = our_epoch(size)
    for threads in (1, 2):
        np.testing.assert_allclose(torch_epoch(size, threads), expected, rtol=1e-9, atol=1e-12)
    if size == 1:
        contenders["SGDClassifier (compiled; ten two-class models)"] = sklearn_epoch
    return medians(contenders, rounds=15)


def by_size() -> dict[str, float]:
    """Time course_lib alone over the batch sizes that lesson 06 draws."""
    return medians({f"B = {size}": partial(our_epoch, size) for size in SIZES}, rounds=15)


def our_epoch(size: int) -> Any:
    """Run course_lib."""
    parts = [ORDER[first : first + size] for first in range(0, NUMERALS.n, size)]
    start = np.zeros(NUMERALS.dim)
    return run(gd, NUMERALS, start, len(parts), batches=iter(parts), lr=LR, record=[]).end


def torch_epoch(size: int, threads: int) -> Any:
    """Run torch, as its documentation shows, with the decay on the weights only."""
    torch.set_num_threads(threads)
    inputs, labels = torch.from_numpy(X), torch.from_numpy(Y)
    model = torch.nn.Linear(64, 10, dtype=torch.float64)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    groups = [{"params": [model.weight], "weight_decay": L2}, {"params": [model.bias]}]
    optimizer, loss = torch.optim.SGD(groups, lr=LR), torch.nn.CrossEntropyLoss()
    order = torch.from_numpy(ORDER)
    for first in range(0, len(order), size):
        chosen = order[first : first + size]
        optimizer.zero_grad()
        loss(model(inputs[chosen]), labels[chosen]).backward()
        optimizer.step()
    W, b = model.weight.detach().numpy(), model.bias.detach().numpy()
    return np.column_stack([W, b]).ravel()


def sklearn_epoch() -> Any:
    """Run scikit-learn for one epoch."""
    model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=LR, alpha=L2)
    return model.partial_fit(X, Y, classes=np.arange(10)).coef_
