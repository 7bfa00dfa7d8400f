"""Adam on Rosenbrock: one run with its records, and a sweep of 200 rates from 50 starts."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch

from course_lib import adam, functions, run

from .timing import Contenders, medians

STEPS, LR = 300, 0.02
START = (-1.5, 2.0)
RATES = np.geomspace(1e-4, 1e-1, 200)
STARTS = np.random.default_rng(0).normal(size=(50, 2))
FUNCTION = functions.rosenbrock()

jax.config.update("jax_enable_x64", True)


def rosenbrock(theta: Any) -> Any:
    """Return the same function for the peers' own differentiation."""
    x, y = theta[..., 0], theta[..., 1]
    return 100 * (y - x * x) ** 2 + (1 - x) ** 2


def one_run() -> dict[str, float]:
    """Time 300 steps with θ, loss and gradient norm recorded."""
    contenders = {
        "course_lib": our_run,
        "torch.optim.Adam": with_torch,
        "optax, jitted step in a loop": optax_loop,
        "optax, jitted scan, warm": optax_scan(),
    }
    return _compared(contenders, {"optax, jitted scan, cold": lambda: _forgotten(optax_scan)()})


def sweep() -> dict[str, float]:
    """Time 10 000 runs of 300 steps with θ and loss recorded."""
    contenders = {"course_lib": our_sweep, "optax, jit and vmap, warm": optax_sweep()}
    return _compared(contenders, {"optax, jit and vmap, cold": lambda: _forgotten(optax_sweep)()})


def _compared(contenders: Contenders, cold: Contenders) -> dict[str, float]:
    """Time contenders that return the same as the first; ``cold`` ones empty the others' caches."""
    expected = next(iter(contenders.values()))()
    for contender in contenders.values():
        for theirs, mine in zip(contender(), expected, strict=True):
            np.testing.assert_allclose(theirs, mine, rtol=1e-5, atol=1e-6)
    return medians(contenders, rounds=15) | medians(cold, rounds=5)


def _forgotten(make: Any) -> Any:
    """Return a contender that has to compile again: this empties the cache for all of them."""
    jax.clear_caches()
    return make()


def our_run() -> Any:
    """Run course_lib."""
    records = ("theta", "loss", "grad_norm")
    trace = run(adam, FUNCTION, START, STEPS, lr=LR, record=records)
    return trace.theta, trace.loss, trace.grad_norm


def with_torch() -> Any:
    """Run torch, as its documentation shows."""
    theta = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([theta], lr=LR)
    thetas = np.empty((STEPS + 1, 2))
    loss, norm = np.empty(STEPS + 1), np.empty(STEPS + 1)
    for t in range(STEPS + 1):
        optimizer.zero_grad()
        value = rosenbrock(theta)
        value.backward()
        thetas[t], loss[t] = theta.detach().numpy(), value.item()
        norm[t] = torch.linalg.norm(theta.grad).item()
        optimizer.step()
    return thetas, loss, norm


def _one_step(optimizer: optax.GradientTransformation, theta: Any, state: Any) -> Any:
    loss, g = jax.value_and_grad(rosenbrock)(theta)
    updates, state = optimizer.update(g, state)
    return (optax.apply_updates(theta, updates), state), (theta, loss, jnp.linalg.norm(g))


_optimizer = optax.adam(LR)
_step = jax.jit(lambda theta, state: _one_step(_optimizer, theta, state))


def optax_loop() -> Any:
    """Run optax with its step compiled and the loop in Python."""
    theta = jnp.array(START)
    state, records = _optimizer.init(theta), []
    for _ in range(STEPS + 1):
        (theta, state), record = _step(theta, state)
        records.append(record)
    return [np.stack(series) for series in zip(*records, strict=True)]


def optax_scan() -> Any:
    """Return optax with the loop compiled too; its first call compiles."""

    def scan(theta: Any) -> Any:
        def body(carry: Any, _: Any) -> Any:
            return _one_step(_optimizer, *carry)

        return jax.lax.scan(body, (theta, _optimizer.init(theta)), length=STEPS + 1)[1]

    compiled = jax.jit(scan)
    return lambda: [np.asarray(series) for series in compiled(jnp.array(START))]


def our_sweep() -> Any:
    """Run course_lib on the grid."""
    trace = run(adam, FUNCTION, STARTS, STEPS, lr=RATES[:, None, None], record=("theta", "loss"))
    return trace.theta, trace.loss


def optax_sweep() -> Any:
    """Return optax on the grid, the records in the layout of course_lib."""

    def scan(lr: Any, theta: Any) -> Any:
        optimizer = optax.adam(lr)

        def body(carry: Any, _: Any) -> Any:
            carry, (theta, loss, _) = _one_step(optimizer, *carry)
            return carry, (theta, loss)

        return jax.lax.scan(body, (theta, optimizer.init(theta)), length=STEPS + 1)[1]

    over_starts = jax.vmap(scan, in_axes=(None, 0), out_axes=1)
    compiled = jax.jit(jax.vmap(over_starts, in_axes=(0, None), out_axes=1))
    rates, starts = jnp.array(RATES), jnp.array(STARTS)
    return lambda: [np.asarray(series) for series in compiled(rates, starts)]
