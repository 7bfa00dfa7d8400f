"""Exercise 13: what is asked of each part, and what students get wrong in it."""

from itertools import combinations

import numpy as np

from course_lib import adam, batches, gd, momentum, run, schedules
from course_lib.answers import respond
from course_lib.exchange import decode, difference, encode, made, spoken
from course_lib.project import Project
from grading.exercise import Part

LENDS = ("runner", "steps", "schedules")


def told_apart_by(questions, answers):
    """Tell whether no two of the answers give the same results to all of the questions."""
    with np.errstate(all="ignore"):
        results = [[respond(one, answer).get("result") for one in questions] for answer in answers]
    return all(
        any(difference(a, b) for a, b in zip(one, other, strict=True))
        for one, other in combinations(results, 2)
    )


def tables(rng):
    """Return questions for the choice: ties, broken runs, even numbers of seeds, any order."""
    while True:
        asked = [table(rng, *size) for size in ((5, 3), (6, 4), (5, 3), (7, 5), (4, 3), (6, 5))]
        if told_apart_by(asked, [by_sorting, *CHOICES.values()]):
            return asked


def table(rng, n_rates, n_seeds):
    """Return one table: a hill with a tie at its top, and runs that broke at the large rates."""
    rates = np.round(0.01 * 2.0 ** np.arange(n_rates), 2)
    top = int(rng.integers(n_rates - 1))
    hill = 900 - 60 * np.abs(np.arange(n_rates) - top - 0.5).astype(int)
    right = (hill[:, None] + rng.integers(-40, 41, size=(n_rates, n_seeds))).astype(float)
    for row in (top, top + 1) if rng.random() < 0.6 else ():
        right[row] += hill[top] + 20 - np.median(right[row])
    for row in range(top, n_rates):
        broken = rng.random(n_seeds) < 0.15 + 0.15 * (row - top)
        right[row, broken] = np.nan
    order = rng.permutation(n_rates)
    return {
        "how": "call",
        "args": [encode(rates[order]), encode(right[order])],
        "says": f"rates = {spoken(encode(rates[order]))}, right = [{_rows(right[order])}]",
    }


def _rows(right):
    return ", ".join(spoken(encode(row)) for row in right)


def by_sorting(rates, right):
    best = None
    for rate, row in sorted(zip(rates, right, strict=True), key=lambda pair: pair[0]):
        counts = sorted(0.0 if count != count else count for count in row)
        half = len(counts) // 2
        middle = counts[half] if len(counts) % 2 else (counts[half - 1] + counts[half]) / 2
        if best is None or middle > best[1]:
            best = rate, middle
    return best[0], bool(best[0] in (min(rates), max(rates)))


def by_lexsort(rates, right):
    score = np.median(np.nan_to_num(right, nan=0.0), axis=1)
    rate = rates[np.lexsort((-rates, score))[-1]]
    return rate, not rates.min() < rate < rates.max()


def the_mean(rates, right):
    order = np.argsort(rates)
    score = np.where(np.isnan(right), 0, right)[order].mean(axis=1)
    best = score.argmax()
    return rates[order][best], best in (0, len(rates) - 1)


def broken_left_out(rates, right):
    order = np.argsort(rates)
    filled = right.copy()
    filled[np.isnan(right).all(1)] = 0
    best = np.nanmedian(filled[order], axis=1).argmax()
    return rates[order][best], best in (0, len(rates) - 1)


def nan_is_largest(rates, right):
    order = np.argsort(rates)
    best = np.median(right[order], axis=1).argmax()
    return rates[order][best], best in (0, len(rates) - 1)


def one_broken_is_out(rates, right):
    order = np.argsort(rates)
    score = np.median(right[order], axis=1)
    best = np.nan_to_num(score, nan=0.0).argmax()
    return rates[order][best], best in (0, len(rates) - 1)


def best_run(rates, right):
    order = np.argsort(rates)
    best = np.where(np.isnan(right), 0, right)[order].max(axis=1).argmax()
    return rates[order][best], best in (0, len(rates) - 1)


def larger_of_a_tie(rates, right):
    order = np.argsort(-rates)
    best = np.median(np.where(np.isnan(right), 0, right)[order], axis=1).argmax()
    return rates[order][best], best in (0, len(rates) - 1)


def first_of_a_tie(rates, right):
    best = np.median(np.where(np.isnan(right), 0, right), axis=1).argmax()
    return rates[best], rates[best] in (rates.min(), rates.max())


def edge_of_the_table(rates, right):
    score = np.median(np.where(np.isnan(right), 0, right), axis=1)
    rate = rates[score == score.max()].min()
    return rate, rate in (rates[0], rates[-1])


def upper_edge_only(rates, right):
    score = np.median(np.where(np.isnan(right), 0, right), axis=1)
    rate = rates[score == score.max()].min()
    return rate, rate == rates.max()


CHOICES = {
    "the mean is here; one broken run spoils it. Take the median over the seeds": the_mean,
    "the broken runs are left out, as nanmedian does; each counts as 0 right "
    "answers": broken_left_out,
    "nan wins: argmax takes nan for the largest number; put 0 there first": nan_is_largest,
    "a rate with a single broken run is out; only that run counts as 0": one_broken_is_out,
    "this chooses the best single run; take the median over the seeds": best_run,
    "of two equally good rates you take the larger one": larger_of_a_tie,
    "of two equally good rates you take the one that stands first in the table; the rates "
    "are not sorted": first_of_a_tie,
    "the edge is not the first and the last row of the table, but the smallest and the largest "
    "rate": edge_of_the_table,
    "the smallest rate is an edge, too": upper_edge_only,
}


def pairs(rng):
    """Return questions for the pairs; where two answers could differ by rounding, draw anew."""
    while True:
        asked = [pair(rng, kind) for kind in ("first", "second", "close", "few", "any")]
        if None not in asked and told_apart_by(asked, [by_counts, *INTERVALS.values()]):
            return asked


def pair(rng, kind):
    """Return one pair of lists of right and wrong; None when it is too near a border."""
    n = int(rng.integers(95, 130))
    both, few, many = rng.integers(45, 60), rng.integers(1, 3), rng.integers(9, 12)
    only = {
        "first": (many, few),
        "second": (few, many),
        "close": (many - 2, many - 4),
        "few": (few + 3, few),
        "any": tuple(rng.integers(1, 15, size=2)),
    }[kind]
    first = np.repeat([1, 1, 0, 0], [both, *only, n - both - sum(only)]).astype(bool)
    second = np.repeat([1, 0, 1, 0], [both, *only, n - both - sum(only)]).astype(bool)
    d = first.astype(float) - second
    borders = [2 * d.std(), 1.96 * d.std(), d.std(), 2 * np.sqrt(first.var() + second.var())]
    if any(abs(abs(d.mean()) - border / np.sqrt(n)) < 1e-3 for border in borders):
        return None
    order = rng.permutation(n)
    return {
        "how": "call",
        "args": [encode(first[order]), encode(second[order])],
        "says": f"{n} images; right: both {both}, only the first {only[0]}, "
        f"only the second {only[1]}",
    }


def by_counts(first, second):
    n = len(first)
    right = sum(1 for one in first if one)
    wins = sum(1 for a, b in zip(first, second, strict=True) if a and not b)
    losses = sum(1 for a, b in zip(first, second, strict=True) if b and not a)
    p, gap = right / n, (wins - losses) / n
    spread = ((wins + losses) / n - gap**2) / n
    half = 2 * (p * (1 - p) / n) ** 0.5
    return p - half, p + half, gap**2 > 4 * spread


def by_std(first, second):
    a, b = np.asarray(first, dtype=int), np.asarray(second, dtype=int)
    root = np.sqrt(len(a))
    half = 2 * a.std() / root
    low, high = a.mean() - half, a.mean() + half
    return [low, high, abs((a - b).mean()) > 2 * (a - b).std() / root]


def unpaired(first, second):
    n, p, q = len(first), first.mean(), second.mean()
    half = 2 * np.sqrt(p * (1 - p) / n)
    error = np.sqrt(p * (1 - p) / n + q * (1 - q) / n)
    return p - half, p + half, abs(p - q) > 2 * error


def overlap(first, second):
    n, p, q = len(first), first.mean(), second.mean()
    half, other = 2 * np.sqrt(p * (1 - p) / n), 2 * np.sqrt(q * (1 - q) / n)
    return p - half, p + half, p - half > q + other or q - other > p + half


def one_error(first, second):
    n, p = len(first), first.mean()
    d = first.astype(float) - second
    half = np.sqrt(p * (1 - p) / n)
    return p - half, p + half, abs(d.mean()) > d.std() / np.sqrt(n)


def ninety_five(first, second):
    n, p = len(first), first.mean()
    d = first.astype(float) - second
    half = 1.96 * np.sqrt(p * (1 - p) / n)
    return p - half, p + half, abs(d.mean()) > 1.96 * d.std() / np.sqrt(n)


def no_root_of_n(first, second):
    p = first.mean()
    d = first.astype(float) - second
    half = 2 * np.sqrt(p * (1 - p))
    return p - half, p + half, abs(d.mean()) > 2 * d.std()


def no_root(first, second):
    n, p = len(first), first.mean()
    d = first.astype(float) - second
    half = 2 * p * (1 - p) / n
    return p - half, p + half, abs(d.mean()) > 2 * d.var() / n


def first_only(first, second):
    n, p = len(first), first.mean()
    d = first.astype(float) - second
    half = 2 * np.sqrt(p * (1 - p) / n)
    return p - half, p + half, d.mean() > 2 * d.std() / np.sqrt(n)


def one_less(first, second):
    n, p = len(first), first.mean()
    d = first.astype(float) - second
    half = 2 * np.sqrt(p * (1 - p) / (n - 1))
    return p - half, p + half, abs(d.mean()) > 2 * d.std(ddof=1) / np.sqrt(n)


INTERVALS = {
    "the two are taken as if each had images of its own; use the differences, image by "
    "image": unpaired,
    "you look whether two intervals overlap; use the differences, image by image": overlap,
    "this is one standard error on either side; two are asked for": one_error,
    "1.96 is the exact number of a normal distribution; here two standard errors are asked "
    "for": ninety_five,
    "the errors are not divided by √n: this is the spread of one image": no_root_of_n,
    "the root is missing: p(1 − p)/n is the variance of the mean": no_root,
    "you only see it when the first is better; compare the size |D|": first_only,
    "you divide by n − 1; here all formulas divide by n": one_less,
}


class Referee:
    """Holds a project that no submission knows, and counts its budget: see `Part`."""

    def __init__(self, question, rng):
        self.project = Project(int(rng.integers(2**32)))
        f = self.project.f
        # What the worker needs, and the check does not: it would make a large file of data.
        question.update(theta=encode(self.project.start), n=f.n, dim=f.dim, left=f.left)

    @property
    def left(self):
        return self.project.f.left

    def reply(self, request):
        f, theta = self.project.f, decode(request["theta"])
        f = f if request["index"] is None else f.batch(decode(request["index"]))
        return encode(f(theta) if request["ask"] == "value" else f.grad(theta))

    def result(self, theta):
        return self.project.score(decode(theta))


def projects(least):
    """Return what asks for a training on a fresh project with at least this test accuracy."""

    def questions(rng):
        seed, luck = (int(one) for one in rng.integers(1000, 10**6, size=2))
        return [
            {
                "how": "train",
                "task": made("project.Project", seed=seed),
                "rng": {"rng": luck},
                "says": f"a fresh project; a test accuracy of {least} or more is asked for",
            }
        ]

    return questions


def by_hand(f, theta, rng):
    v, size = np.zeros(f.dim), 100
    while f.left >= f.n:
        order = rng.permutation(f.n)
        for begin in range(0, f.n, size):
            v = 0.9 * v + f.batch(order[begin : begin + size]).grad(theta)
            theta = theta - 0.08 * v
    return theta


def by_adam(f, theta, rng):
    n_steps = f.left // 100 - 1
    deal = batches(f.n, 100, rng)
    return run(adam, f, theta, n_steps, batches=deal, record=[], lr=0.02).end


def the_start(f, theta, rng):
    return theta


def small_rate(f, theta, rng):
    deal = batches(f.n, 50, rng)
    return run(gd, f, theta, f.left // 50 - 1, batches=deal, record=[], lr=0.01).end


def looks_at_all(f, theta, rng):
    best, lowest = theta, np.inf
    for index in batches(f.n, 50, rng):
        theta = theta - 0.1 * f.batch(index).grad(theta)
        loss = f(theta)
        if loss < lowest:
            best, lowest = theta, loss
    return best


def uphill(f, theta, rng):
    for _ in range(60):
        with np.errstate(all="ignore"):
            theta = theta + 0.5 * f.batch(rng.permutation(f.n)[:50]).grad(theta)
    return theta


def adam_by_hand(f, theta, rng):
    m, v, n_steps = 0, 0, f.left // 50
    for t in range(1, n_steps + 1):
        if t % 80 == 1:
            order = rng.permutation(f.n)
        g = f.batch(order[50 * ((t - 1) % 80) :][:50]).grad(theta)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        rate = 0.04 * min(1, t / 200) * np.cos(np.pi / 2 * t / n_steps) ** 2
        theta = theta - rate * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return theta


def momentum_cycle(f, theta, rng):
    n_steps = f.left // 50 - 1
    lr = schedules.one_cycle(0.12, n_steps)
    deal = batches(f.n, 50, rng)
    return run(momentum, f, theta, n_steps, batches=deal, record=[], lr=lr).end


def constant_rate(f, theta, rng):
    deal = batches(f.n, 50, rng)
    return run(gd, f, theta, f.left // 50 - 1, batches=deal, record=[], lr=0.1).end


def too_long_a_plan(f, theta, rng):
    deal = batches(f.n, 50, rng)
    lr = schedules.one_cycle(0.02, f.left)
    return run(adam, f, theta, f.left // 50 - 1, batches=deal, record=[], lr=lr).end


NO_TRAINING = {
    "this is what guessing scores, one in ten: has θ moved at all, and is the trained θ "
    "returned?": the_start,
    "more was asked than the budget holds; a look at the loss of all examples costs "
    "4000": looks_at_all,
    "this cannot be measured: θ is not finite (a step uphill, or a rate far too large), or it is "
    "no θ at all (None, a loss, or the trace of run instead of its .end)": uphill,
}

PARTS = {
    "13a": Part(
        asks="choose",
        questions=tables,
        mistakes=CHOICES,
        variants=[by_sorting, by_lexsort],
    ),
    "13b": Part(
        asks="judge_pair",
        questions=pairs,
        mistakes=INTERVALS,
        variants=[by_counts, by_std],
    ),
    "13c": Part(
        asks="train",
        questions=projects(0.72),
        mistakes={
            **NO_TRAINING,
            "about as far as a rate of 0.01 comes: try much larger ones": small_rate,
        },
        variants=[by_hand, by_adam],
        atol=0.03,
        seconds=240.0,
        expected={"between": [0.72, 1.0]},
        referee=Referee,
    ),
    "13d": Part(
        asks="train_well",
        questions=projects(0.88),
        mistakes={
            **NO_TRAINING,
            "about as far as gradient descent comes with a constant rate of 0.1: let the rate "
            "fall, or change the method": constant_rate,
            "the schedule was made for more steps than you make, so the rate is still rising when "
            "the budget is spent": too_long_a_plan,
        },
        variants=[adam_by_hand, momentum_cycle],
        atol=0.03,
        seconds=240.0,
        expected={"between": [0.88, 1.0]},
        referee=Referee,
    ),
}
