"""Exercise 08: what is asked of each part, and what students get wrong in it."""

from itertools import combinations

import numpy as np

from course_lib.answers import respond
from course_lib.exchange import difference, encode, made
from grading.exercise import Part

LENDS = ("models",)


def told_apart(questions, answers):
    """Tell whether all results are plain numbers, and no two answers agree in all questions."""
    results = [[respond(question, one)["result"] for question in questions] for one in answers]
    plain = all(difference(one, one, 0, 0) is None for row in results for one in row)
    return plain and all(
        any(difference(a, b, 1e-2, 1e-3) for a, b in zip(one, other, strict=True))
        for one, other in combinations(results, 2)
    )


def called(gradients, *rest, **options):
    """Return a question for a function of gradients, which shows a student all of them."""
    args = [encode(gradients), *rest]
    told = [f"gradients = {gradients.tolist()}", *(f"k = {k}" for k in rest)]
    told += [f"{name} = {value}" for name, value in options.items()]
    return {"how": "call", "args": args, "options": options, "says": ", ".join(told)}


def walks(rng):
    """Return questions for the centred step: short paths on least squares, with a large ε."""
    settings = [
        {"n_steps": 1, "options": {"lr": 0.5, "gamma": 0.8, "eps": 0.1}},
        {"n_steps": 3, "options": {"lr": 0.2, "gamma": 0.9, "eps": 0.1}},
        {"n_steps": 3, "options": {"lr": 0.3, "gamma": 0.8, "eps": 0.3}},
    ]
    while True:
        X, y = rng.normal(size=(6, 3)).round(3), (2 * rng.normal(size=6)).round(3)
        f = made("models.LeastSquares", X=X, y=y)
        start = encode(rng.normal(size=3).round(3))
        asked = [{"how": "steps", "f": f, "theta": start, **one} for one in settings]
        with np.errstate(invalid="ignore"):
            if told_apart(asked, [centred_by_increments, *CENTRED.values()]):
                return asked


def uncentred(f, theta, t, m=0.0, v=0.0, *, lr=0.001, gamma=0.9, eps=1e-8):
    g = f.grad(theta)
    m = gamma * m + (1 - gamma) * g
    v = gamma * v + (1 - gamma) * g**2
    return theta - lr * g / (np.sqrt(v) + eps), {"m": m, "v": v}


def inside(f, theta, t, m=0.0, v=0.0, *, lr=0.001, gamma=0.9, eps=1e-8):
    g = f.grad(theta)
    m = gamma * m + (1 - gamma) * g
    v = gamma * v + (1 - gamma) * g**2
    return theta - lr * g / np.sqrt(v - m**2 + eps), {"m": m, "v": v}


def no_root(f, theta, t, m=0.0, v=0.0, *, lr=0.001, gamma=0.9, eps=1e-8):
    g = f.grad(theta)
    m = gamma * m + (1 - gamma) * g
    v = gamma * v + (1 - gamma) * g**2
    return theta - lr * g / (v - m**2 + eps), {"m": m, "v": v}


def steps_along_mean(f, theta, t, m=0.0, v=0.0, *, lr=0.001, gamma=0.9, eps=1e-8):
    g = f.grad(theta)
    m = gamma * m + (1 - gamma) * g
    v = gamma * v + (1 - gamma) * g**2
    return theta - lr * m / (np.sqrt(v - m**2) + eps), {"m": m, "v": v}


def old_mean(f, theta, t, m=0.0, v=0.0, *, lr=0.001, gamma=0.9, eps=1e-8):
    g = f.grad(theta)
    v = gamma * v + (1 - gamma) * g**2
    theta = theta - lr * g / (np.sqrt(v - m**2) + eps)
    return theta, {"m": gamma * m + (1 - gamma) * g, "v": v}


def hands_on_spread(f, theta, t, m=0.0, v=0.0, *, lr=0.001, gamma=0.9, eps=1e-8):
    g = f.grad(theta)
    m = gamma * m + (1 - gamma) * g
    v = gamma * v + (1 - gamma) * g**2 - m**2
    return theta - lr * g / (np.sqrt(v) + eps), {"m": m, "v": v}


def around_the_mean(f, theta, t, m=0.0, v=0.0, *, lr=0.001, gamma=0.9, eps=1e-8):
    g = f.grad(theta)
    m = gamma * m + (1 - gamma) * g
    v = gamma * v + (1 - gamma) * (g - m) ** 2
    return theta - lr * g / (np.sqrt(v) + eps), {"m": m, "v": v}


def sum_of_squares(f, theta, t, m=0.0, v=0.0, *, lr=0.001, gamma=0.9, eps=1e-8):
    g = f.grad(theta)
    m = gamma * m + (1 - gamma) * g
    v = gamma * v + (1 - gamma) * g**2
    return theta - lr * g / (np.sqrt(v + m**2) + eps), {"m": m, "v": v}


def swapped(f, theta, t, m=0.0, v=0.0, *, lr=0.001, gamma=0.9, eps=1e-8):
    g = f.grad(theta)
    m = (1 - gamma) * m + gamma * g
    v = (1 - gamma) * v + gamma * g**2
    return theta - lr * g / (np.sqrt(v - m**2) + eps), {"m": m, "v": v}


def uphill(f, theta, t, m=0.0, v=0.0, *, lr=0.001, gamma=0.9, eps=1e-8):
    g = f.grad(theta)
    m = gamma * m + (1 - gamma) * g
    v = gamma * v + (1 - gamma) * g**2
    return theta + lr * g / (np.sqrt(v - m**2) + eps), {"m": m, "v": v}


CENTRED = {
    "nothing is subtracted: this is RMSProp without the centring": uncentred,
    "ε is inside the root here; in this form it stands beside it": inside,
    "the root is missing: divide by √(v − m²) + ε": no_root,
    "this steps along the mean m; step along g, and use m under the root only": steps_along_mean,
    "you subtract the old m²: the root needs the new m and the new v": old_mean,
    "v − m² is handed on as v; the plain average v must go on": hands_on_spread,
    "you average (g − m)²; here v averages g², and m² is subtracted from it": around_the_mean,
    "you add m²; it is subtracted": sum_of_squares,
    "γ and 1 − γ are swapped in the averages": swapped,
    "this steps uphill: the sign of the step": uphill,
}


def centred_by_increments(f, theta, t, m=0.0, v=0.0, *, lr=0.001, gamma=0.9, eps=1e-8):
    g = f.grad(theta)
    m = m + (1 - gamma) * (g - m)
    v = v + (1 - gamma) * (g * g - v)
    spread = np.maximum(v - m * m, 0)
    return theta - lr / (spread**0.5 + eps) * g, {"m": m, "v": v}


def centred_by_loops(f, theta, t, m=0.0, v=0.0, *, lr=0.001, gamma=0.9, eps=1e-8):
    g = f.grad(theta)
    after, means, squares = [], [], []
    m, v = np.broadcast_to(m, g.shape), np.broadcast_to(v, g.shape)
    for i in range(len(g)):
        means.append(gamma * m[i] + (1 - gamma) * g[i])
        squares.append(gamma * v[i] + (1 - gamma) * g[i] ** 2)
        after.append(theta[i] - lr * g[i] / ((squares[i] - means[i] ** 2) ** 0.5 + eps))
    return after, {"m": np.array(means), "v": np.array(squares), "g": g}


def centred_in_place(f, theta, t, m=0.0, v=0.0, *, lr=0.001, gamma=0.9, eps=1e-8):
    g = f.grad(theta)
    m = gamma * m + (1 - gamma) * g
    v = gamma * v + (1 - gamma) * g**2
    theta -= lr * g / (np.sqrt(v - m**2) + eps)
    return theta, {"m": m, "v": v}


def centred_in_float32(f, theta, t, m=0.0, v=0.0, *, lr=0.001, gamma=0.9, eps=1e-8):
    g = f.grad(theta).astype(np.float32)
    m = (gamma * m + (1 - gamma) * g).astype(np.float32)
    v = (gamma * v + (1 - gamma) * g**2).astype(np.float32)
    return theta - lr * g / (np.sqrt(v - m**2) + eps), {"m": m, "v": v}


def windows(rng):
    """Return questions for the rates of a window: shorter than the run, of one step, and longer."""
    while True:
        asked = []
        for n_steps, k in ((6, 3), (5, 1), (4, 7)):
            sizes = rng.uniform(0.3, 3, size=(n_steps, 2)).round(2)
            gradients = sizes * rng.choice([-1, 1], size=sizes.shape)
            options = {"lr": round(rng.uniform(0.2, 0.9), 2), "eps": 0.1}
            asked.append(called(gradients, k, **options))
        if told_apart(asked, [window_by_sums, *WINDOWS.values()]):
            return asked


def as_it_was(gradients, k, *, lr, eps):
    rates = []
    for t in range(len(gradients)):
        recent = gradients[t - k : t]
        G = recent.sum() ** 2
        rates.append(lr / (np.sqrt(G) + eps))
    return np.array(rates)


def newest_missing(gradients, k, *, lr, eps):
    rates = []
    for t in range(len(gradients)):
        recent = gradients[max(0, t - k) : t]
        rates.append(lr / np.sqrt((recent**2).sum(0) + eps))
    return np.array(rates)


def one_too_many(gradients, k, *, lr, eps):
    rates = []
    for t in range(len(gradients)):
        recent = gradients[max(0, t - k) : t + 1]
        rates.append(lr / np.sqrt((recent**2).sum(0) + eps))
    return np.array(rates)


def from_the_end(gradients, k, *, lr, eps):
    rates = []
    for t in range(len(gradients)):
        recent = gradients[t - k + 1 : t + 1]
        rates.append(lr / np.sqrt((recent**2).sum(0) + eps))
    return np.array(rates)


def sum_squared(gradients, k, *, lr, eps):
    rates = []
    for t in range(len(gradients)):
        recent = gradients[max(0, t - k + 1) : t + 1]
        rates.append(lr / np.sqrt(recent.sum(0) ** 2 + eps))
    return np.array(rates)


def one_for_all(gradients, k, *, lr, eps):
    rates = []
    for t in range(len(gradients)):
        recent = gradients[max(0, t - k + 1) : t + 1]
        rates.append(lr / np.sqrt((recent**2).sum() + eps))
    return np.array(rates)


def eps_added_to_rate(gradients, k, *, lr, eps):
    rates = []
    for t in range(len(gradients)):
        recent = gradients[max(0, t - k + 1) : t + 1]
        rates.append(lr / np.sqrt((recent**2).sum(0)) + eps)
    return np.array(rates)


def eps_beside_root(gradients, k, *, lr, eps):
    rates = []
    for t in range(len(gradients)):
        recent = gradients[max(0, t - k + 1) : t + 1]
        rates.append(lr / (np.sqrt((recent**2).sum(0)) + eps))
    return np.array(rates)


def mean_of_window(gradients, k, *, lr, eps):
    rates = []
    for t in range(len(gradients)):
        recent = gradients[max(0, t - k + 1) : t + 1]
        rates.append(lr / np.sqrt((recent**2).mean(0) + eps))
    return np.array(rates)


def no_window(gradients, k, *, lr, eps):
    return lr / np.sqrt(np.cumsum(gradients**2, axis=0) + eps)


def wrong_axis(gradients, k, *, lr, eps):
    rates = []
    for t in range(len(gradients)):
        recent = gradients[max(0, t - k + 1) : t + 1]
        rates.append(lr / np.sqrt((recent**2).sum(1) + eps))
    return np.array(rates)


WINDOWS = {
    "this is the code as it was; all five mistakes are still in it": as_it_was,
    "the newest gradient is missing: the window of step t includes step t": newest_missing,
    "the window holds k + 1 gradients: one too many": one_too_many,
    "a negative start counts from the end of the array; in the first steps the window begins "
    "at 0": from_the_end,
    "you square the sum; each gradient is squared first, then they are added": sum_squared,
    "the sum runs over the parameters, too: each parameter has a sum of its own": one_for_all,
    "ε is added to the rate; it belongs under the root, to G": eps_added_to_rate,
    "ε is beside the root here; in this course's AdaGrad it is inside": eps_beside_root,
    "you take the mean of the window; G is the sum": mean_of_window,
    "the sum never forgets: that is AdaGrad, the window is not used": no_window,
}


def window_by_sums(gradients, k, *, lr, eps):
    sums = np.cumsum(gradients**2, axis=0)
    sums[k:] = sums[k:] - sums[:-k].copy() if k < len(sums) else sums[k:]
    return lr * (sums + eps) ** -0.5


def window_by_loops(gradients, k, *, lr, eps):
    n_steps, d = gradients.shape
    rates = np.empty((n_steps, d))
    for t in range(n_steps):
        for i in range(d):
            G = sum(gradients[s, i] ** 2 for s in range(n_steps) if t - k < s <= t)
            rates[t, i] = lr / (G + eps) ** 0.5
    return rates


def window_by_queue(gradients, k, *, lr, eps):
    queue, rates = [], []
    for g in gradients:
        queue = [*queue, g * g][-k:]
        rates.append(lr / np.sqrt(np.sum(queue, axis=0) + eps))
    return rates


def texts(rng):
    """Return questions for the travel: gradients of a sparse problem, one feature never on."""
    while True:
        asked = []
        for n_steps, d in ((4, 3), (6, 3), (7, 4)):
            on = rng.random((n_steps, d)) < rng.uniform(0.3, 0.8, size=d)
            on[:, int(rng.integers(d))] = False
            sizes = rng.uniform(0.3, 3, size=on.shape).round(2) * rng.choice([-1, 1], on.shape)
            gradients = np.where(on, sizes, 0.0)
            asked.append(called(gradients, lr=round(rng.uniform(0.2, 0.9), 2)))
        if told_apart(asked, [travel_by_loops, *TRAVELS.values()]):
            return asked


def net(gradients, *, lr):
    G = np.cumsum(gradients**2, axis=0)
    return abs((lr * gradients / np.sqrt(np.where(G > 0, G, 1))).sum(0))


def signed(gradients, *, lr):
    G = np.cumsum(gradients**2, axis=0)
    return (lr * gradients / np.sqrt(np.where(G > 0, G, 1))).sum(0)


def asleep_is_nan(gradients, *, lr):
    G = np.cumsum(gradients**2, axis=0)
    with np.errstate(invalid="ignore"):
        return (lr * abs(gradients) / np.sqrt(G)).sum(0)


def asleep_for_ever(gradients, *, lr):
    G = np.cumsum(gradients**2, axis=0)
    with np.errstate(invalid="ignore"):
        return np.nan_to_num((lr * abs(gradients) / np.sqrt(G)).sum(0))


def last_G(gradients, *, lr):
    G = (gradients**2).sum(0)
    return (lr * abs(gradients) / np.sqrt(np.where(G > 0, G, 1))).sum(0)


def late_G(gradients, *, lr):
    G = np.cumsum(gradients**2, axis=0) - gradients**2
    return np.where(G > 1e-9, lr * abs(gradients) / np.sqrt(np.where(G > 1e-9, G, 1)), 0).sum(0)


def never_summed(gradients, *, lr):
    return (lr * np.sign(gradients) ** 2).sum(0)


def without_root(gradients, *, lr):
    G = np.cumsum(gradients**2, axis=0)
    return (lr * abs(gradients) / np.where(G > 0, G, 1)).sum(0)


def shared(gradients, *, lr):
    G = np.cumsum((gradients**2).sum(1, keepdims=True), axis=0)
    return (lr * abs(gradients) / np.sqrt(np.where(G > 0, G, 1))).sum(0)


def descent(gradients, *, lr):
    return lr * abs(gradients).sum(0)


def each_step(gradients, *, lr):
    G = np.cumsum(gradients**2, axis=0)
    return (lr * abs(gradients) / np.sqrt(np.where(G > 0, G, 1))).sum(1)


TRAVELS = {
    "steps forth and back cancel here; a way counts the length of every step": net,
    "the steps keep their signs; a length has none: take |g|": signed,
    "0/0 is not a number: as long as G is 0, the step is 0": asleep_is_nan,
    "one 0/0 has spoilt the whole sum of a weight: put 0 in its place before you add "
    "up": asleep_for_ever,
    "every step is divided by the last G; step t has only the sum up to step t": last_G,
    "G lacks the gradient of the step itself: first add, then divide": late_G,
    "G is not summed up: each step is divided by its own gradient only": never_summed,
    "the root of G is missing": without_root,
    "all features share one G; each has a sum of its own": shared,
    "that is gradient descent: nothing is divided by √G": descent,
    "the sum runs over the features of one step; sum over the steps of one feature": each_step,
}


def travel_by_loops(gradients, *, lr):
    G, way = np.zeros(gradients.shape[1]), np.zeros(gradients.shape[1])
    for g in gradients:
        G += g**2
        for i in range(len(g)):
            if g[i] != 0:
                way[i] += lr * abs(g[i]) / G[i] ** 0.5
    return way


def travel_by_divide(gradients, *, lr):
    root = np.sqrt(np.cumsum(gradients * gradients, axis=0))
    steps = np.divide(lr * gradients, root, out=np.zeros_like(gradients), where=root > 0)
    return np.linalg.norm(steps, ord=1, axis=0)


def travel_by_nan(gradients, *, lr):
    with np.errstate(invalid="ignore"):
        steps = lr * gradients / np.sqrt(np.cumsum(gradients**2, axis=0))
    return list(np.abs(np.nan_to_num(steps)).sum(0))


PARTS = {
    "08a": Part(
        asks="centred_rmsprop",
        questions=walks,
        mistakes=CENTRED,
        variants=[centred_by_increments, centred_by_loops, centred_in_place, centred_in_float32],
        rtol=1e-4,
        atol=1e-5,
    ),
    "08b": Part(
        asks="window_rates",
        questions=windows,
        mistakes={
            **WINDOWS,
            "axis 1 adds up the parameters of one step; to add up the steps, take axis "
            "0": wrong_axis,
        },
        variants=[window_by_sums, window_by_loops, window_by_queue],
    ),
    "08c": Part(
        asks="travel",
        questions=texts,
        mistakes=TRAVELS,
        variants=[travel_by_loops, travel_by_divide, travel_by_nan],
    ),
    "08d": Part(
        asks="prediction",
        questions=lambda rng: [{"how": "value"}],
        mistakes={
            "a step of η needs v = g² = 1. But how much of the newest square has come into v, and "
            "what is left of the one that is 100 steps old?": "a",
            "so it would be with AdaGrad, whose sum keeps all n squares; v forgets": "c",
            "1/100 is the mean over a long time; but the memory is only 10 steps long, and in the "
            "step itself v has just got a new square": "d",
        },
    ),
}
