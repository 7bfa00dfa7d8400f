"""Exercise 07: what is asked of each part, and what students get wrong in it."""

from itertools import combinations

import numpy as np

from course_lib.answers import respond
from course_lib.exchange import decode, difference, encode, made
from grading.exercise import Part

LENDS = ("models",)


def told_apart(questions, answers, rtol):
    """Tell whether no two of the answers give the same results to all of the questions."""
    with np.errstate(all="ignore"):
        results = [[respond(one, answer).get("result") for one in questions] for answer in answers]
    return all(
        any(difference(a, b, rtol, 1e-6) for a, b in zip(one, other, strict=True))
        for one, other in combinations(results, 2)
    )


def least_squares(rng, d, smallest, largest):
    """Return a least-squares loss with curvatures between two numbers, as plain data."""
    n = 2 * d
    U, V = (np.linalg.qr(rng.normal(size=(m, m)))[0] for m in (n, d))
    curvatures = np.geomspace(smallest, largest, d)
    X = U[:, :d] * np.sqrt(n * curvatures) @ V
    return made("models.LeastSquares", X=np.round(X, 4), y=np.round(2 * rng.normal(size=n), 3))


def looks(rng):
    """Return questions for the look-ahead: short paths, with a constant rate and falling ones."""
    while True:
        f = least_squares(rng, 2, 0.3, 4)
        start = encode(np.round(2 * rng.normal(size=2), 3))
        asked = [
            {"how": "steps", "f": f, "theta": start, "n_steps": n_steps, "options": options}
            for n_steps, options in (
                (1, {"lr": 0.1, "beta": 0.9, "decay": 0.5}),
                (2, {"lr": 0.2, "beta": 0.5, "decay": 1.0}),
                (5, {"lr": 0.1, "beta": 0.9, "decay": 0.0}),
                (5, {"lr": 0.15, "beta": 0.7, "decay": 0.4}),
            )
        ]
        if told_apart(asked, [lookahead_with_his_sign, *LOOKS.values()], 1e-3):
            return asked


def lookahead_with_his_sign(f, theta, t, u=0.0, *, lr=0.1, beta=0.9, decay=0.0):
    ahead = theta + beta * u
    u = beta * u - lr / (1 + decay * (t - 1)) * f.grad(ahead)
    return theta + u, {"u": u}


def lookahead_from_ahead(f, theta, t, u=0.0, *, lr=0.1, beta=0.9, decay=0.0):
    ahead = theta - beta * u
    after = ahead - lr * f.grad(ahead) / (1 + decay * (t - 1))
    return after, {"u": theta - after}


def lookahead_in_place(f, theta, t, u=0.0, *, lr=0.1, beta=0.9, decay=0.0):
    u = np.zeros(theta.shape) + u
    u *= beta
    u += lr / (1 + decay * t - decay) * f.grad(theta - u)
    theta -= u
    return theta, {"u": u}


def lookahead_in_float32(f, theta, t, u=0.0, *, lr=0.1, beta=0.9, decay=0.0):
    g = np.float32(f.grad(theta - beta * u))
    u = np.float32(beta * u + lr / (1 + decay * (t - 1)) * g)
    return np.float32(theta - u), {"u": u}


def looks_nowhere(f, theta, t, u=0.0, *, lr=0.1, beta=0.9, decay=0.0):
    u = beta * u + lr / (1 + decay * (t - 1)) * f.grad(theta)
    return theta - u, {"u": u}


def looks_back(f, theta, t, u=0.0, *, lr=0.1, beta=0.9, decay=0.0):
    u = beta * u + lr / (1 + decay * (t - 1)) * f.grad(theta + beta * u)
    return theta - u, {"u": u}


def looks_too_far(f, theta, t, u=0.0, *, lr=0.1, beta=0.9, decay=0.0):
    u = beta * u + lr / (1 + decay * (t - 1)) * f.grad(theta - u)
    return theta - u, {"u": u}


def steps_from_ahead(f, theta, t, u=0.0, *, lr=0.1, beta=0.9, decay=0.0):
    ahead = theta - beta * u
    u = beta * u + lr / (1 + decay * (t - 1)) * f.grad(ahead)
    return ahead - u, {"u": u}


def rate_outside(f, theta, t, u=0.0, *, lr=0.1, beta=0.9, decay=0.0):
    rate = lr / (1 + decay * (t - 1))
    u = beta * u + f.grad(theta - rate * beta * u)
    return theta - rate * u, {"u": u}


def rate_twice(f, theta, t, u=0.0, *, lr=0.1, beta=0.9, decay=0.0):
    rate = lr / (1 + decay * (t - 1))
    u = beta * u + rate * f.grad(theta - rate * beta * u)
    return theta - u, {"u": u}


def rate_constant(f, theta, t, u=0.0, *, lr=0.1, beta=0.9, decay=0.0):
    u = beta * u + lr * f.grad(theta - beta * u)
    return theta - u, {"u": u}


def rate_late(f, theta, t, u=0.0, *, lr=0.1, beta=0.9, decay=0.0):
    u = beta * u + lr / (1 + decay * t) * f.grad(theta - beta * u)
    return theta - u, {"u": u}


def reports_ahead(f, theta, t, u=0.0, *, lr=0.1, beta=0.9, decay=0.0):
    rate, g = lr / (1 + decay * (t - 1)), f.grad(theta)
    u = beta * u + rate * g
    return theta - (rate * g + beta * u), {"u": u}


def averaged(f, theta, t, u=0.0, *, lr=0.1, beta=0.9, decay=0.0):
    g = f.grad(theta - beta * u)
    u = beta * u + (1 - beta) * lr / (1 + decay * (t - 1)) * g
    return theta - u, {"u": u}


def climbs(f, theta, t, u=0.0, *, lr=0.1, beta=0.9, decay=0.0):
    u = beta * u - lr / (1 + decay * (t - 1)) * f.grad(theta - beta * u)
    return theta - u, {"u": u}


LOOKS = {
    "the gradient is taken at θ; take it at the look-ahead point": looks_nowhere,
    "you look back: the ball rolls on to θ − βu, not to θ + βu": looks_back,
    "you look too far: the old velocity carries the ball by βu, not by u": looks_too_far,
    "the step starts at the look-ahead point, so βu counts twice": steps_from_ahead,
    "η_t stands outside the velocity here; it belongs inside u": rate_outside,
    "u holds the rate already: look ahead by βu, without η_t": rate_twice,
    "the rate stays η: divide it by 1 + d (t − 1)": rate_constant,
    "the rate falls one step too soon: in the first step it is η": rate_late,
    "this returns the look-ahead points, as the course's nesterov; here θ is the "
    "ball": reports_ahead,
    "1 − β does not belong here: u is a sum, not an average": averaged,
    "this steps uphill: the sign of the gradient": climbs,
}


def ski_runs(rng):
    """Return questions for the restarts: runs that restart, each decision with a wide margin."""
    while True:
        asked = []
        for d, n_steps, share in ((2, 1, 0.5), (2, 3, 0.3), (2, 14, 0.55)):
            f = least_squares(rng, d, 0.5, 4)
            asked.append(
                {
                    "how": "steps",
                    "f": f,
                    "theta": encode(np.round(3 * rng.normal(size=d), 3)),
                    "n_steps": n_steps,
                    "options": {"lr": round(share / 4 * rng.uniform(0.8, 1.2), 3)},
                }
            )
        if all(map(_decided, asked)) and told_apart(
            asked, [restart_by_names, *RESTARTS.values()], 1e-3
        ):
            return asked


def _decided(question):
    """Tell whether each test is clear and far from rounding, and a long run restarts."""
    f, theta = decode(question["f"]), decode(question["theta"])
    v, k, restarts = np.zeros(len(theta)), 0, 0
    for t in range(question["n_steps"]):
        g = f.grad(theta)
        size = np.linalg.norm(g) * np.linalg.norm(v)
        if t and (abs(g @ v) < 0.03 * size or np.linalg.norm(g) < 1e-4):
            return False
        if g @ v < 0:
            v, k, restarts = 0 * v, 0, restarts + 1
        beta = k / (k + 3)
        v = beta * v + g
        theta = theta - question["options"]["lr"] * (g + beta * v)
        k += 1
    return restarts >= 1 or question["n_steps"] < 10


def restart_by_names(f, theta, t, v=0.0, k=0, *, lr=0.1):
    slope = f.grad(theta)
    uphill = (slope * v).sum() < 0
    steps = 0 if uphill else k
    kept = 0 if uphill else steps / (steps + 3) * v
    velocity = slope + kept
    ahead = slope + steps / (steps + 3) * velocity
    return theta - lr * ahead, {"v": velocity, "k": steps + 1}


def restart_by_where(f, theta, t, v=0.0, k=0, *, lr=0.1):
    g = f.grad(theta)
    agree = (g * v).sum(-1, keepdims=True) >= 0
    k = np.where(agree, k, 0)
    beta = k / (k + 3)
    v = beta * np.where(agree, v, 0.0) + g
    return theta - lr * (g + beta * v), {"v": v, "k": k + 1}


def restart_by_loops(f, theta, t, v=0.0, k=0, *, lr=0.1):
    g = f.grad(theta)
    v = [0.0] * len(g) if t == 1 else list(v)
    if sum(a * b for a, b in zip(g, v, strict=True)) < 0:
        v, k = [0.0] * len(g), 0
    after = theta.copy()
    for i in range(len(g)):
        v[i] = k * v[i] / (k + 3) + g[i]
        after[i] -= lr * g[i] + lr * k * v[i] / (k + 3)
    return after, {"v": v, "k": k + 1}


def restart_by_counter(f, theta, t, v=0.0, k=0, *, lr=0.1):
    g = f.grad(theta)
    if np.sum(g * v) < 0:
        k = 0
    beta = k / (k + 3)
    v = beta * v + g
    return theta - lr * (g + beta * v), {"v": v, "k": k + 1}


def keeps_counter(f, theta, t, v=0.0, k=0, *, lr=0.1):
    g = f.grad(theta)
    if np.sum(g * v) < 0:
        v = 0.0
    beta = k / (k + 3)
    v = beta * v + g
    return theta - lr * (g + beta * v), {"v": v, "k": k + 1}


def restart_without_slowing(f, theta, t, v=0.0, k=0, *, lr=0.1):
    g = f.grad(theta)
    beta = k / (k + 3)
    if np.sum(g * v) < 0:
        v, k = 0.0, 0
    v = beta * v + g
    return theta - lr * (g + beta * v), {"v": v, "k": k + 1}


def never_restarts(f, theta, t, v=0.0, k=0, *, lr=0.1):
    g = f.grad(theta)
    beta = k / (k + 3)
    v = beta * v + g
    return theta - lr * (g + beta * v), {"v": v, "k": k + 1}


def wrong_way(f, theta, t, v=0.0, k=0, *, lr=0.1):
    g = f.grad(theta)
    if np.sum(g * v) > 0:
        v, k = 0.0, 0
    beta = k / (k + 3)
    v = beta * v + g
    return theta - lr * (g + beta * v), {"v": v, "k": k + 1}


def for_each_entry(f, theta, t, v=0.0, k=0, *, lr=0.1):
    g = f.grad(theta)
    v, k = np.where(g * v < 0, 0.0, v), np.where(g * v < 0, 0, k)
    beta = k / (k + 3)
    v = beta * v + g
    return theta - lr * (g + beta * v), {"v": v, "k": k + 1}


def new_velocity_decides(f, theta, t, v=0.0, k=0, *, lr=0.1):
    g = f.grad(theta)
    beta = k / (k + 3)
    new = beta * v + g
    if np.sum(g * new) < 0:
        beta, new, k = 0.0, g, 0
    return theta - lr * (g + beta * new), {"v": new, "k": k + 1}


def counts_first(f, theta, t, v=0.0, k=0, *, lr=0.1):
    g = f.grad(theta)
    if np.sum(g * v) < 0:
        v, k = 0.0, 0
    k = k + 1
    beta = k / (k + 3)
    v = beta * v + g
    return theta - lr * (g + beta * v), {"v": v, "k": k}


def step_of_momentum(f, theta, t, v=0.0, k=0, *, lr=0.1):
    g = f.grad(theta)
    if np.sum(g * v) < 0:
        v, k = 0.0, 0
    v = k / (k + 3) * v + g
    return theta - lr * v, {"v": v, "k": k + 1}


def pauses(f, theta, t, v=0.0, k=0, *, lr=0.1):
    g = f.grad(theta)
    if np.sum(g * v) < 0:
        return theta, {"v": 0.0, "k": 0}
    beta = k / (k + 3)
    v = beta * v + g
    return theta - lr * (g + beta * v), {"v": v, "k": k + 1}


def ascends(f, theta, t, v=0.0, k=0, *, lr=0.1):
    g = f.grad(theta)
    if np.sum(g * v) < 0:
        v, k = 0.0, 0
    beta = k / (k + 3)
    v = beta * v + g
    return theta + lr * (g + beta * v), {"v": v, "k": k + 1}


RESTARTS = {
    "after a restart the counter goes on: set k to 0 as well": keeps_counter,
    "β is computed before the restart: the step with the restart has β = 0": (
        restart_without_slowing
    ),
    "it never restarts: v is kept when it points uphill, too": never_restarts,
    "β stays 0: it restarts where all is well (restart where gᵀv < 0), or k is never counted "
    "up": wrong_way,
    "each entry restarts on its own; gᵀv is one number for all of them": for_each_entry,
    "you test the new v, with g in it; test the old one": new_velocity_decides,
    "k is one too large: β = 0 in the first step and after a restart": counts_first,
    "this is momentum's step, along g + β times the old v; Nesterov's has the new v there": (
        step_of_momentum
    ),
    "a restart is no pause: that step goes along g": pauses,
    "this steps uphill: the sign of the step": ascends,
}


def bowls(rng):
    """Return questions for the best β: the flat end decides, or the steep one, or nothing helps."""
    while True:
        asked = [_bowl(rng, kind) for kind in ("flat", "steep", "steep", "flat", "much", "saddle")]
        if _telling(asked):
            return asked


def _bowl(rng, kind):
    d = int(rng.integers(2, 5))
    curvatures = np.exp(rng.uniform(np.log(0.3), np.log(12), size=d))
    curvatures[:2] = rng.uniform(0.2, 0.8), rng.uniform(8, 14)
    if kind == "saddle":
        curvatures[0] = -rng.uniform(0.3, 2)
    mu, L = curvatures[:2]
    crossing = 4 / (np.sqrt(L) + np.sqrt(abs(mu))) ** 2
    lr = {
        "flat": rng.uniform(0.2, 0.7) * crossing,
        "steep": rng.uniform(2.3, 3.2) / L,
        "much": rng.uniform(4.5, 8) / L,
        "saddle": rng.uniform(0.5, 1.5) / L,
    }[kind]
    Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
    H = np.round(Q * curvatures @ Q.T, 3)
    return {"how": "call", "args": [encode((H + H.T) / 2), round(lr, 3)]}


def _telling(asked):
    """Tell whether each end decides where it should, clearly, and no two answers agree."""
    for question, wanted in zip(asked[:4], ("flat", "steep", "steep", "flat"), strict=True):
        H, lr = map(decode, question["args"])
        curvatures = np.linalg.eigvalsh(H)
        if curvatures[0] < 0.1 or not 0.05 < lr * curvatures[-1] < 3.6:
            return False
        flat, steep = 1 - np.sqrt(lr * curvatures[0]), np.sqrt(lr * curvatures[-1]) - 1
        if abs(flat - steep) < 0.05 or (flat > steep) != (wanted == "flat"):
            return False
    return told_apart(asked, [best_by_ends, *BESTS.values()], 1e-3)


def best_by_ends(H, lr):
    curvatures = np.linalg.eigvals(H).real
    mu, L = min(curvatures), max(curvatures)
    if mu <= 0 or L * lr >= 4:
        raise ValueError("no beta helps")
    root = max(1 - np.sqrt(lr * mu), np.sqrt(lr * L) - 1)
    return [root * root, root]


def best_by_loops(H, lr):
    beta = 0.0
    for curvature in np.linalg.eigvalsh(H):
        if curvature <= 0:
            raise ValueError("a direction is no bowl")
        beta = max(beta, (1 - (lr * curvature) ** 0.5) ** 2)
    if beta >= 1:
        raise ValueError("the rate is too large")
    return beta, beta**0.5


def best_by_matrices(H, lr):
    curvatures = np.linalg.eigvalsh(H)
    if (curvatures <= 0).any():
        raise ValueError("a direction is no bowl")
    beta = np.max((np.sqrt(lr * curvatures) - 1) ** 2)
    if beta >= 1:
        raise ValueError("the rate is too large")
    matrices = [[[beta, c], [-lr * beta, 1 - lr * c]] for c in curvatures]
    return beta, np.abs(np.linalg.eigvals(np.array(matrices))).max()


def flat_end(H, lr):
    curvatures = np.linalg.eigvalsh(H)
    if curvatures[0] <= 0 or lr * curvatures[-1] >= 4:
        raise ValueError("no beta helps")
    rate = 1 - np.sqrt(lr * curvatures[0])
    return rate**2, rate


def steep_end(H, lr):
    curvatures = np.linalg.eigvalsh(H)
    if curvatures[0] <= 0 or lr * curvatures[-1] >= 4:
        raise ValueError("no beta helps")
    rate = abs(1 - np.sqrt(lr * curvatures[-1]))
    return rate**2, rate


def mildest(H, lr):
    curvatures = np.linalg.eigvalsh(H)
    if curvatures[0] <= 0 or lr * curvatures[-1] >= 4:
        raise ValueError("no beta helps")
    rate = np.abs(1 - np.sqrt(lr * curvatures)).min()
    return rate**2, rate


def no_root(H, lr):
    curvatures = np.linalg.eigvalsh(H)
    if curvatures[0] <= 0 or lr * curvatures[-1] >= 4:
        raise ValueError("no beta helps")
    rate = np.abs(1 - lr * curvatures).max()
    return rate**2, rate


def not_squared(H, lr):
    curvatures = np.linalg.eigvalsh(H)
    if curvatures[0] <= 0 or lr * curvatures[-1] >= 4:
        raise ValueError("no beta helps")
    rate = np.abs(1 - np.sqrt(lr * curvatures)).max()
    return rate, np.sqrt(rate)


def rate_is_beta(H, lr):
    curvatures = np.linalg.eigvalsh(H)
    if curvatures[0] <= 0 or lr * curvatures[-1] >= 4:
        raise ValueError("no beta helps")
    rate = np.abs(1 - np.sqrt(lr * curvatures)).max()
    return rate**2, rate**2


def in_other_order(H, lr):
    curvatures = np.linalg.eigvalsh(H)
    if curvatures[0] <= 0 or lr * curvatures[-1] >= 4:
        raise ValueError("no beta helps")
    rate = np.abs(1 - np.sqrt(lr * curvatures)).max()
    return rate, rate**2


def best_pair(H, lr):
    curvatures = np.linalg.eigvalsh(H)
    if curvatures[0] <= 0 or lr * curvatures[-1] >= 4:
        raise ValueError("no beta helps")
    root = np.sqrt(curvatures[-1] / curvatures[0])
    rate = (root - 1) / (root + 1)
    return rate**2, rate


def diagonal(H, lr):
    curvatures = np.diag(H)
    if curvatures.min() <= 0 or lr * curvatures.max() >= 4:
        raise ValueError("no beta helps")
    rate = np.abs(1 - np.sqrt(lr * curvatures)).max()
    return rate**2, rate


def limit_of_gd(H, lr):
    curvatures = np.linalg.eigvalsh(H)
    if curvatures[0] <= 0 or lr * curvatures[-1] >= 2:
        raise ValueError("no beta helps")
    rate = np.abs(1 - np.sqrt(lr * curvatures)).max()
    return rate**2, rate


def saddle_passes(H, lr):
    curvatures = np.abs(np.linalg.eigvalsh(H))
    rate = np.abs(1 - np.sqrt(lr * curvatures)).max()
    if rate >= 1:
        raise ValueError("no beta helps")
    return rate**2, rate


def too_large_passes(H, lr):
    curvatures = np.linalg.eigvalsh(H)
    if curvatures[0] <= 0:
        raise ValueError("no beta helps")
    rate = np.abs(1 - np.sqrt(lr * curvatures)).max()
    return rate**2, rate


BESTS = {
    "only the flat end is asked; with a large η the steep end asks for more": flat_end,
    "only the steep end is asked; with a small η the flat end asks for more": steep_end,
    "this is the mildest demand; β must meet the strictest": mildest,
    "the root is missing: each direction asks for √β ≥ |1 − √(ηλ)|": no_root,
    "this is √β where β belongs: square it": not_squared,
    "β is right, but the rate is √β: the two eigenvalues have the product β": rate_is_beta,
    "the two numbers are in the other order: (beta, rate)": in_other_order,
    "this is the β of Polyak's best pair, for another η; here η is given": best_pair,
    "the diagonal of H is not its curvatures: take the eigenvalues": diagonal,
    "2/L is the limit of gradient descent; with momentum there is room up to 4/L": limit_of_gd,
    "a negative curvature counts as a positive one here: no β helps, so it is a "
    "ValueError": saddle_passes,
    "this β is 1 or more: then nothing converges, and it is a ValueError": too_large_passes,
}

PARTS = {
    "07a": Part(
        asks="lookahead",
        questions=looks,
        mistakes=LOOKS,
        variants=[
            lookahead_with_his_sign,
            lookahead_from_ahead,
            lookahead_in_place,
            lookahead_in_float32,
        ],
        rtol=1e-5,
        atol=1e-5,
    ),
    "07b": Part(
        asks="restarting",
        questions=ski_runs,
        mistakes=RESTARTS,
        variants=[restart_by_names, restart_by_where, restart_by_loops, restart_by_counter],
    ),
    "07c": Part(
        asks="best_beta",
        questions=bowls,
        mistakes=BESTS,
        variants=[best_by_ends, best_by_loops, best_by_matrices],
        rtol=1e-5,
    ),
    "07d": Part(
        asks="prediction",
        questions=lambda rng: [{"how": "value"}],
        mistakes={
            "the velocity is a sum, not a mean: a step is about 1/(1 − β) = 10 times longer": "a",
            "in the end each gradient moves θ by η/(1 − β): that is like a larger rate": "b",
            "one over root ten would be the noise of a mean; the velocity is a sum, and its "
            "steps are longer": "d",
        },
    ),
}
