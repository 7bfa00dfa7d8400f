"""Exercise 05: what is asked of each part, and what students get wrong in it."""

from itertools import combinations

import numpy as np

from course_lib.answers import respond
from course_lib.exchange import difference, encode, made, spoken
from grading.exercise import Part

LENDS = ("models",)


def all_differ(questions, answers, rtol=1e-6, atol=1e-9):
    """Tell whether no two of the answers give the same results to all of the questions."""
    with np.errstate(all="ignore"):
        results = [[respond(one, answer) for one in questions] for answer in answers]
    return all(
        any(_differ(a, b, rtol, atol) for a, b in zip(one, other, strict=True))
        for one, other in combinations(results, 2)
    )


def _differ(a, b, rtol, atol):
    if "error" in a or "error" in b:
        return ("error" in a) != ("error" in b)
    return difference(a["result"], b["result"], rtol, atol)


def epochs(rng):
    """Return questions for the repair: least squares with a few rows, one to four epochs."""
    while True:
        asked = []
        for n, d, n_epochs in ((4, 1, 1), (5, 2, 3), (4, 2, 2)):
            f = made("models.LeastSquares", X=rng.normal(size=(n, d)), y=2 * rng.normal(size=n))
            theta, lr = np.round(rng.normal(size=d), 2), round(rng.uniform(0.1, 0.4), 2)
            seed = int(rng.integers(10**6))
            asked.append(
                {
                    "how": "call",
                    "args": [f, encode(theta), n_epochs, lr, {"rng": seed}],
                    "says": f"least squares with n = {n} rows, theta = {spoken(encode(theta))}, "
                    f"n_epochs = {n_epochs}, lr = {lr}, rng = default_rng({seed})",
                }
            )
        if all_differ(asked, [epochs_by_concatenation, *BROKEN.values()]):
            return asked


def epochs_by_concatenation(f, theta, n_epochs, lr, rng):
    order = np.concatenate([rng.permutation(f.n) for _ in range(n_epochs)])
    path = np.empty((n_epochs + 1, len(theta)))
    path[0] = theta
    for t, i in enumerate(order):
        theta = theta - lr / (1 + t // f.n) * f.batch([i]).grad(theta)
        path[1 + t // f.n] = theta
    return path


def epochs_in_place(f, theta, n_epochs, lr, rng):
    theta = theta.copy()
    path = [theta.tolist()]
    for e in range(1, n_epochs + 1):
        for i in rng.permutation(f.n):
            theta -= (lr / e) * f.batch(np.array([i])).grad(theta)
        path.append(theta.tolist())
    return path


def colleague(f, theta, n_epochs, lr, rng):
    path = [theta]
    order = rng.permutation(f.n)
    for epoch in range(n_epochs):
        lr = lr / (epoch + 1)
        for _ in order:
            theta += lr * f.grad(theta)
        path.append(theta)
    return np.array(path)


def one_order(f, theta, n_epochs, lr, rng):
    path, order = [theta], rng.permutation(f.n)
    for epoch in range(n_epochs):
        for i in order:
            theta = theta - lr / (epoch + 1) * f.batch([i]).grad(theta)
        path.append(theta)
    return np.array(path)


def full_gradient(f, theta, n_epochs, lr, rng):
    path = [theta]
    for epoch in range(n_epochs):
        for _ in rng.permutation(f.n):
            theta = theta - lr / (epoch + 1) * f.grad(theta)
        path.append(theta)
    return np.array(path)


def up(f, theta, n_epochs, lr, rng):
    path = [theta]
    for epoch in range(n_epochs):
        for i in rng.permutation(f.n):
            theta = theta + lr / (epoch + 1) * f.batch([i]).grad(theta)
        path.append(theta)
    return np.array(path)


def one_array(f, theta, n_epochs, lr, rng):
    path = [theta]
    for epoch in range(n_epochs):
        for i in rng.permutation(f.n):
            theta -= lr / (epoch + 1) * f.batch([i]).grad(theta)
        path.append(theta)
    return np.array(path)


def start_overwritten(f, theta, n_epochs, lr, rng):
    path = [theta]
    for epoch in range(n_epochs):
        for i in rng.permutation(f.n):
            theta -= lr / (epoch + 1) * f.batch([i]).grad(theta)
        path.append(theta.copy())
    return np.array(path)


def rates_multiplied(f, theta, n_epochs, lr, rng):
    path = [theta]
    for epoch in range(n_epochs):
        lr = lr / (epoch + 1)
        for i in rng.permutation(f.n):
            theta = theta - lr * f.batch([i]).grad(theta)
        path.append(theta)
    return np.array(path)


def constant_rate(f, theta, n_epochs, lr, rng):
    path = [theta]
    for _ in range(n_epochs):
        for i in rng.permutation(f.n):
            theta = theta - lr * f.batch([i]).grad(theta)
        path.append(theta)
    return np.array(path)


def rate_of_the_step(f, theta, n_epochs, lr, rng):
    path, t = [theta], 0
    for _ in range(n_epochs):
        for i in rng.permutation(f.n):
            t += 1
            theta = theta - lr / t * f.batch([i]).grad(theta)
        path.append(theta)
    return np.array(path)


def drawn_again(f, theta, n_epochs, lr, rng):
    path = [theta]
    for epoch in range(n_epochs):
        for i in rng.integers(f.n, size=f.n):
            theta = theta - lr / (epoch + 1) * f.batch([i]).grad(theta)
        path.append(theta)
    return np.array(path)


def without_start(f, theta, n_epochs, lr, rng):
    path = []
    for epoch in range(n_epochs):
        for i in rng.permutation(f.n):
            theta = theta - lr / (epoch + 1) * f.batch([i]).grad(theta)
        path.append(theta)
    return np.array(path)


def shuffled_on(f, theta, n_epochs, lr, rng):
    path, order = [theta], np.arange(f.n)
    for epoch in range(n_epochs):
        rng.shuffle(order)
        for i in order:
            theta = theta - lr / (epoch + 1) * f.batch([i]).grad(theta)
        path.append(theta)
    return np.array(path)


def row_for_each_step(f, theta, n_epochs, lr, rng):
    path = [theta]
    for epoch in range(n_epochs):
        for i in rng.permutation(f.n):
            theta = theta - lr / (epoch + 1) * f.batch([i]).grad(theta)
            path.append(theta)
    return np.array(path)


BROKEN = {
    "this is the colleague's function as it was": colleague,
    "every epoch has the same order: draw a new one in each": one_order,
    "each step uses the gradient of all examples; it should ask example i alone": full_gradient,
    "this steps uphill: the sign of the step": up,
    "all rows of the path are the same array, because theta -= … changes it in place; make a new "
    "theta in each step": one_array,
    "row 0 is not the start any more: theta -= … has changed it in place": start_overwritten,
    "lr = lr/e keeps what was divided before: the rates are η, η/2, η/6. Asked are η, η/2, "
    "η/3": rates_multiplied,
    "the rate is η in all epochs; in epoch e it is η/e": constant_rate,
    "the rate falls with every step; it should fall with every epoch": rate_of_the_step,
    "this draws with replacement; an epoch is a new order of all examples": drawn_again,
    "the start is missing: it is row 0": without_start,
    "a good order, but not the one asked for: call rng.permutation(f.n) in each epoch instead of "
    "shuffling the old order": shuffled_on,
    "this has a row for every step; asked is one for every epoch": row_for_each_step,
}


def averages(rng):
    """Return questions for the average: short walks on least squares, some with a late begin."""
    X, y = rng.normal(size=(6, 2)), 2 * rng.normal(size=6)
    f, start = made("models.LeastSquares", X=X, y=y), encode(1 + rng.uniform(size=2))
    asked = [
        (1, {"lr": 0.2, "begin": 1}),
        (4, {"lr": 0.3, "begin": 1}),
        (6, {"lr": 0.2, "begin": 4}),
        (3, {"lr": 0.2, "begin": 9}),
    ]
    return [
        {"how": "steps", "f": f, "theta": start, "n_steps": n, "keep": ["x"], "options": options}
        for n, options in asked
    ]


def averaged_by_sum(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    x = np.array(theta) if t == 1 else x
    x = x - lr * f.grad(x)
    k = t - begin
    if k <= 0:
        return x, {"x": x}
    return (k * theta + x) / (k + 1), {"x": x}


def averaged_by_loops(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    if t == 1:
        x = theta
    g, new, mean = f.grad(x), [], []
    for i in range(len(theta)):
        new.append(x[i] - lr * g[i])
        if t < begin:
            mean.append(new[i])
        else:
            mean.append(theta[i] + (new[i] - theta[i]) / (t - begin + 1))
    return np.array(mean), {"x": np.array(new)}


def averaged_in_place(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    x = theta.copy() if t == 1 else x
    x -= lr * f.grad(x)
    w = 1 / max(t - begin + 1, 1)
    theta *= 1 - w
    theta += w * x
    return theta, {"x": x}


def averaged_in_float32(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    x = np.float32(theta if t == 1 else x)
    x = np.float32(x - lr * f.grad(x))
    return np.float32(theta + (x - theta) / max(1, t - begin + 1)), {"x": x}


def gradient_at_mean(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    x = theta if t == 1 else x
    x = x - lr * f.grad(theta)
    return theta + (x - theta) / max(1, t - begin + 1), {"x": x}


def walks_from_mean(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    x = theta - lr * f.grad(theta)
    return theta + (x - theta) / max(1, t - begin + 1), {"x": x}


def walks_from_zero(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    x = x + np.zeros(theta.shape)
    x = x - lr * f.grad(x)
    return theta + (x - theta) / max(1, t - begin + 1), {"x": x}


def over_t(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    x = theta if t == 1 else x
    x = x - lr * f.grad(x)
    return (x if t < begin else theta + (x - theta) / t), {"x": x}


def from_the_first(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    x = theta if t == 1 else x
    x = x - lr * f.grad(x)
    return theta + (x - theta) / t, {"x": x}


def one_late(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    x = theta if t == 1 else x
    x = x - lr * f.grad(x)
    return theta + (x - theta) / max(1, t - begin), {"x": x}


def start_counts(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    x = theta if t == 1 else x
    x = x - lr * f.grad(x)
    return (x if t < begin else theta + (x - theta) / (t - begin + 2)), {"x": x}


def half_and_half(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    x = theta if t == 1 else x
    x = x - lr * f.grad(x)
    return (x if t <= begin else (theta + x) / 2), {"x": x}


def no_average(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    x = theta if t == 1 else x
    x = x - lr * f.grad(x)
    return x, {"x": x}


def climbs(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    x = theta if t == 1 else x
    x = x + lr * f.grad(x)
    return theta + (x - theta) / max(1, t - begin + 1), {"x": x}


def wrong_way_round(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    x = theta if t == 1 else x
    x = x - lr * f.grad(x)
    return x, {"x": theta + (x - theta) / max(1, t - begin + 1)}


def mean_too_soon(f, theta, t, x=0.0, *, lr=0.1, begin=1):
    x = theta if t == 1 else x
    x = x - lr * f.grad(x)
    with np.errstate(all="ignore"):
        return theta + (x - theta) / np.float64(t - begin + 1), {"x": x}


def floors(rng):
    """Return questions for the plan, away from whole numbers of steps."""
    asked = []
    while len(asked) < 5:
        curvature, variance = round(rng.uniform(0.2, 4), 2), round(rng.uniform(0.5, 9), 2)
        floor, error = round(variance * rng.uniform(0.02, 0.2), 3), round(rng.uniform(5, 40), 1)
        rate = 4 * floor / (variance + 2 * floor * curvature)
        if not 0.03 < rate * curvature < 0.7:
            continue
        exact = np.log(curvature * error**2 / 2 / floor) / (-2 * np.log(1 - rate * curvature))
        if exact > 1.2 and 0.1 < exact % 1 < 0.9:
            asked.append(
                {
                    "how": "call",
                    "args": [curvature, variance, floor, error],
                    "says": f"curvature = {curvature}, variance = {variance}, floor = {floor}, "
                    f"error = {error}",
                }
            )
    return asked if all_differ(asked, [plan_by_counting, *PLANS.values()]) else floors(rng)


def plan_by_counting(curvature, variance, floor, error):
    rate = 2 / (variance / (2 * floor) + curvature)
    height, steps = curvature * error**2 / 2, 0
    while height > floor:
        height *= (1 - rate * curvature) ** 2
        steps += 1
    return [rate, steps]


def plan_by_bisection(curvature, variance, floor, error):
    low, high = 0.0, 2 / curvature
    for _ in range(100):
        rate = (low + high) / 2
        if rate * variance / (2 * (2 - rate * curvature)) < floor:
            low = rate
        else:
            high = rate
    t = 1
    while abs(1 - rate * curvature) ** t * error > np.sqrt(2 * floor / curvature):
        t += 1
    return rate, t


def small_rates_only(curvature, variance, floor, error):
    rate = 4 * floor / variance
    height, steps = curvature * error**2 / 2, 0
    while height > floor and steps < 10**4:
        height *= (1 - rate * curvature) ** 2
        steps += 1
    return rate, steps


def squares_not_heights(curvature, variance, floor, error):
    rate = 2 * floor * curvature / (variance + floor * curvature**2)
    height, steps = curvature * error**2 / 2, 0
    while height > floor and steps < 10**4:
        height *= (1 - rate * curvature) ** 2
        steps += 1
    return rate, steps


def standard_deviation(curvature, variance, floor, error):
    rate = 4 * floor / (variance**2 + 2 * floor * curvature)
    height, steps = curvature * error**2 / 2, 0
    while height > floor and steps < 10**4:
        height *= (1 - rate * curvature) ** 2
        steps += 1
    return rate, steps


def minus_for_plus(curvature, variance, floor, error):
    rate = 4 * floor / (variance - 2 * floor * curvature)
    height, steps = curvature * error**2 / 2, 0
    while height > floor and steps < 10**4:
        height *= (1 - rate * curvature) ** 2
        steps += 1
    return rate, steps


def factor_not_squared(curvature, variance, floor, error):
    rate = 4 * floor / (variance + 2 * floor * curvature)
    height, steps = curvature * error**2 / 2, 0
    while height > floor:
        height *= 1 - rate * curvature
        steps += 1
    return rate, steps


def error_not_height(curvature, variance, floor, error):
    rate = 4 * floor / (variance + 2 * floor * curvature)
    steps = 0
    while error > floor:
        error *= 1 - rate * curvature
        steps += 1
    return rate, steps


def square_not_height(curvature, variance, floor, error):
    rate = 4 * floor / (variance + 2 * floor * curvature)
    square, steps = error**2, 0
    while square > floor:
        square *= (1 - rate * curvature) ** 2
        steps += 1
    return rate, steps


def one_step_early(curvature, variance, floor, error):
    rate = 4 * floor / (variance + 2 * floor * curvature)
    shrinks = 2 * np.log(1 - rate * curvature)
    return rate, int(np.log(2 * floor / (curvature * error**2)) / shrinks)


def not_rounded(curvature, variance, floor, error):
    rate = 4 * floor / (variance + 2 * floor * curvature)
    shrinks = 2 * np.log(1 - rate * curvature)
    return rate, np.log(2 * floor / (curvature * error**2)) / shrinks


PLANS = {
    "η = 4h/σ² is right for small η only; keep the term −ηλ in the floor": small_rates_only,
    "you solved for the mean of e²; the floor is a height, half the curvature times "
    "that": squares_not_heights,
    "variance is σ² already; do not square it once more": standard_deviation,
    "a sign went wrong on the way; solve 2h(2 − ηλ) = ησ² for η once more": minus_for_plus,
    "the rate is right. In the steps, e shrinks by 1 − ηλ, but heights by its "
    "square": factor_not_squared,
    "the rate is right. The steps compare e itself with the floor; a height is λe²/2": (
        error_not_height
    ),
    "the rate is right. The steps compare e² with the floor; a height is λe²/2": square_not_height,
    "the rate is right. The steps are one too few: round up": one_step_early,
    "the rate is right. The steps must be a whole number: round up": not_rounded,
}


def counts(rng):
    """Return questions for the counts: batches that do not divide the rows, and one that does."""
    while True:
        asked = []
        for is_even in (False, False, False, True):
            size, whole = int(rng.integers(3, 9)), int(rng.integers(2, 7))
            rows = size * whole + (0 if is_even else int(rng.integers(1, size)))
            asked.append({"how": "call", "args": [rows, size, int(rng.integers(2, 4))]})
        for one in asked:
            names = zip(("rows", "size", "epochs"), one["args"], strict=True)
            one["says"] = ", ".join(f"{name} = {number}" for name, number in names)
        if all_differ(asked, [count_by_loops, *COUNTS.values()]):
            return asked


def count_by_loops(rows, size, epochs):
    updates, unseen = 0, float(rows)
    for _ in range(epochs):
        left = rows
        while left > 0:
            left -= size
            updates += 1
            for _ in range(size):
                unseen *= 1 - 1 / rows
    return updates, unseen


def count_by_logarithms(rows, size, epochs):
    updates = ((rows - 1) // size + 1) * epochs
    return [updates, np.exp(np.log(rows) + updates * size * np.log1p(-1 / rows))]


def last_left_out(rows, size, epochs):
    updates = epochs * (rows // size)
    return updates, rows * (1 - 1 / rows) ** (updates * size)


def over_the_border(rows, size, epochs):
    updates = int(np.ceil(epochs * rows / size))
    return updates, rows * (1 - 1 / rows) ** (updates * size)


def not_whole(rows, size, epochs):
    updates = epochs * rows / size
    return updates, rows * (1 - 1 / rows) ** (updates * size)


def rows_drawn(rows, size, epochs):
    updates = epochs * -(-rows // size)
    return updates, rows * (1 - 1 / rows) ** (rows * epochs)


def one_draw_a_batch(rows, size, epochs):
    updates = epochs * -(-rows // size)
    return updates, rows * (1 - 1 / rows) ** updates


def batch_without(rows, size, epochs):
    updates = epochs * -(-rows // size)
    return updates, rows * (1 - size / rows) ** updates


def share_not_number(rows, size, epochs):
    updates = epochs * -(-rows // size)
    return updates, (1 - 1 / rows) ** (updates * size)


def seen_not_unseen(rows, size, epochs):
    updates = epochs * -(-rows // size)
    return updates, rows - rows * (1 - 1 / rows) ** (updates * size)


def limit(rows, size, epochs):
    updates = epochs * -(-rows // size)
    return updates, rows * np.exp(-updates * size / rows)


COUNTS = {
    "the incomplete last batch of each epoch is an update, too: round up": last_left_out,
    "no batch reaches into the next epoch: round up in every epoch, then multiply": over_the_border,
    "an update is made or not: the incomplete last batch counts as one": not_whole,
    "updates are right. Her batches are all full: she draws updates times size rows": rows_drawn,
    "updates are right. Each of them draws size rows, not one": one_draw_a_batch,
    "updates are right. Inside a batch she draws with replacement, too": batch_without,
    "updates are right. This is the chance of one row; how many of all rows are "
    "unseen?": share_not_number,
    "updates are right. This is how many rows she has seen": seen_not_unseen,
    "updates are right. e^(−draws/rows) is only nearly (1 − 1/rows)^draws": limit,
}

PARTS = {
    "05a": Part(
        asks="sgd_epochs",
        questions=epochs,
        mistakes=BROKEN,
        variants=[epochs_by_concatenation, epochs_in_place],
    ),
    "05b": Part(
        asks="averaged",
        questions=averages,
        mistakes={
            "the gradient is taken at the mean; the walker asks at its own place x": (
                gradient_at_mean
            ),
            "the walker starts anew from the mean in every step; it goes on from x": (
                walks_from_mean
            ),
            "in the first step x is still 0.0; the walker begins at theta": walks_from_zero,
            "you divide by t; the mean holds t − begin + 1 points": over_t,
            "begin is not used: this is the mean from the first step on": from_the_first,
            "the mean begins one step late: x of step begin belongs to it": one_late,
            "one point too many is in the mean: it begins with x of step begin, not with the one "
            "before": start_counts,
            "half of the old and half of the new is no mean of all: the newest counts "
            "too much": half_and_half,
            "this is x itself: nothing is averaged": no_average,
            "this steps uphill: the sign of the step": climbs,
            "θ and x are the wrong way round: θ is the mean, x is the walker": wrong_way_round,
            "before step begin there is no mean: then θ is the walker's own place": mean_too_soon,
        },
        variants=[averaged_by_sum, averaged_by_loops, averaged_in_place, averaged_in_float32],
        rtol=1e-4,
        atol=1e-5,
    ),
    "05c": Part(
        asks="plan",
        questions=floors,
        mistakes=PLANS,
        variants=[plan_by_counting, plan_by_bisection],
    ),
    "05d": Part(
        asks="count",
        questions=counts,
        mistakes=COUNTS,
        variants=[count_by_loops, count_by_logarithms],
    ),
    "05e": Part(
        asks="prediction",
        questions=lambda rng: [{"how": "value"}],
        mistakes={
            "Ann's 20 000 updates have looked at one row each; how many rows has Ben's one "
            "epoch?": "a",
            "Ben has looked at more rows. But an update comes after each batch: how many has "
            "he made?": "c",
            "an iteration is one update, an epoch is one pass over all rows: 20 000 and 20 are two "
            "different things": "d",
        },
    ),
}
