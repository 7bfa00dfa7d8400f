"""Exercise 06: what is asked of each part, and what students get wrong in it."""

from itertools import combinations, product

import numpy as np

from course_lib.answers import respond
from course_lib.exchange import decode, difference, encode, made, spoken
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


def deals(rng):
    """Return questions for the iterator: sizes that divide n, and sizes that do not."""
    while True:
        asked = []
        for n, size, most in ((5, 2, 8), (8, 3, 8), (7, 5, 6), (6, 3, 5)):
            seed = int(rng.integers(10**6))
            asked.append(
                {
                    "how": "first",
                    "args": [n, size, {"rng": seed}],
                    "most": most,
                    "says": f"n = {n}, size = {size}, rng = default_rng({seed}); "
                    f"the first {most} batches",
                }
            )
        if told_apart(asked, [deal_by_cursor, *DEALERS.values()], 1e-6):
            return asked


def deal_by_cursor(n, size, rng):
    order, at = rng.permutation(n), 0
    while True:
        rest = order[at : at + size]
        at += size
        if len(rest) < size:
            order, at = rng.permutation(n), size - len(rest)
            rest = np.concatenate([rest, order[:at]])
        yield rest


def deal_one_by_one(n, size, rng):
    batch = []
    while True:
        for i in rng.permutation(n):
            batch.append(i)
            if len(batch) == size:
                yield np.array(batch)
                batch = []


def deal_by_pop(n, size, rng):
    waiting = []
    while True:
        while len(waiting) < size:
            waiting.extend(rng.permutation(n).tolist())
        yield [waiting.pop(0) for _ in range(size)]


def smaller_last(n, size, rng):
    while True:
        order = rng.permutation(n)
        for start in range(0, n, size):
            yield order[start : start + size]


def dropped(n, size, rng):
    while True:
        order = rng.permutation(n)
        for start in range(0, n - size + 1, size):
            yield order[start : start + size]


def filled_from_its_own(n, size, rng):
    while True:
        order = rng.permutation(n)
        for start in range(0, n, size):
            yield np.concatenate([order, order])[start : start + size]


def filled_and_used_again(n, size, rng):
    order = rng.permutation(n)
    while True:
        following = rng.permutation(n)
        for start in range(0, n, size):
            yield np.concatenate([order, following])[start : start + size]
        order = following


def one_order(n, size, rng):
    order = rng.permutation(n)
    waiting = order[:0]
    while True:
        if len(waiting) < size:
            waiting = np.concatenate([waiting, order])
        yield waiting[:size]
        waiting = waiting[size:]


def shuffled_for_each(n, size, rng):
    while True:
        yield rng.permutation(n)[:size]


def new_order_first(n, size, rng):
    waiting = np.array([], dtype=int)
    while True:
        if len(waiting) < size:
            waiting = np.concatenate([rng.permutation(n), waiting])
        yield waiting[:size]
        waiting = waiting[size:]


def old_order_shuffled(n, size, rng):
    order, waiting = np.arange(n), []
    while True:
        if len(waiting) < size:
            rng.shuffle(order)
            waiting = [*waiting, *order]
        yield np.array(waiting[:size])
        waiting = waiting[size:]


def returned(n, size, rng):
    return rng.permutation(n)[:size]


def with_replacement(n, size, rng):
    while True:
        yield rng.integers(n, size=size)


def one_epoch(n, size, rng):
    order = rng.permutation(n)
    for start in range(0, n - size + 1, size):
        yield order[start : start + size]


DEALERS = {
    "the last batch of an epoch is smaller; fill it up from the next order": smaller_last,
    "the rest of each epoch is thrown away; carry it over": dropped,
    "the rest is filled up from its own order again; take the next one": filled_from_its_own,
    "numbers that filled up a batch come once more; the next batch goes on behind "
    "them": filled_and_used_again,
    "every epoch has the same order; call rng.permutation(n) for each": one_order,
    "you shuffle for every batch, so nothing makes sure that an order is used to its "
    "end": shuffled_for_each,
    "the new order stands before the rest; the rest comes first": new_order_first,
    "this shuffles the old order once more; each order is a new rng.permutation(n)": (
        old_order_shuffled
    ),
    "this returns one batch; yield one after the other, without end": returned,
    "this draws with replacement; cut rng.permutation(n) into pieces": with_replacement,
    "the batches end after one epoch; they must go on without end": one_epoch,
}


def sums(rng):
    """Return questions for the accumulation: calls on least squares, for several k."""
    while True:
        asked = []
        for n_steps, k in ((1, 3), (5, 2), (4, 3)):
            X, y = np.round(rng.normal(size=(4, 2)), 3), np.round(2 * rng.normal(size=4), 3)
            question = {
                "how": "steps",
                "f": made("models.LeastSquares", X=X, y=y),
                "theta": encode(np.round(rng.normal(size=2), 3)),
                "n_steps": n_steps,
                "keep": ["G"],
                "options": {"lr": round(rng.uniform(0.1, 0.4), 2), "k": k},
            }
            asked.append(question)
        if told_apart(asked, [accumulate_by_where, *SUMS.values()], 1e-3):
            return asked


def accumulate_by_where(f, theta, t, G=0.0, *, lr=0.1, k=4):
    G = f.grad(theta) + G
    now = t % k == 0
    return theta - np.where(now, lr / k * G, 0.0), {"G": np.where(now, 0.0, G)}


def accumulate_in_place(f, theta, t, G=0.0, *, lr=0.1, k=4):
    total = np.zeros(theta.shape)
    total += G
    total += f.grad(theta)
    if t % k != 0:
        return theta, {"G": total}
    theta -= lr * (total / k)
    return theta, {"G": np.zeros_like(total)}


def accumulate_by_loops(f, theta, t, G=0.0, *, lr=0.1, k=4):
    g, new, total = f.grad(theta), list(theta), []
    for i in range(len(g)):
        total.append(g[i] + (G if t == 1 else G[i]))
    if t // k > (t - 1) // k:
        new = [new[i] - lr * total[i] / k for i in range(len(g))]
        total = [0.0] * len(g)
    return np.array(new), {"G": np.array(total)}


def accumulate_in_float32(f, theta, t, G=0.0, *, lr=0.1, k=4):
    G = np.float32(f.grad(theta) + G)
    if t % k == 0:
        return np.float32(theta - lr * G / k), {"G": 0 * G}
    return np.float32(theta), {"G": G}


def sum_not_mean(f, theta, t, G=0.0, *, lr=0.1, k=4):
    G = G + f.grad(theta)
    if t % k == 0:
        return theta - lr * G, {"G": 0 * G}
    return theta, {"G": G}


def never_waits(f, theta, t, G=0.0, *, lr=0.1, k=4):
    G = G + f.grad(theta)
    return theta - lr * G / k, {"G": 0 * G if t % k == 0 else G}


def never_empty(f, theta, t, G=0.0, *, lr=0.1, k=4):
    G = G + f.grad(theta)
    return (theta - lr * G / k if t % k == 0 else theta), {"G": G}


def newest_only(f, theta, t, G=0.0, *, lr=0.1, k=4):
    g = f.grad(theta)
    if t % k == 0:
        return theta - lr * g, {"G": 0 * g}
    return theta, {"G": g}


def newest_over_k(f, theta, t, G=0.0, *, lr=0.1, k=4):
    g = f.grad(theta)
    if t % k == 0:
        return theta - lr * g / k, {"G": 0 * g}
    return theta, {"G": G + g}


def too_early(f, theta, t, G=0.0, *, lr=0.1, k=4):
    G = G + f.grad(theta)
    if (t + 1) % k == 0:
        return theta - lr * G / k, {"G": 0 * G}
    return theta, {"G": G}


def from_zero(f, theta, t, G=0.0, *, lr=0.1, k=4):
    G = G + f.grad(theta)
    if (t - 1) % k == 0:
        return theta - lr * G / k, {"G": 0 * G}
    return theta, {"G": G}


def bare_zero(f, theta, t, G=0.0, *, lr=0.1, k=4):
    G = G + f.grad(theta)
    if t % k == 0:
        return theta - lr * G / k, {"G": 0.0}
    return theta, {"G": G}


def mean_inside(f, theta, t, G=0.0, *, lr=0.1, k=4):
    G = G + f.grad(theta) / k
    if t % k == 0:
        return theta - lr * G, {"G": 0 * G}
    return theta, {"G": G}


def upwards(f, theta, t, G=0.0, *, lr=0.1, k=4):
    G = G + f.grad(theta)
    if t % k == 0:
        return theta + lr * G / k, {"G": 0 * G}
    return theta, {"G": G}


SUMS = {
    "this steps with the sum of k gradients; divide it by k": sum_not_mean,
    "θ moves in every call; it must wait until k gradients are there": never_waits,
    "G is not set back to zero after a step": never_empty,
    "G holds the newest gradient only: add it to the sum": newest_only,
    "the step uses the newest gradient only: it needs G/k": newest_over_k,
    "the step comes one call too early: with t = 1 one gradient is there": too_early,
    "you count from 0, and step at once: t is 1 in the first call": from_zero,
    "after a step G is the number 0; make it zeros with the shape of θ": bare_zero,
    "θ is right, but G must be the sum: you have divided by k already": mean_inside,
    "this steps uphill: the sign of the step": upwards,
}


def classes(rng):
    """Return questions for one of each: classes of unequal sizes and unequal spread."""
    while True:
        asked = []
        for sizes, d in (((2, 3), 1), ((2, 5, 3), 2), ((6, 2, 3), 3), ((2, 3, 2, 4), 2)):
            labels = np.repeat(np.arange(len(sizes)), sizes)
            centres = rng.normal(0, 3, size=(len(sizes), d))
            spread = rng.uniform(0.5, 2.5, size=(len(sizes), 1))
            gradients = (centres + spread * rng.normal(size=(len(sizes), d)))[labels]
            gradients = gradients + spread[labels] * rng.normal(size=gradients.shape)
            order = rng.permutation(len(labels))
            gradients, labels = np.round(gradients[order], 2), labels[order]
            asked.append(
                {
                    "how": "call",
                    "args": [encode(gradients), encode(labels)],
                    "says": f"gradients {_table(gradients)}, labels = {spoken(encode(labels))}",
                }
            )
        biases = [respond(one, one_of_each_by_formula)["result"][0]["array"] for one in asked]
        apart = told_apart(asked, [one_of_each_by_formula, *PICKERS.values()], 1e-3)
        if apart and all(np.abs(one).max() > 0.1 for one in biases):
            return asked


def _table(gradients):
    if gradients.shape[1] > 1:
        return f"of shape {gradients.shape}"
    return f"= {spoken(encode(gradients[:, 0]))} as a column"


def one_of_each_by_formula(gradients, labels):
    n, C = len(gradients), labels.max() + 1
    full = gradients.mean(0)
    bias, noise = -full, 0.0
    for c in range(C):
        own = gradients[labels == c]
        bias = bias + own.mean(0) / C
        noise += (len(own) / n) ** 2 * own.var(0).sum()
    return bias, noise


def one_of_each_by_product(gradients, labels):
    n, full = len(labels), np.mean(gradients, axis=0)
    kinds = sorted(set(labels.tolist()))
    rows = [[g for g, c in zip(gradients, labels, strict=True) if c == kind] for kind in kinds]
    plain, squares = [], []
    for batch in product(*rows):
        plain.append(sum(batch) / len(kinds))
        fair = sum(len(row) * g for row, g in zip(rows, batch, strict=True)) / n
        squares.append(np.sum((fair - full) ** 2))
    return np.mean(plain, axis=0) - full, np.mean(squares)


def one_of_each_in_float32(gradients, labels):
    g = np.float32(gradients)
    counts = np.bincount(labels)
    shares = np.float32(counts / len(labels))
    means = np.array([g[labels == c].mean(0) for c in range(len(counts))])
    spreads = np.array(
        [((g[labels == c] - means[c]) ** 2).sum(1).mean() for c in range(len(counts))]
    )
    return [means.mean(0) - g.mean(0), float(np.float32((shares**2 * spreads).sum()))]


def plain_noise(gradients, labels):
    full = gradients.mean(0)
    members = [np.flatnonzero(labels == c) for c in range(labels.max() + 1)]
    plain = np.array([gradients[list(index)].mean(0) for index in product(*members)])
    return plain.mean(0) - full, ((plain - full) ** 2).sum(1).mean()


def sign_of_bias(gradients, labels):
    n, full = len(gradients), gradients.mean(0)
    own = [gradients[labels == c] for c in range(labels.max() + 1)]
    noise = sum((len(one) / n) ** 2 * one.var(0).sum() for one in own)
    return full - np.mean([one.mean(0) for one in own], axis=0), noise


def weighted_bias(gradients, labels):
    n, full = len(gradients), gradients.mean(0)
    own = [gradients[labels == c] for c in range(labels.max() + 1)]
    noise = sum((len(one) / n) ** 2 * one.var(0).sum() for one in own)
    return sum(len(one) / n * one.mean(0) for one in own) - full, noise


def expectation_alone(gradients, labels):
    n = len(gradients)
    own = [gradients[labels == c] for c in range(labels.max() + 1)]
    noise = sum((len(one) / n) ** 2 * one.var(0).sum() for one in own)
    return np.mean([one.mean(0) for one in own], axis=0), noise


def rare_is_heavy(gradients, labels):
    full = gradients.mean(0)
    members = [np.flatnonzero(labels == c) for c in range(labels.max() + 1)]
    weights = np.array([1 / len(one) for one in members])
    weights = weights / weights.sum()
    drawn = np.array([gradients[list(index)] for index in product(*members)])
    fair = (weights[:, None] * drawn).sum(1)
    return drawn.mean(1).mean(0) - full, ((fair - full) ** 2).sum(1).mean()


def weights_and_mean(gradients, labels):
    n, full = len(gradients), gradients.mean(0)
    members = [np.flatnonzero(labels == c) for c in range(labels.max() + 1)]
    weights = np.array([len(one) / n for one in members])
    drawn = np.array([gradients[list(index)] for index in product(*members)])
    fair = (weights[:, None] * drawn).mean(1)
    return drawn.mean(1).mean(0) - full, ((fair - full) ** 2).sum(1).mean()


def weights_not_squared(gradients, labels):
    n, full = len(gradients), gradients.mean(0)
    own = [gradients[labels == c] for c in range(labels.max() + 1)]
    noise = sum(len(one) / n * one.var(0).sum() for one in own)
    return np.mean([one.mean(0) for one in own], axis=0) - full, noise


def mean_of_entries(gradients, labels):
    n, full = len(gradients), gradients.mean(0)
    own = [gradients[labels == c] for c in range(labels.max() + 1)]
    noise = sum((len(one) / n) ** 2 * one.var(0).mean() for one in own)
    return np.mean([one.mean(0) for one in own], axis=0) - full, noise


def root_of_noise(gradients, labels):
    n, full = len(gradients), gradients.mean(0)
    own = [gradients[labels == c] for c in range(labels.max() + 1)]
    noise = sum((len(one) / n) ** 2 * one.var(0).sum() for one in own)
    return np.mean([one.mean(0) for one in own], axis=0) - full, np.sqrt(noise)


def sample_variance(gradients, labels):
    n, full = len(gradients), gradients.mean(0)
    own = [gradients[labels == c] for c in range(labels.max() + 1)]
    noise = sum((len(one) / n) ** 2 * one.var(0, ddof=1).sum() for one in own)
    return np.mean([one.mean(0) for one in own], axis=0) - full, noise


def any_batch(gradients, labels):
    n, C, full = len(gradients), labels.max() + 1, gradients.mean(0)
    noise = gradients.var(0).sum() / C * (n - C) / (n - 1)
    return 0 * full, noise


PICKERS = {
    "the noise is that of the plain mean; it is asked for the weighted sum": plain_noise,
    "the sign of the bias: it is the expectation minus ∇J": sign_of_bias,
    "this is the bias of the weighted sum, which is 0; take the plain mean there": weighted_bias,
    "this is the expectation itself; subtract the full gradient": expectation_alone,
    "the rare classes got the large weights; class c stands for n_c of the n "
    "examples": rare_is_heavy,
    "you weigh and divide by C as well: the weights add up to 1 already": weights_and_mean,
    "the weights must be squared in the noise, as 1/B² is in the lesson": weights_not_squared,
    "you average over the entries; a squared length is the sum of their squares": mean_of_entries,
    "this is the root: the noise asked for is the mean square": root_of_noise,
    "divide by n_c, not by n_c − 1: nothing is estimated, you have all batches": sample_variance,
    "these are all batches of C examples; only those with one of each class count": any_batch,
}


def clouds(rng):
    """Return questions for the batch size, away from whole numbers."""
    while True:
        asked = []
        for n, d in ((6, 1), (9, 2), (12, 3), (20, 2), (30, 3), (10, 1)):
            gradients = np.round(
                rng.normal(size=d) + rng.uniform(0.5, 2) * rng.normal(size=(n, d)), 2
            )
            share = round(rng.uniform(0.15, 0.9), 2)
            says = f"gradients {_table(gradients)}, share = {share}"
            asked.append({"how": "call", "args": [encode(gradients), share], "says": says})
        if all(map(_clear, asked)) and told_apart(asked, [needed_by_search, *SIZES.values()], 1e-6):
            return asked


def _clear(question):
    gradients, share = map(decode, question["args"])
    n, full = len(gradients), gradients.mean(0)
    sigma2, allowed = gradients.var(0).sum(), share**2 * (full**2).sum()
    exact = n * sigma2 / ((n - 1) * allowed + sigma2)
    return 1.1 < exact < n - 0.1 and 0.05 < exact % 1 < 0.95


def needed_by_search(gradients, share):
    n, full = len(gradients), np.mean(gradients, axis=0)
    sigma2 = np.mean(np.sum((gradients - full) ** 2, axis=1))
    for B in range(1, n + 1):
        if np.sqrt(sigma2 / B * (n - B) / (n - 1)) <= share * np.linalg.norm(full):
            return B
    return n


def needed_by_trace(gradients, share):
    n = len(gradients)
    full = gradients.sum(axis=0) / n
    centred = gradients - full
    sigma2 = np.trace(centred.T @ centred) / n
    ratio = sigma2 / (share**2 * full @ full)
    return np.ceil(ratio / ((n - 1) / n + ratio / n))


def needed_by_variance(gradients, share):
    sizes = np.arange(1, len(gradients) + 1)
    left = gradients.var(axis=0).sum() / sizes * (len(gradients) - sizes) / (len(gradients) - 1)
    return sizes[left <= (share * np.linalg.norm(gradients.mean(axis=0))) ** 2][0]


def needed_with_replacement(gradients, share):
    full = gradients.mean(0)
    sigma2 = ((gradients - full) ** 2).sum(1).mean()
    return int(np.ceil(sigma2 / (share**2 * (full**2).sum())))


def at_most_n(gradients, share):
    full = gradients.mean(0)
    sigma2 = ((gradients - full) ** 2).sum(1).mean()
    return min(len(gradients), int(np.ceil(sigma2 / (share**2 * (full**2).sum()))))


def share_not_squared(gradients, share):
    n, full = len(gradients), gradients.mean(0)
    sigma2 = ((gradients - full) ** 2).sum(1).mean()
    return int(np.ceil(n * sigma2 / ((n - 1) * share * (full**2).sum() + sigma2)))


def length_not_squared(gradients, share):
    n, full = len(gradients), gradients.mean(0)
    sigma2 = ((gradients - full) ** 2).sum(1).mean()
    return int(np.ceil(n * sigma2 / ((n - 1) * share * np.linalg.norm(full) + sigma2)))


def rounded_down(gradients, share):
    n, full = len(gradients), gradients.mean(0)
    sigma2 = ((gradients - full) ** 2).sum(1).mean()
    return int(n * sigma2 / ((n - 1) * share**2 * (full**2).sum() + sigma2))


def not_rounded(gradients, share):
    n, full = len(gradients), gradients.mean(0)
    sigma2 = ((gradients - full) ** 2).sum(1).mean()
    return n * sigma2 / ((n - 1) * share**2 * (full**2).sum() + sigma2)


def rounded(gradients, share):
    n, full = len(gradients), gradients.mean(0)
    sigma2 = ((gradients - full) ** 2).sum(1).mean()
    return round(float(n * sigma2 / ((n - 1) * share**2 * (full**2).sum() + sigma2)))


def entries_averaged(gradients, share):
    n, full = len(gradients), gradients.mean(0)
    sigma2 = gradients.var()
    return int(np.ceil(n * sigma2 / ((n - 1) * share**2 * (full**2).sum() + sigma2)))


def variance_averaged(gradients, share):
    n, full = len(gradients), gradients.mean(0)
    sigma2 = ((gradients - full) ** 2).mean()
    return int(np.ceil(n * sigma2 / ((n - 1) * share**2 * (full**2).sum() + sigma2)))


def not_centred(gradients, share):
    n, full = len(gradients), gradients.mean(0)
    sigma2 = (gradients**2).sum(1).mean()
    return int(np.ceil(n * sigma2 / ((n - 1) * share**2 * (full**2).sum() + sigma2)))


def absolute(gradients, share):
    n, full = len(gradients), gradients.mean(0)
    sigma2 = ((gradients - full) ** 2).sum(1).mean()
    return int(np.ceil(n * sigma2 / ((n - 1) * share**2 + sigma2)))


SIZES = {
    "this is the law with replacement; here the factor (n − B)/(n − 1) comes with "
    "it": needed_with_replacement,
    "this is the law with replacement, cut off at n; the factor (n − B)/(n − 1) is "
    "missing": at_most_n,
    "the share must be squared, too: the condition is about a root": share_not_squared,
    "you compare a variance with a length: square both sides": length_not_squared,
    "rounded down: that batch is still too noisy": rounded_down,
    "the formula is right; now round it up to a whole number": not_rounded,
    "rounded to the nearest: below the exact value the batch is too noisy": rounded,
    "gradients.var() mixes all entries; centre each column on its own, and add": entries_averaged,
    "you average over the entries; a squared length is the sum of their squares": variance_averaged,
    "the noise is the distance from ∇J: subtract it first": not_centred,
    "the noise is compared with the share alone; it is a share of ‖∇J‖": absolute,
}

PARTS = {
    "06a": Part(
        asks="full_batches",
        questions=deals,
        mistakes=DEALERS,
        variants=[deal_by_cursor, deal_one_by_one, deal_by_pop],
    ),
    "06b": Part(
        asks="accumulate",
        questions=sums,
        mistakes=SUMS,
        variants=[
            accumulate_by_where,
            accumulate_in_place,
            accumulate_by_loops,
            accumulate_in_float32,
        ],
        rtol=1e-5,
        atol=1e-5,
    ),
    "06c": Part(
        asks="one_of_each",
        questions=classes,
        mistakes=PICKERS,
        variants=[one_of_each_by_formula, one_of_each_by_product, one_of_each_in_float32],
        rtol=1e-5,
        atol=1e-5,
    ),
    "06d": Part(
        asks="batch_needed",
        questions=clouds,
        mistakes=SIZES,
        variants=[needed_by_search, needed_by_trace, needed_by_variance],
    ),
}
