"""Make `network_gradients.json`: values and gradients of small networks, as torch computes them.

    pip install -r benchmarks/peers.txt
    python -m tests.references.make_network_gradients

torch is imported where it runs: reading `NETS` does not need it.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from course_lib.network import BatchNorm, Conv1d, Dense, Flatten, Network, ReLU

STORED = Path(__file__).with_name("network_gradients.json")

RNG = np.random.default_rng(0)
ROWS, SIGNALS = RNG.normal(size=(24, 5)), RNG.normal(size=(24, 12, 2))
LABELS = RNG.permutation(np.arange(24) % 3)
MLP = (Dense(7), ReLU(), Dense(6), ReLU())
CNN = (Conv1d(4, 5, stride=2, padding=1), ReLU(), Conv1d(3, 3, padding=1), ReLU(), Flatten())
NETS = {
    "MLP": Network(MLP, ROWS, LABELS),
    "MLP with batch norm": Network(
        (Dense(7), BatchNorm(), ReLU(), Dense(6), BatchNorm(), ReLU()), ROWS, LABELS
    ),
    "CNN": Network(CNN, SIGNALS, LABELS),
    "CNN with batch norm": Network(
        (Conv1d(4, 5, 2, 1), BatchNorm(), ReLU(), Conv1d(3, 3, 1, 1), BatchNorm(), ReLU(),
         Flatten()), SIGNALS, LABELS,
    ),
}  # fmt: skip


def point(net, seed=1):
    """Return a random point where biases, gains and shifts are not at their starts."""
    rng = np.random.default_rng(seed)
    return net.start(rng) + 0.3 * rng.normal(size=net.dim)


def torch_value_and_grad(torch, net, theta):
    """Compute with torch's own layers and its autograd."""
    own = {
        name: torch.tensor(np.array(part), requires_grad=True)
        for name, part in net.unflatten(theta).items()
    }
    x = torch.tensor(net.X)
    convolving = x.ndim == 3
    for place, part in enumerate(net.parts):
        p = {name.split()[1]: t for name, t in own.items() if name.split()[0] == str(place)}
        if isinstance(part, Dense):
            x = torch.nn.functional.linear(x, p["W"].T, p["b"])
        elif isinstance(part, Conv1d):
            W = p["W"].reshape(part.width, -1, part.channels).permute(2, 1, 0)
            moved = torch.nn.functional.conv1d(
                x.transpose(1, 2), W, p["b"], stride=part.stride, padding=part.padding
            )
            x = moved.transpose(1, 2)
        elif isinstance(part, BatchNorm):
            shown = x.transpose(1, 2) if convolving else x
            shown = torch.nn.functional.batch_norm(
                shown, None, None, p["gain"], p["shift"], training=True, eps=part.eps
            )
            x = shown.transpose(1, 2) if convolving else shown
        elif isinstance(part, Flatten):
            x, convolving = x.reshape(len(x), -1), False
        else:
            x = torch.relu(x)
    loss = torch.nn.functional.cross_entropy(x, torch.tensor(net.y))
    loss.backward()
    return loss.item(), np.concatenate([t.grad.numpy().ravel() for t in own.values()])


def store():
    """Write what torch computes."""
    import torch

    stored = {}
    for name, net in NETS.items():
        value, grad = torch_value_and_grad(torch, net, point(net))
        stored[name] = {"value": value, "gradient": grad.tolist()}
    STORED.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    store()
