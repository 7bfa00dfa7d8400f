"""Exercise 10: what is asked of each part, and what students get wrong in it."""

import numpy as np

from course_lib.exchange import encode, made
from grading.exercise import Part

LENDS = ("models",)


def walks(rng, **settings):
    """Return questions for an Adam-like step: short paths on least squares, with a large ε."""
    X, y = rng.normal(size=(6, 3)), 2 * rng.normal(size=6)
    asked = [
        {"n_steps": 1, "options": {"lr": 0.5, "beta1": 0.9, "beta2": 0.99, "eps": 0.1}},
        {"n_steps": 6, "options": {"lr": 0.2, "beta1": 0.8, "beta2": 0.95, "eps": 0.1}},
        {"n_steps": 6, "options": {"lr": 0.3, "beta1": 0.5, "beta2": 0.6, "eps": 0.3}},
    ]
    f = made("models.LeastSquares", X=X, y=y)
    start = encode(rng.normal(size=3))
    return [{"how": "steps", "f": f, "theta": start, **settings, **one} for one in asked]


def lecture(f, theta, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    step = lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return theta - step, {"m": m, "v": v}


def uncorrected(f, theta, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    return theta - lr * m / (np.sqrt(v) + eps), {"m": m, "v": v}


def no_root(f, theta, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    lr_t = lr * (1 - beta2**t) / (1 - beta1**t)
    return theta - lr_t * m / (np.sqrt(v) + eps), {"m": m, "v": v}


def inside(f, theta, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    lr_t = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return theta - lr_t * m / np.sqrt(v + eps), {"m": m, "v": v}


def late(f, theta, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    lr_t = lr * np.sqrt(1 - beta2 ** (t + 1)) / (1 - beta1 ** (t + 1))
    return theta - lr_t * m / (np.sqrt(v) + eps), {"m": m, "v": v}


def uphill(f, theta, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    lr_t = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return theta + lr_t * m / (np.sqrt(v) + eps), {"m": m, "v": v}


def swapped(f, theta, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7):
    g = f.grad(theta)
    m = (1 - beta1) * m + beta1 * g
    v = (1 - beta2) * v + beta2 * g**2
    lr_t = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return theta - lr_t * m / (np.sqrt(v) + eps), {"m": m, "v": v}


def twice(f, theta, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    lr_t = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return theta - lr_t * m_hat / (np.sqrt(v_hat) + eps), {"m": m, "v": v}


def turned(f, theta, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    lr_t = lr * (1 - beta1**t) / np.sqrt(1 - beta2**t)
    return theta - lr_t * m / (np.sqrt(v) + eps), {"m": m, "v": v}


def keras_by_effective_eps(
    f, theta, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7
):
    g = f.grad(theta)
    m += (1 - beta1) * (g - m)
    v += (1 - beta2) * (g * g - v)
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    theta = theta - lr * m_hat / (v_hat**0.5 + eps / (1 - beta2**t) ** 0.5)
    return theta, {"m": m, "v": v}


def keras_by_loops(f, theta, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7):
    g = f.grad(theta)
    m, v = np.broadcast_to(m, g.shape).copy(), np.broadcast_to(v, g.shape).copy()
    after = np.array(theta)
    for i in range(len(g)):
        m[i] = beta1 * m[i] + (1 - beta1) * g[i]
        v[i] = beta2 * v[i] + (1 - beta2) * g[i] ** 2
        rate = lr * (1 - beta2**t) ** 0.5 / (1 - beta1**t)
        after[i] -= rate * m[i] / (v[i] ** 0.5 + eps)
    return after, {"m": m, "v": v}


def keras_in_place(f, theta, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    theta -= lr * np.sqrt(1 - beta2**t) / (1 - beta1**t) * m / (np.sqrt(v) + eps)
    return theta, {"m": m, "v": v}


def course_order(f, theta, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    u = np.maximum(u, v)
    step = lr * m / (1 - beta1**t) / (np.sqrt(u / (1 - beta2**t)) + eps)
    return theta - step, {"m": m, "v": v, "u": u}


def no_maximum(f, theta, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    u = v / (1 - beta2**t)
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(u) + eps), {"m": m, "v": v, "u": u}


def fed_back(f, theta, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = np.maximum(v, beta2 * v + (1 - beta2) * g**2)
    u = np.maximum(u, v / (1 - beta2**t))
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(u) + eps), {"m": m, "v": v, "u": u}


def over_entries(f, theta, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    u = np.maximum(u, np.max(v / (1 - beta2**t)))
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(u) + eps), {"m": m, "v": v, "u": u}


def left_uncorrected(
    f, theta, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8
):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    u = np.maximum(u, v)
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(u) + eps), {"m": m, "v": v, "u": u}


def corrected_again(
    f, theta, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8
):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    u = np.maximum(u, v / (1 - beta2**t))
    step = lr * m / (1 - beta1**t) / (np.sqrt(u / (1 - beta2**t)) + eps)
    return theta - step, {"m": m, "v": v, "u": u}


def hats_handed_on(f, theta, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    u = np.maximum(u, v_hat)
    return theta - lr * m_hat / (np.sqrt(u) + eps), {"m": m_hat, "v": v_hat, "u": u}


def u_unused(f, theta, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    u = np.maximum(u, v_hat)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), {"m": m, "v": v, "u": u}


def m_as_it_is(f, theta, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    u = np.maximum(u, v / (1 - beta2**t))
    return theta - lr * m / (np.sqrt(u) + eps), {"m": m, "v": v, "u": u}


def maximum_of_python(
    f, theta, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8
):
    g = f.grad(theta)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    u = max(u, v / (1 - beta2**t))
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(u) + eps), {"m": m, "v": v, "u": u}


def amsgrad_by_where(
    f, theta, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8
):
    g = f.grad(theta)
    m = m * beta1 + g * (1 - beta1)
    v = v * beta2 + g * g * (1 - beta2)
    corrected = v / (1 - beta2**t)
    u = np.where(corrected > u, corrected, u)
    return theta - lr / (u**0.5 + eps) * m / (1 - beta1**t), {"m": m, "v": v, "u": u}


def amsgrad_in_float32(
    f, theta, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8
):
    g = f.grad(theta).astype(np.float32)
    m = (beta1 * m + (1 - beta1) * g).astype(np.float32)
    v = (beta2 * v + (1 - beta2) * g**2).astype(np.float32)
    u = np.maximum(u, v / (1 - beta2**t)).astype(np.float32)
    step = lr * m / (1 - beta1**t) / (np.sqrt(u) + eps)
    return (theta - step).astype(np.float32), {"m": m, "v": v, "u": u}


def ages(rng):
    """Return questions for the time of the correction, away from whole numbers."""
    asked = []
    while len(asked) < 6:
        beta, share = round(rng.uniform(0.3, 0.999), 3), round(rng.uniform(0.1, 0.99), 2)
        exact = np.log(1 - share) / np.log(beta)
        low, high = ((0.05, 0.45), (0.55, 0.95))[len(asked) % 2]  # rounding up differs from round
        right = int(np.ceil(exact))
        telling = len(asked) > 0 or memory(beta, share) not in (right - 1, right)
        if exact > 0.1 and low < exact % 1 < high and telling:
            asked.append({"how": "call", "args": [beta, share]})
    return asked


def one_too_early(beta, share):
    return int(np.log(1 - share) / np.log(beta))


def to_the_nearest(beta, share):
    return round(np.log(1 - share) / np.log(beta))


def not_whole(beta, share):
    return np.log(1 - share) / np.log(beta)


def share_for_rest(beta, share):
    return int(np.ceil(np.log(share) / np.log(beta)))


def memory(beta, share):
    return int(np.ceil(share / (1 - beta)))


def by_counting(beta, share):
    t = 1
    while 1 - beta**t < share:
        t += 1
    return t


PARTS = {
    "10a": Part(
        asks="keras_adam",
        questions=walks,
        mistakes={
            "this is the lecture's Adam: ε stands beside the root of the corrected v": lecture,
            "the learning rate is not corrected: η_t is missing, or t is not used": uncorrected,
            "the correction of v is under no root: η_t needs √(1 − β₂ᵗ)": no_root,
            "ε is inside the root here; it belongs beside it": inside,
            "you correct with t + 1: t is 1 in the first step already": late,
            "this steps uphill: the sign of the step": uphill,
            "β and 1 − β are swapped in the averages": swapped,
            "corrected twice: η_t holds both corrections, so m and v stay as they are": twice,
            "η_t is upside down: √(1 − β₂ᵗ) above, 1 − β₁ᵗ below": turned,
        },
        variants=[keras_by_effective_eps, keras_by_loops, keras_in_place],
    ),
    "10b": Part(
        asks="careful_amsgrad",
        questions=lambda rng: walks(rng, keep=["u", "v"]),
        mistakes={
            "the maximum is over the uncorrected v, as in the course's amsgrad": course_order,
            "u is the newest v̂ only: the largest one so far is not kept": no_maximum,
            "the maximum has gone into v, too: v must stay the plain average": fed_back,
            "the maximum runs over the entries; each entry has a maximum of its own": over_entries,
            "u holds the uncorrected v: correct v first, then take the maximum": left_uncorrected,
            "u is made of v̂, which is corrected already; you correct it again": corrected_again,
            "inner holds m̂ and v̂; hand on the plain averages m and v": hats_handed_on,
            "u is right, but the step still divides by the root of v̂": u_unused,
            "m is not corrected: the step needs m̂": m_as_it_is,
            "Python's max and if cannot compare arrays entry by entry: np.maximum "
            "can": maximum_of_python,
        },
        variants=[amsgrad_by_where, amsgrad_in_float32],
        rtol=1e-4,
        atol=1e-5,
    ),
    "10c": Part(
        asks="awake_at",
        questions=ages,
        mistakes={
            "one step too early: round up, for before that the share is not reached": one_too_early,
            "rounded to the nearest number: round up, always": to_the_nearest,
            "the formula gives no whole number yet: round it up": not_whole,
            "you solved βᵗ ≤ share; it is βᵗ ≤ 1 − share": share_for_rest,
            "1/(1 − β) is only the length of the memory; solve 1 − βᵗ ≥ share": memory,
        },
        variants=[by_counting],
    ),
    "10d": Part(
        asks="prediction",
        questions=lambda rng: [{"how": "value"}],
        mistakes={
            "that is gradient descent; Adam divides the scale of g out": "a",
            "almost: but ε is not scaled with the gradient, so the last digits differ": "c",
            "√1000 would be right if v averaged |g|; it averages g², so m̂ and √v̂ both grow "
            "by 1000": "d",
        },
    ),
}
