"""Make `trajectories.json`: every method as run by a library that shares its convention.

    pip install -r benchmarks/peers.txt
    python tests/references/make_references.py

AdaGrad (accumulator 0) and RMSProp come from optax, with ε inside the root; all others come from
torch. The libraries differentiate the functions below themselves, so nothing of `course_lib` takes
part. The libraries are imported where they run: reading `CASES` needs neither.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

STORED = Path(__file__).with_name("trajectories.json")
N_STEPS = 40

FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "quadratic": lambda x, y: (x**2 + 10 * y**2) / 2,
    "rosenbrock": lambda x, y: 100 * (y - x**2) ** 2 + (1 - x) ** 2,
    "himmelblau": lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
    "beale": lambda x, y: (
        (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2
    ),
}

# What each method is called there; the hyper-parameters are those of course_lib.
TORCH: dict[str, Callable[..., Any]] = {
    "gd": lambda optim, theta, lr: optim.SGD(theta, lr=lr),
    "momentum": lambda optim, theta, lr, beta: optim.SGD(theta, lr=lr, momentum=beta),
    "nesterov": lambda optim, theta, lr, beta: optim.SGD(
        theta, lr=lr, momentum=beta, nesterov=True
    ),
    "adadelta": lambda optim, theta, lr, rho, eps: optim.Adadelta(theta, lr=lr, rho=rho, eps=eps),
    "adam": lambda optim, theta, lr, beta1, beta2, eps: optim.Adam(
        theta, lr=lr, betas=(beta1, beta2), eps=eps
    ),
    "amsgrad": lambda optim, theta, lr, beta1, beta2, eps: optim.Adam(
        theta, lr=lr, betas=(beta1, beta2), eps=eps, amsgrad=True
    ),
    "adamw": lambda optim, theta, lr, beta1, beta2, eps, weight_decay: optim.AdamW(
        theta, lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay
    ),
}
OPTAX: dict[str, Callable[..., Any]] = {
    "adagrad": lambda optax, lr, eps: optax.adagrad(lr, initial_accumulator_value=0.0, eps=eps),
    "rmsprop": lambda optax, lr, gamma, eps: optax.rmsprop(
        lr, decay=gamma, eps=eps, eps_in_sqrt=True
    ),
}


class Case(NamedTuple):
    """One run: a method of course_lib with its hyper-parameters, a function and a start."""

    method: str
    hyper: dict[str, float]
    function: str
    start: tuple[float, float]

    @property
    def library(self) -> str:
        return "torch" if self.method in TORCH else "optax"

    def __str__(self) -> str:
        hyper = ", ".join(f"{name}={value:g}" for name, value in self.hyper.items())
        return f"{self.method}({hyper}) on {self.function} from {self.start}"


def _adam(lr: float, beta1: float, beta2: float, eps: float, **more: float) -> dict[str, float]:
    return {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps, **more}


CASES = [
    Case("gd", {"lr": 0.15}, "quadratic", (3.0, -2.0)),
    Case("gd", {"lr": 0.001}, "rosenbrock", (-1.2, 1.0)),
    Case("gd", {"lr": 0.01}, "himmelblau", (0.5, -1.0)),
    Case("momentum", {"lr": 0.05, "beta": 0.9}, "quadratic", (3.0, -2.0)),
    Case("momentum", {"lr": 0.0005, "beta": 0.5}, "rosenbrock", (-1.2, 1.0)),
    Case("momentum", {"lr": 0.002, "beta": 0.8}, "himmelblau", (-1.0, 1.0)),
    Case("nesterov", {"lr": 0.05, "beta": 0.9}, "quadratic", (3.0, -2.0)),
    Case("nesterov", {"lr": 0.0005, "beta": 0.5}, "rosenbrock", (-1.2, 1.0)),
    Case("nesterov", {"lr": 0.002, "beta": 0.8}, "himmelblau", (-1.0, 1.0)),
    Case("adagrad", {"lr": 0.5, "eps": 1e-8}, "quadratic", (0.3, -0.2)),
    Case("adagrad", {"lr": 0.5, "eps": 0.1}, "quadratic", (0.3, -0.2)),
    Case("adagrad", {"lr": 0.4, "eps": 0.1}, "himmelblau", (0.0, 0.0)),
    Case("adagrad", {"lr": 0.1, "eps": 1e-8}, "beale", (1.0, 0.5)),
    Case("rmsprop", {"lr": 0.01, "gamma": 0.9, "eps": 1e-8}, "rosenbrock", (-1.2, 1.0)),
    Case("rmsprop", {"lr": 0.1, "gamma": 0.5, "eps": 0.1}, "quadratic", (0.3, -0.2)),
    Case("rmsprop", {"lr": 0.02, "gamma": 0.99, "eps": 0.1}, "beale", (1.0, 0.5)),
    Case("adadelta", {"lr": 1.0, "rho": 0.95, "eps": 1e-6}, "rosenbrock", (-1.2, 1.0)),
    Case("adadelta", {"lr": 0.5, "rho": 0.8, "eps": 0.1}, "quadratic", (0.3, -0.2)),
    Case("adadelta", {"lr": 1.0, "rho": 0.9, "eps": 0.001}, "beale", (1.0, 0.5)),
    Case("adam", _adam(0.02, 0.9, 0.999, 1e-8), "rosenbrock", (-1.2, 1.0)),
    Case("adam", _adam(0.1, 0.5, 0.9, 0.1), "quadratic", (0.3, -0.2)),
    Case("adam", _adam(0.2, 0.8, 0.95, 1e-8), "himmelblau", (-1.0, 1.0)),
    Case("amsgrad", _adam(0.02, 0.9, 0.999, 1e-8), "rosenbrock", (-1.2, 1.0)),
    Case("amsgrad", _adam(0.1, 0.5, 0.8, 0.1), "quadratic", (0.3, -0.2)),
    Case("amsgrad", _adam(0.2, 0.8, 0.9, 1e-8), "himmelblau", (-1.0, 1.0)),
    Case("adamw", _adam(0.02, 0.9, 0.999, 1e-8, weight_decay=0.01), "rosenbrock", (-1.2, 1.0)),
    Case("adamw", _adam(0.1, 0.5, 0.9, 0.1, weight_decay=0.5), "quadratic", (0.3, -0.2)),
    Case("adamw", _adam(0.2, 0.8, 0.95, 1e-8, weight_decay=0.1), "himmelblau", (-1.0, 1.0)),
]


def trajectory(case: Case) -> list[list[float]]:
    """Run a case in its own library and return the N_STEPS + 1 points."""
    walk = _walk_torch(case) if case.library == "torch" else _walk_optax(case)
    return [[float(x) for x in point] for point in walk]


def _walk_torch(case: Case) -> Iterable[Any]:
    import torch

    f = FUNCTIONS[case.function]
    theta = torch.tensor(case.start, dtype=torch.float64, requires_grad=True)
    optimizer = TORCH[case.method](torch.optim, [theta], **case.hyper)
    yield theta.tolist()
    for _ in range(N_STEPS):
        optimizer.zero_grad()
        f(*theta).backward()
        optimizer.step()
        yield theta.tolist()


def _walk_optax(case: Case) -> Iterable[Any]:
    import jax
    import optax

    jax.config.update("jax_enable_x64", True)
    f = FUNCTIONS[case.function]
    grad = jax.grad(lambda theta: f(*theta))
    optimizer = OPTAX[case.method](optax, **case.hyper)
    theta = jax.numpy.array(case.start)
    state = optimizer.init(theta)

    @jax.jit
    def step(theta: Any, state: Any) -> tuple[Any, Any]:
        updates, state = optimizer.update(grad(theta), state)
        return optax.apply_updates(theta, updates), state

    yield theta
    for _ in range(N_STEPS):
        theta, state = step(theta, state)
        yield theta


def _text(trajectories: dict[str, list[list[float]]]) -> str:
    blocks = [
        f"{json.dumps(name)}: [\n " + ",\n ".join(map(json.dumps, points)) + "\n]"
        for name, points in sorted(trajectories.items())
    ]
    header = '"made by": "tests/references/make_references.py"'
    return "{\n" + ",\n".join([header, *blocks]) + "\n}\n"


if __name__ == "__main__":
    STORED.write_text(_text({str(case): trajectory(case) for case in CASES}), encoding="utf-8")
