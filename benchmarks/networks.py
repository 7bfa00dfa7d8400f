"""One epoch of the MNIST-1D networks, batches of 100, with NumPy's BLAS on one thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier

from course_lib import Conv1d, Dense, Flatten, Network, ReLU, gd, mnist1d, run

from .timing import medians

LR, SIZE = 0.01, 100
TRAIN, _ = mnist1d()
ORDER = np.random.default_rng(0).permutation(len(TRAIN.y)).reshape(-1, SIZE)
PARTS: dict[str, list[Any]] = {
    "MLP": [Dense(100), ReLU(), Dense(100), ReLU()],
    "CNN": [
        Conv1d(25, 5, 2, 1), ReLU(), Conv1d(25, 3, 2, 1), ReLU(), Conv1d(25, 3, 2, 1), ReLU(),
        Flatten(),
    ],
}  # fmt: skip


def epoch(kind: str, dtype: str) -> dict[str, float]:
    """Time course_lib and torch, eager, on the same batches from the same start.

    torch must end at the same parameters. For the MLP scikit-learn's `MLPClassifier` runs, too.
    """
    X = TRAIN.X[..., None] if kind == "CNN" else TRAIN.X
    net = Network(PARTS[kind], X, TRAIN.y, dtype=dtype)
    start = net.start(np.random.default_rng(0))
    contenders: dict[str, Callable[[], Any]] = {
        "course_lib": partial(our_epoch, net, start),
        "torch, 1 thread": partial(torch_epoch, kind, net, start, 1),
        "torch, 2 threads": partial(torch_epoch, kind, net, start, 2),
    }
    expected = our_epoch(net, start)
    for threads in (1, 2):
        found = torch_epoch(kind, net, start, threads)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)
    if kind == "MLP":
        contenders["sklearn.neural_network.MLPClassifier"] = partial(sklearn_epoch, dtype)
    return medians(contenders, rounds=9)


def our_epoch(net: Network, start: Any) -> Any:
    """Run course_lib."""
    return run(gd, net, start, len(ORDER), batches=iter(ORDER), lr=LR, record=[]).end


def torch_epoch(kind: str, net: Network, start: Any, threads: int) -> Any:
    """Run torch, as its documentation shows."""
    torch.set_num_threads(threads)
    model, X = _torch_model(kind, net, start)
    labels, order = torch.from_numpy(net.y), torch.from_numpy(ORDER)
    optimizer, loss = torch.optim.SGD(model.parameters(), lr=LR), torch.nn.CrossEntropyLoss()
    for chosen in order:
        optimizer.zero_grad()
        loss(model(X[chosen]), labels[chosen]).backward()
        optimizer.step()
    parts = [p.detach().numpy() for p in model.parameters()]
    return np.concatenate([_ours(p).ravel() for p in parts])


def _torch_model(kind: str, net: Network, start: Any) -> tuple[Any, Any]:
    nn = torch.nn
    if kind == "CNN":
        layers = [
            *(nn.Conv1d(1, 25, 5, 2, 1), nn.ReLU(), nn.Conv1d(25, 25, 3, 2, 1), nn.ReLU()),
            *(nn.Conv1d(25, 25, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(125, 10)),
        ]
    else:
        layers = [nn.Linear(40, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 10)]
    model = nn.Sequential(*layers).to(torch.from_numpy(net.X).dtype)
    parts = net.unflatten(start).values()
    with torch.no_grad():
        for theirs, mine in zip(model.parameters(), parts, strict=True):
            theirs.copy_(torch.from_numpy(_theirs(mine, theirs.shape)))
    X = torch.from_numpy(net.X)
    return model, X.transpose(1, 2).contiguous() if kind == "CNN" else X


def _theirs(mine: Any, shape: Any) -> Any:
    """Return W of shape (p, q), or (width · channels, q), in the layout of torch."""
    if len(shape) == 3:
        return np.ascontiguousarray(mine.reshape(shape[2], shape[1], shape[0]).transpose(2, 1, 0))
    if shape == (10, 125):  # places · channels here, channels · places in torch
        return np.ascontiguousarray(mine.reshape(5, 25, 10).transpose(2, 1, 0).reshape(10, 125))
    return np.ascontiguousarray(mine.T)


def _ours(theirs: Any) -> Any:
    """Return a parameter of torch in the layout of the course."""
    if theirs.ndim == 3:
        return theirs.transpose(2, 1, 0)
    if theirs.shape == (10, 125):
        return theirs.reshape(10, 25, 5).transpose(2, 1, 0)
    return theirs.T


def sklearn_epoch(dtype: str) -> Any:
    """Run scikit-learn for one epoch."""
    model = MLPClassifier(
        (100, 100), solver="sgd", batch_size=SIZE, learning_rate_init=LR, momentum=0, alpha=0
    )
    return model.partial_fit(TRAIN.X.astype(dtype), TRAIN.y, classes=np.arange(10)).coefs_
