"""Check derivatives along a random direction: one number each, however many parameters."""

import numpy as np


def directional_errors(f, theta, rng, step=1e-5):
    """Return the relative errors of grad and hess against central differences."""
    u = rng.normal(size=theta.shape)
    u /= np.linalg.norm(u, axis=-1, keepdims=True)
    ahead, behind = theta + step * u, theta - step * u
    slope = (f(ahead) - f(behind)) / (2 * step)
    turn = (f.grad(ahead) - f.grad(behind)) / (2 * step)
    first = _error((f.grad(theta) * u).sum(-1), slope)
    second = _error((f.hess(theta) @ u[..., None])[..., 0], turn)
    return first, second


def _error(exact, estimate):
    scale = 1 + np.abs(exact).max()
    return np.abs(exact - estimate).max() / scale
