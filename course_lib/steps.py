"""The methods. Each is its formula: one pure function, one step.

Arguments before ``*`` evolve and their defaults are the initial state; arguments after ``*``
are hyper-parameters. Each returns ``(theta_next, inner)``: ``inner`` holds what to carry on
and what to show. ``theta`` has shape ``(..., d)``; hyper-parameters broadcast against it.
"""

from __future__ import annotations

import numpy as np

from .types import Array, Inner, Number, Objective

__all__ = [
    "adadelta",
    "adagrad",
    "adam",
    "adamw",
    "amsgrad",
    "gd",
    "momentum",
    "nesterov",
    "rmsprop",
]


def gd(f: Objective, theta: Array, t: int, *, lr: Number) -> tuple[Array, Inner]:
    """One step of gradient descent: against the gradient, scaled by the learning rate η.

    θ ← θ − η g, with g = ∇J(θ).

    ``lr`` is η. Source: Cauchy (1847).

    >>> from course_lib import functions
    >>> gd(functions.quadratic(4), np.array([1.0, 1.0]), 1, lr=0.25)[0]
    array([0.75, 0.  ])
    """
    g = f.grad(theta)
    return theta - lr * g, {"g": g}


def momentum(
    f: Objective, theta: Array, t: int, v: Number = 0.0, *, lr: Number, beta: Number = 0.9
) -> tuple[Array, Inner]:
    """One step of gradient descent with (heavy-ball) momentum.

    v ← βv + g,  θ ← θ − ηv.

    ``lr`` is η, ``beta`` is β, ``v`` has the shape of θ. Source: Polyak (1964); η stands outside
    v, as in torch.

    >>> from course_lib import functions
    >>> theta, inner = momentum(functions.quadratic(4), np.array([1.0, 1.0]), 1, lr=0.25)
    >>> momentum(functions.quadratic(4), theta, 2, inner["v"], lr=0.25, beta=0.5)[0]
    array([ 0.4375, -0.5   ])
    """
    g = f.grad(theta)
    v = beta * v + g
    return theta - lr * v, {"g": g, "v": v}


def nesterov(
    f: Objective, theta: Array, t: int, v: Number = 0.0, *, lr: Number, beta: Number = 0.9
) -> tuple[Array, Inner]:
    """One step of Nesterov's momentum: the step looks one velocity ahead.

    v ← βv + g,  θ ← θ − η(g + βv).

    ``lr`` is η, ``beta`` is β, ``v`` has the shape of θ. Source: Nesterov (1983), in the form of
    Sutskever et al. (2013) with the look-ahead point as θ, as in torch.

    >>> from course_lib import functions
    >>> nesterov(functions.quadratic(4), np.array([1.0, 1.0]), 1, lr=0.125, beta=0.5)[0]
    array([0.8125, 0.25  ])
    """
    g = f.grad(theta)
    v = beta * v + g
    return theta - lr * (g + beta * v), {"g": g, "v": v}


def adagrad(
    f: Objective, theta: Array, t: int, G: Number = 0.0, *, lr: Number = 0.01, eps: Number = 1e-8
) -> tuple[Array, Inner]:
    """One step of AdaGrad: every parameter has its own rate, smaller where gradients were large.

    G ← G + g²,  θ ← θ − η/√(G + ε) ⊙ g.

    ``lr`` is η, ``eps`` is ε *inside* the root, ``G`` has the shape of θ (the diagonal of the
    printed matrix). Source: Duchi, Hazan & Singer (2011).

    >>> from course_lib import functions
    >>> adagrad(functions.quadratic(4), np.array([1.0, 1.0]), 1, lr=0.5, eps=0.0)[0]
    array([0.5, 0.5])
    """
    g = f.grad(theta)
    G = G + g**2
    rate = lr / np.sqrt(G + eps)
    return theta - rate * g, {"g": g, "G": G, "rate": rate}


def rmsprop(
    f: Objective,
    theta: Array,
    t: int,
    v: Number = 0.0,
    *,
    lr: Number = 0.001,
    gamma: Number = 0.9,
    eps: Number = 1e-8,
) -> tuple[Array, Inner]:
    """One step of RMSProp: AdaGrad with a running average that forgets.

    v ← γv + (1 − γ)g²,  θ ← θ − η/√(v + ε) ⊙ g.

    ``lr`` is η, ``gamma`` is γ, ``eps`` is ε *inside* the root, ``v`` is E[g²] with the shape
    of θ. Source: Hinton, lecture 6e (2012).

    >>> from course_lib import functions
    >>> rmsprop(functions.quadratic(4), np.array([1.0, 1.0]), 1, lr=0.5, gamma=0.75, eps=0.0)[0]
    array([0., 0.])
    """
    g = f.grad(theta)
    v = gamma * v + (1 - gamma) * g**2
    rate = lr / np.sqrt(v + eps)
    return theta - rate * g, {"g": g, "v": v, "rate": rate}


def adadelta(
    f: Objective,
    theta: Array,
    t: int,
    v: Number = 0.0,
    u: Number = 0.0,
    *,
    lr: Number = 1.0,
    rho: Number = 0.95,
    eps: Number = 1e-6,
) -> tuple[Array, Inner]:
    """One step of AdaDelta: the step has the units of θ, so no rate needs tuning.

    v ← ρv + (1 − ρ)g²,  Δ = √(u + ε)/√(v + ε) ⊙ g,  u ← ρu + (1 − ρ)Δ²,  θ ← θ − ηΔ.

    ``rho`` is ρ, ``eps`` is ε, ``v`` and ``u`` are E[g²] and E[Δ²] with the shape of θ; ``lr`` is
    η, 1 in the paper. Source: Zeiler (2012), algorithm 1.

    >>> from course_lib import functions
    >>> adadelta(functions.quadratic(4), np.array([1.0, 1.0]), 1, rho=0.0, eps=1.0)[0].round(4)
    array([0.2929, 0.0299])
    """
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    delta = np.sqrt(u + eps) / np.sqrt(v + eps) * g
    u = rho * u + (1 - rho) * delta**2
    return theta - lr * delta, {"g": g, "v": v, "u": u, "delta": delta}


def adam(
    f: Objective,
    theta: Array,
    t: int,
    m: Number = 0.0,
    v: Number = 0.0,
    *,
    lr: Number = 0.001,
    beta1: Number = 0.9,
    beta2: Number = 0.999,
    eps: Number = 1e-8,
) -> tuple[Array, Inner]:
    """One step of Adam: momentum on g, RMSProp on g², both corrected for starting at 0.

    m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,
    m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ),  θ ← θ − η m̂/(√v̂ + ε).

    ``lr`` is η, ``beta1`` and ``beta2`` are β₁ and β₂, ``eps`` is ε *outside* the root; ``m`` and
    ``v`` have the shape of θ; ``t`` starts at 1. Source: Kingma & Ba (2015), algorithm 1.

    >>> from course_lib import functions
    >>> adam(functions.quadratic(4), np.array([1.0, 1.0]), 1, lr=0.5, eps=0.0)[0].round(12)
    array([0.5, 0.5])
    """
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), {
        "g": g, "m": m, "v": v, "m_hat": m_hat, "v_hat": v_hat,
    }  # fmt: skip


def amsgrad(
    f: Objective,
    theta: Array,
    t: int,
    m: Number = 0.0,
    v: Number = 0.0,
    v_max: Number = 0.0,
    *,
    lr: Number = 0.001,
    beta1: Number = 0.9,
    beta2: Number = 0.999,
    eps: Number = 1e-8,
) -> tuple[Array, Inner]:
    """One step of AMSGrad: Adam whose second moment never shrinks.

    m, v as in Adam,  v_max ← max(v_max, v),
    m̂ = m/(1 − β₁ᵗ),  v̂ = v_max/(1 − β₂ᵗ),  θ ← θ − η m̂/(√v̂ + ε).

    Hyper-parameters as in Adam. The maximum is taken over the uncorrected v and corrected
    afterwards, as in torch. Source: Reddi, Kale & Kumar (2018), algorithm 2, with Adam's bias
    correction.

    >>> from course_lib import functions
    >>> amsgrad(functions.quadratic(4), np.array([1.0, 1.0]), 1, lr=0.5, eps=0.0)[0].round(12)
    array([0.5, 0.5])
    """
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    v_max = np.maximum(v_max, v)
    m_hat = m / (1 - beta1**t)
    v_hat = v_max / (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), {
        "g": g, "m": m, "v": v, "v_max": v_max, "m_hat": m_hat, "v_hat": v_hat,
    }  # fmt: skip


def adamw(
    f: Objective,
    theta: Array,
    t: int,
    m: Number = 0.0,
    v: Number = 0.0,
    *,
    lr: Number = 0.001,
    beta1: Number = 0.9,
    beta2: Number = 0.999,
    eps: Number = 1e-8,
    weight_decay: Number = 0.01,
) -> tuple[Array, Inner]:
    """One step of AdamW: Adam, and a decay of θ that does not pass through g.

    m, v, m̂, v̂ as in Adam,  θ ← (1 − ηw)θ − η m̂/(√v̂ + ε).

    ``weight_decay`` is w; the other hyper-parameters are Adam's. The decay is multiplied by η,
    as in torch. Source: Loshchilov & Hutter (2019), algorithm 2.

    >>> from course_lib import functions
    >>> start = np.array([1.0, 1.0])
    >>> adamw(functions.quadratic(4), start, 1, lr=0.5, eps=0.0, weight_decay=0.5)[0].round(12)
    array([0.25, 0.25])
    """
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return (1 - lr * weight_decay) * theta - lr * m_hat / (np.sqrt(v_hat) + eps), {
        "g": g, "m": m, "v": v, "m_hat": m_hat, "v_hat": v_hat,
    }  # fmt: skip
