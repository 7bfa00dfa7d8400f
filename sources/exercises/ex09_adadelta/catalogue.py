"""Exercise 09: what is asked of each part, and what students get wrong in it."""

from itertools import combinations

import numpy as np

from course_lib.answers import respond
from course_lib.exchange import difference, encode, made
from grading.exercise import Part

LENDS = ("models",)


def told_apart(questions, answers):
    """Tell whether no two of the answers give the same results to all of the questions."""
    results = [[respond(question, one).get("result") for question in questions] for one in answers]
    return all(
        any(difference(a, b, 1e-2, 1e-3) for a, b in zip(one, other, strict=True))
        for one, other in combinations(results, 2)
    )


def walks(rng, settings, answers):
    """Return questions for a step: short paths on least squares that tell the answers apart."""
    while True:
        X, y = rng.normal(size=(6, 3)).round(3), (2 * rng.normal(size=6)).round(3)
        f = made("models.LeastSquares", X=X, y=y)
        start = encode(rng.normal(size=3).round(3))
        asked = [
            {"how": "steps", "f": f, "theta": start, "n_steps": n_steps, "options": options}
            for n_steps, options in settings
        ]
        if told_apart(asked, answers):
            return asked


def starts(rng):
    """Return questions for the step with a chosen first length."""
    settings = [
        (1, {"first": 0.5, "rho": 0.9, "eps": 0.1}),
        (3, {"first": 0.3, "rho": 0.6, "eps": 0.1}),
        (5, {"first": 0.2, "rho": 0.8, "eps": 0.3}),
    ]
    return walks(rng, settings, [start_by_if, *STARTS.values()])


def eps_above_too(f, theta, t, v=0.0, u=0.0, *, first=0.01, rho=0.95, eps=1e-12):
    g = f.grad(theta)
    if t == 1:
        v, u = g**2, first**2
    else:
        v = rho * v + (1 - rho) * g**2
    delta = np.sqrt(u + eps) / np.sqrt(v + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def eps_beside(f, theta, t, v=0.0, u=0.0, *, first=0.01, rho=0.95, eps=1e-12):
    g = f.grad(theta)
    if t == 1:
        v, u = g**2, first**2
    else:
        v = rho * v + (1 - rho) * g**2
    delta = np.sqrt(u) / (np.sqrt(v) + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def first_not_squared(f, theta, t, v=0.0, u=0.0, *, first=0.01, rho=0.95, eps=1e-12):
    g = f.grad(theta)
    if t == 1:
        v, u = g**2, first
    else:
        v = rho * v + (1 - rho) * g**2
    delta = np.sqrt(u) / np.sqrt(v + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def v_from_zero(f, theta, t, v=0.0, u=0.0, *, first=0.01, rho=0.95, eps=1e-12):
    g = f.grad(theta)
    if t == 1:
        u = first**2
    v = rho * v + (1 - rho) * g**2
    delta = np.sqrt(u) / np.sqrt(v + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def u_from_zero(f, theta, t, v=0.0, u=0.0, *, first=0.01, rho=0.95, eps=1e-12):
    g = f.grad(theta)
    v = g**2 if t == 0 else rho * v + (1 - rho) * g**2
    u = first**2 if t == 0 else u
    delta = np.sqrt(u) / np.sqrt(v + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def always_first(f, theta, t, v=0.0, u=0.0, *, first=0.01, rho=0.95, eps=1e-12):
    g = f.grad(theta)
    v = g**2 if t == 1 else rho * v + (1 - rho) * g**2
    delta = first / np.sqrt(v + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def v_restarts(f, theta, t, v=0.0, u=0.0, *, first=0.01, rho=0.95, eps=1e-12):
    g = f.grad(theta)
    if t == 1:
        u = first**2
    v = g**2
    delta = np.sqrt(u) / np.sqrt(v + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def u_of_gradients(f, theta, t, v=0.0, u=0.0, *, first=0.01, rho=0.95, eps=1e-12):
    g = f.grad(theta)
    if t == 1:
        v, u = g**2, first**2
    else:
        v = rho * v + (1 - rho) * g**2
    delta = np.sqrt(u) / np.sqrt(v + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * g**2}


def u_of_steps(f, theta, t, v=0.0, u=0.0, *, first=0.01, rho=0.95, eps=1e-12):
    g = f.grad(theta)
    if t == 1:
        v, u = g**2, first**2
    else:
        v = rho * v + (1 - rho) * g**2
    with np.errstate(invalid="ignore"):
        delta = np.sqrt(u) / np.sqrt(v + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta}


def u_stays(f, theta, t, v=0.0, u=0.0, *, first=0.01, rho=0.95, eps=1e-12):
    g = f.grad(theta)
    if t == 1:
        v, u = g**2, first**2
        return theta - np.sqrt(u) / np.sqrt(v + eps) * g, {"v": v, "u": u}
    v = rho * v + (1 - rho) * g**2
    delta = np.sqrt(u) / np.sqrt(v + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def uphill(f, theta, t, v=0.0, u=0.0, *, first=0.01, rho=0.95, eps=1e-12):
    g = f.grad(theta)
    if t == 1:
        v, u = g**2, first**2
    else:
        v = rho * v + (1 - rho) * g**2
    delta = np.sqrt(u) / np.sqrt(v + eps) * g
    return theta + delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


STARTS = {
    "ε stands beside u as well; here it stands beside v only": eps_above_too,
    "ε is outside the root here; it stands inside, with v": eps_beside,
    "u begins with the length; it is a mean of squares, so it begins with its square": (
        first_not_squared
    ),
    "v begins from 0 here; in the first step v is g² itself": v_from_zero,
    "it never moves: u stays 0. The first step has t = 1, and there u is the square of first": (
        u_from_zero
    ),
    "u is not used: the numerator has the length first in every step": always_first,
    "v is g² in every step; from the second step on it is the running average": v_restarts,
    "u averages g²; it averages the squares of the steps": u_of_gradients,
    "u averages the steps themselves; it averages their squares": u_of_steps,
    "the first step is not averaged into u: u is renewed in every step": u_stays,
    "this steps uphill: the sign of the step": uphill,
}


def start_by_if(f, theta, t, v=0.0, u=0.0, *, first=0.01, rho=0.95, eps=1e-12):
    g = f.grad(theta)
    v = g**2 if t == 1 else v + (1 - rho) * (g**2 - v)
    u = np.full_like(g, first**2) if t == 1 else u
    delta = g * (u / (v + eps)) ** 0.5
    return theta - delta, {"v": v, "u": u + (1 - rho) * (delta**2 - u)}


def start_by_loops(f, theta, t, v=0.0, u=0.0, *, first=0.01, rho=0.95, eps=1e-12):
    g = f.grad(theta)
    after, squares, steps = [], [], []
    for i in range(len(g)):
        old_v, old_u = (g[i] ** 2, first**2) if t <= 1 else (v[i], u[i])
        squares.append(rho * old_v + (1 - rho) * g[i] ** 2)
        delta = old_u**0.5 / (squares[i] + eps) ** 0.5 * g[i]
        steps.append(rho * old_u + (1 - rho) * delta**2)
        after.append(theta[i] - delta)
    return after, {"v": squares, "u": steps}


def start_in_place(f, theta, t, v=0.0, u=0.0, *, first=0.01, rho=0.95, eps=1e-12):
    g = f.grad(theta)
    if t == 1:
        v, u = g * g, first**2 * np.ones(len(g))
    else:
        v *= rho
        v += (1 - rho) * g**2
    delta = np.sqrt(u) / np.sqrt(v + eps) * g
    u *= rho
    u += (1 - rho) * delta**2
    theta -= delta
    return theta, {"v": v, "u": u, "delta": delta}


def start_in_float32(f, theta, t, v=0.0, u=0.0, *, first=0.01, rho=0.95, eps=1e-12):
    g = f.grad(theta).astype(np.float32)
    if t == 1:
        v, u = g**2, np.float32(first**2)
    else:
        v = (rho * v + (1 - rho) * g**2).astype(np.float32)
    delta = (np.sqrt(u) / np.sqrt(v + eps) * g).astype(np.float32)
    u = rho * u + (1 - rho) * delta**2
    return theta - delta, {"v": v, "u": u.astype(np.float32)}


def repairs(rng):
    """Return questions for the corrected step."""
    settings = [
        (1, {"rho": 0.7, "eps": 0.1}),
        (4, {"rho": 0.6, "eps": 0.1}),
        (5, {"rho": 0.8, "eps": 0.03}),
    ]
    return walks(rng, settings, [corrected_by_weights, *REPAIRS.values()])


def as_it_was(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    v = v / (1 - rho**t)
    u = rho * u + (1 - rho) * g**2
    u_hat = u / (1 - rho**t)
    delta = np.sqrt(u_hat + eps) / np.sqrt(v + eps) * g
    return theta - delta, {"v": v, "u": u}


def hands_on_v_hat(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = (rho * v + (1 - rho) * g**2) / (1 - rho**t)
    u_hat = u / (1 - rho ** (t - 1)) if t > 1 else 0.0
    delta = np.sqrt(u_hat + eps) / np.sqrt(v + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def hands_on_u_hat(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    u = u / (1 - rho ** (t - 1)) if t > 1 else 0.0
    delta = np.sqrt(u + eps) / np.sqrt(v / (1 - rho**t) + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def u_averages_g(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    u_hat = u / (1 - rho ** (t - 1)) if t > 1 else 0.0
    delta = np.sqrt(u_hat + eps) / np.sqrt(v / (1 - rho**t) + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * g**2}


def zero_by_zero(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    v_hat, u_hat = v / (1 - rho**t), u / (1 - rho ** (t - 1))
    delta = np.sqrt(u_hat + eps) / np.sqrt(v_hat + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def updated_first(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    u = rho * u + (1 - rho) * g**2
    delta = np.sqrt(u / (1 - rho**t) + eps) / np.sqrt(v / (1 - rho**t) + eps) * g
    return theta - delta, {"v": v, "u": u}


def this_step_in_u(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    root = np.sqrt(v / (1 - rho**t) + eps)
    u_hat = u / (1 - rho ** (t - 1)) if t > 1 else 0.0
    delta = np.sqrt(u_hat + eps) / root * g
    u = rho * u + (1 - rho) * delta**2
    return theta - np.sqrt(u / (1 - rho**t) + eps) / root * g, {"v": v, "u": u}


def exponent_t(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    delta = np.sqrt(u / (1 - rho**t) + eps) / np.sqrt(v / (1 - rho**t) + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def lesson(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    delta = np.sqrt(u + eps) / np.sqrt(v + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def u_uncorrected(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    delta = np.sqrt(u + eps) / np.sqrt(v / (1 - rho**t) + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def u_not_squared(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    u_hat = u / (1 - rho ** (t - 1)) if t > 1 else 0.0
    delta = np.sqrt(u_hat + eps) / np.sqrt(v / (1 - rho**t) + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * abs(delta)}


def u_of_steps_too(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    u_hat = u / (1 - rho ** (t - 1)) if t > 1 else 0.0
    with np.errstate(invalid="ignore"):
        delta = np.sqrt(u_hat + eps) / np.sqrt(v / (1 - rho**t) + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta}


def v_uncorrected(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    u_hat = u / (1 - rho ** (t - 1)) if t > 1 else 0.0
    delta = np.sqrt(u_hat + eps) / np.sqrt(v + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def no_eps_above(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    u_hat = u / (1 - rho ** (t - 1)) if t > 1 else 0.0
    delta = np.sqrt(u_hat) / np.sqrt(v / (1 - rho**t) + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def first_step_is_zero(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    if t == 1:
        return theta, {"v": v, "u": u}
    delta = np.sqrt(u / (1 - rho ** (t - 1)) + eps) / np.sqrt(v / (1 - rho**t) + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


def late_for_both(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g**2
    u_hat, v_hat = u / (1 - rho**t), v / (1 - rho ** (t + 1))
    delta = np.sqrt(u_hat + eps) / np.sqrt(v_hat + eps) * g
    return theta - delta, {"v": v, "u": rho * u + (1 - rho) * delta**2}


REPAIRS = {
    "this is the code as it was; all four mistakes are still in it": as_it_was,
    "the corrected v̂ is handed on as v; the plain average must go on": hands_on_v_hat,
    "the corrected û is handed on as u; the plain average must go on": hands_on_u_hat,
    "in the first step this is 0/0; there û counts as 0": zero_by_zero,
    "u averages g²; it averages the squares of the steps": u_averages_g,
    "u is renewed before the step, and with g²; only the steps before this one are known, and "
    "their squares belong into u": updated_first,
    "u already holds this step when the step is computed; use the old u": this_step_in_u,
    "the old u holds t − 1 steps: its correction has the exponent t − 1": exponent_t,
    "nothing is corrected: this is the lesson's AdaDelta": lesson,
    "only v is corrected; u needs its own correction": u_uncorrected,
    "only u is corrected; v needs its own correction": v_uncorrected,
    "it never moves: beside û stands ε, as in the lesson": no_eps_above,
    "the first step is 0 here; only û counts as 0, and ε gets it going": first_step_is_zero,
    "u averages the steps themselves; it averages their squares": u_of_steps_too,
    "u averages the lengths of the steps; it averages their squares": u_not_squared,
    "you correct with t + 1 for v and t for u; v holds t gradients, u holds t − 1 steps": (
        late_for_both
    ),
}


def corrected_by_weights(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = v + (1 - rho) / (1 - rho**t) * (g**2 - v)
    delta = ((u + eps) / (v + eps)) ** 0.5 * g
    u = u + (1 - rho) / (1 - rho**t) * (delta**2 - u)
    return theta - delta, {"v": v, "u": u}


def corrected_by_max(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v = rho * v + (1 - rho) * g * g
    u_hat = u / max(1 - rho ** (t - 1), 1e-300)
    delta = np.sqrt(eps + u_hat) * g / np.sqrt(eps + v / (1 - rho**t))
    theta -= delta
    return theta, {"v": v, "u": rho * u + (1 - rho) * delta * delta}


def corrected_by_loops(f, theta, t, v=0.0, u=0.0, *, rho=0.95, eps=1e-6):
    g = f.grad(theta)
    v, u = np.broadcast_to(v, g.shape).copy(), np.broadcast_to(u, g.shape).copy()
    after = np.zeros(len(g))
    for i in range(len(g)):
        v[i] = rho * v[i] + (1 - rho) * g[i] ** 2
        v_hat, u_hat = v[i] / (1 - rho**t), 0.0
        if t >= 2:
            u_hat = u[i] / (1 - rho ** (t - 1))
        delta = (u_hat + eps) ** 0.5 / (v_hat + eps) ** 0.5 * g[i]
        u[i] = rho * u[i] + (1 - rho) * delta**2
        after[i] = theta[i] - delta
    return after, {"v": v, "u": u}


def pairs(rng):
    """Return questions for the two paths: finer and coarser units, one run that ended early."""
    while True:
        asked = []
        for n, m, s in ((4, 4, 1000), (5, 4, 10), (3, 5, 0.01)):
            steps = rng.normal(size=(max(n, m) + 1, 2)).cumsum(0) + rng.uniform(3, 6, size=2)
            other = s * (steps + 0.3 * rng.normal(size=steps.shape) * (steps != steps[0]))
            path, other = steps[: n + 1].round(2), np.round(other[: m + 1], 4)
            other[0] = np.round(s * path[0], 4)
            says = f"path = {path.tolist()}, other = {other.tolist()}, s = {s}"
            args = [encode(path), encode(other), s]
            asked.append({"how": "call", "args": args, "says": says})
        if told_apart(asked, [gap_by_loops, *GAPS.values()]) and all(map(unfinished, asked)):
            return asked


def unfinished(question):
    """Tell whether the gap and the reach are largest before the end, and clearly."""
    path, other = (np.array(one["array"]) for one in question["args"][:2])
    n = min(len(path), len(other))
    gaps = np.linalg.norm(path[:n] - other[:n] / question["args"][2], axis=1)
    reaches = np.linalg.norm(path[:n] - path[0], axis=1)
    return max(gaps.argmax(), reaches.argmax()) < n - 1 and gaps.max() > 0.05 * reaches.max()


def wrong_way(path, other, s):
    n = min(len(path), len(other))
    reach = np.linalg.norm(path[:n] - path[0], axis=1).max()
    return np.linalg.norm(path[:n] - s * other[:n], axis=1).max() / reach


def not_converted(path, other, s):
    n = min(len(path), len(other))
    reach = np.linalg.norm(path[:n] - path[0], axis=1).max()
    return np.linalg.norm(path[:n] - other[:n], axis=1).max() / reach


def in_units(path, other, s):
    n = min(len(path), len(other))
    return np.linalg.norm(path[:n] - other[:n] / s, axis=1).max()


def from_origin(path, other, s):
    n = min(len(path), len(other))
    reach = np.linalg.norm(path[:n], axis=1).max()
    return np.linalg.norm(path[:n] - other[:n] / s, axis=1).max() / reach


def only_ends(path, other, s):
    n = min(len(path), len(other))
    gap = np.linalg.norm(path[n - 1] - other[n - 1] / s)
    return gap / np.linalg.norm(path[n - 1] - path[0])


def reach_at_end(path, other, s):
    n = min(len(path), len(other))
    reach = np.linalg.norm(path[n - 1] - path[0])
    return np.linalg.norm(path[:n] - other[:n] / s, axis=1).max() / reach


def reach_of_all(path, other, s):
    n = min(len(path), len(other))
    reach = np.linalg.norm(path - path[0], axis=1).max()
    return np.linalg.norm(path[:n] - other[:n] / s, axis=1).max() / reach


def by_coordinate(path, other, s):
    n = min(len(path), len(other))
    return abs(path[:n] - other[:n] / s).max() / abs(path[:n] - path[0]).max()


def whole_norm(path, other, s):
    n = min(len(path), len(other))
    return np.linalg.norm(path[:n] - other[:n] / s) / np.linalg.norm(path[:n] - path[0])


def mean_gap(path, other, s):
    n = min(len(path), len(other))
    reach = np.linalg.norm(path[:n] - path[0], axis=1).max()
    return np.linalg.norm(path[:n] - other[:n] / s, axis=1).mean() / reach


def same_length(path, other, s):
    reach = np.linalg.norm(path - path[0], axis=1).max()
    return np.linalg.norm(path - other / s, axis=1).max() / reach


GAPS = {
    "you multiply by s; the numbers of other are s times larger, so divide": wrong_way,
    "the two paths are in different units: convert other first": not_converted,
    "this gap has a unit: divide it by the reach": in_units,
    "the reach is the distance from the start of path, not from the origin": from_origin,
    "this looks at the last points only; the largest gap may come before": only_ends,
    "the reach is the largest distance from the start, not that of the last point": reach_at_end,
    "the reach counts points that only path has; cut both paths first": reach_of_all,
    "you take the largest coordinate; a distance is the root of the sum of squares": by_coordinate,
    "the norm of the whole array mixes all steps: one distance for each step, then the largest": (
        whole_norm
    ),
    "this is the mean of the gaps; the largest is asked for": mean_gap,
    "paths of different lengths: cut both to the points that both have": same_length,
}


def gap_by_loops(path, other, s):
    gap, reach = 0.0, 0.0
    for a, b in zip(path, other, strict=False):
        gap = max(gap, sum((a[i] - b[i] / s) ** 2 for i in range(len(a))) ** 0.5)
        reach = max(reach, sum((a[i] - path[0][i]) ** 2 for i in range(len(a))) ** 0.5)
    return gap / reach


def gap_in_other_unit(path, other, s):
    n = min(path.shape[0], other.shape[0])
    path, other = s * path[:n], other[:n]
    return np.max(np.hypot(*(path - other).T)) / np.max(np.hypot(*(path - path[0]).T))


def gap_of_squares(path, other, s):
    n = min(len(path), len(other))
    gaps = ((path[:n] - other[:n] / s) ** 2).sum(-1)
    return np.sqrt(np.max(gaps) / np.max(((path[:n] - path[0]) ** 2).sum(-1)))


def rates(rng):
    """Return questions for the length at which the step settles; some have none."""
    asked = []
    for low, high in ((0.2, 0.45), (0.5, 0.7), (0.75, 0.95), (1.1, 1.9)):
        lr, eps = round(rng.uniform(low, high), 3), round(10 ** rng.uniform(-3, -1), 5)
        asked.append({"how": "call", "args": [lr, eps], "says": f"lr = {lr}, eps = {eps}"})
    return [*asked, {"how": "call", "args": [1.0, 0.01], "says": "lr = 1.0, eps = 0.01"}]


def first_length_only(lr, eps):
    if lr >= 1:
        raise ValueError("no length")
    return lr * np.sqrt(eps)


def squared(lr, eps):
    if lr >= 1:
        raise ValueError("no length")
    return lr**2 * eps / (1 - lr**2)


def half_rooted(lr, eps):
    if lr >= 1:
        raise ValueError("no length")
    return lr * np.sqrt(eps) / (1 - lr**2)


def lr_not_squared(lr, eps):
    if lr >= 1:
        raise ValueError("no length")
    return np.sqrt(lr * eps / (1 - lr))


def one_lr_outside(lr, eps):
    if lr >= 1:
        raise ValueError("no length")
    return np.sqrt(eps / (1 - lr**2))


def plus(lr, eps):
    if lr >= 1:
        raise ValueError("no length")
    return lr * np.sqrt(eps / (1 + lr**2))


def unchecked(lr, eps):
    return lr * (eps / (1 - lr**2)) ** 0.5


def unchecked_root(lr, eps):
    with np.errstate(invalid="ignore"):
        return lr * np.sqrt(eps / (1 - lr**2))


def says_infinity(lr, eps):
    if lr >= 1:
        return np.inf
    return lr * np.sqrt(eps / (1 - lr**2))


def roots_added(lr, eps):
    if lr >= 1:
        raise ValueError("no length")
    return lr * np.sqrt(eps) / (1 - lr)


def says_none(lr, eps):
    if lr >= 1:
        return None
    return lr * np.sqrt(eps / (1 - lr**2))


def one_passes(lr, eps):
    if lr > 1:
        raise ValueError("no length")
    return lr * (eps / (1 - lr**2)) ** 0.5


def settles_by_waiting(lr, eps):
    if not lr < 1:
        raise ValueError(f"lr={lr} is too large")
    square = 0.0
    for _ in range(2000):
        square = lr * lr * (square + eps)
    return square**0.5


def settles_by_sum(lr, eps):
    if lr >= 1:
        raise ValueError
    return np.sqrt(eps * sum(lr ** (2 * k) for k in range(1, 1000)))


def settles_by_inverse(lr, eps):
    if lr >= 1.0:
        raise ValueError("the steps grow for ever")
    return (eps / (1 / lr**2 - 1)) ** 0.5


PARTS = {
    "09a": Part(
        asks="chosen_start",
        questions=starts,
        mistakes=STARTS,
        variants=[start_by_if, start_by_loops, start_in_place, start_in_float32],
        rtol=1e-4,
        atol=1e-5,
    ),
    "09b": Part(
        asks="corrected_adadelta",
        questions=repairs,
        mistakes=REPAIRS,
        variants=[corrected_by_weights, corrected_by_max, corrected_by_loops],
    ),
    "09c": Part(
        asks="unit_gap",
        questions=pairs,
        mistakes=GAPS,
        variants=[gap_by_loops, gap_in_other_unit, gap_of_squares],
    ),
    "09d": Part(
        asks="settles",
        questions=rates,
        mistakes={
            "that is the step while u is still 0; in the long run u is its square": (
                first_length_only
            ),
            "that is the square of the length: take the root": squared,
            "the root must be over 1 − η², too": half_rooted,
            "√(D² + ε) is not D + √ε: square both sides before you solve": roots_added,
            "η is multiplied in before the squaring: it stands in u as η²": lr_not_squared,
            "one η is missing: every step has the factor η": one_lr_outside,
            "the sign in the denominator: D² − η²D² = η²ε": plus,
            "for η ≥ 1 there is no such length: raise a ValueError": unchecked,
            "for η ≥ 1 a ValueError is asked for, not None": says_none,
            "for η ≥ 1 a ValueError is asked for, not infinity": says_infinity,
            "for η ≥ 1 this is the root of a negative number, or divides by 0: raise a "
            "ValueError there": unchecked_root,
            "for η = 1 the steps grow for ever, too: raise the ValueError there as well": (
                one_passes
            ),
        },
        variants=[settles_by_waiting, settles_by_sum, settles_by_inverse],
    ),
}
