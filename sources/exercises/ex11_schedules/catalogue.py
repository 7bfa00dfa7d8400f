"""Exercise 11: what is asked of each part, and what students get wrong in it."""

from itertools import combinations

import numpy as np

from course_lib.answers import respond
from course_lib.exchange import difference, encode
from grading.exercise import Part

LENDS = ()


def told_apart(questions, answers):
    """Tell whether no two answers agree, or nearly agree, in all questions."""
    results = [[respond(question, one)["result"] for question in questions] for one in answers]
    return all(
        any(difference(a, b, 1e-3, 1e-6) for a, b in zip(one, other, strict=True))
        for one, other in combinations(results, 2)
    )


def at(t, options):
    """Return the question for the rate of step t."""
    told = [f"t = {t}", *(f"{name} = {value:g}" for name, value in options.items())]
    return {"how": "call", "args": [t], "options": options, "says": ", ".join(told)}


def two_digits(value):
    return float(f"{value:.2g}")


# 11a


def rises_and_falls(rng):
    """Return questions for the ends, the peak, its neighbours, and places between."""
    while True:
        asked = []
        for _ in range(2):
            warm = int(rng.integers(3, 9))
            n_steps = warm + int(rng.integers(6, 15))
            options = {
                "lr": two_digits(rng.uniform(0.1, 3)),
                "n_steps": n_steps,
                "warm": warm,
                "final": two_digits(rng.uniform(0.1, 0.4)),
            }
            between = int(rng.integers(warm + 2, n_steps - 1))
            later = n_steps + int(rng.integers(2, 6))
            for t in (1, warm - 1, warm, warm + 1, between, n_steps, later):
                asked.append(at(t, options))
        if told_apart(asked, [cosine_by_line, *RISES.values()]):
            return asked


def course_order(t, *, lr, n_steps, warm, final):
    if t <= warm:
        return lr * t / (warm + 1)
    share = min((t - warm - 1) / (n_steps - warm), 1)
    return final * lr + (lr - final * lr) * (1 + np.cos(np.pi * share)) / 2


def from_zero(t, *, lr, n_steps, warm, final):
    if t <= warm:
        return lr * (t - 1) / warm
    share = min((t - warm) / (n_steps - warm), 1)
    return final * lr + (lr - final * lr) * (1 + np.cos(np.pi * share)) / 2


def whole_run(t, *, lr, n_steps, warm, final):
    if t <= warm:
        return lr * t / warm
    share = min((t - warm) / n_steps, 1)
    return final * lr + (lr - final * lr) * (1 + np.cos(np.pi * share)) / 2


def not_shifted(t, *, lr, n_steps, warm, final):
    if t <= warm:
        return lr * t / warm
    share = min(t / n_steps, 1)
    return final * lr + (lr - final * lr) * (1 + np.cos(np.pi * share)) / 2


def one_late(t, *, lr, n_steps, warm, final):
    if t <= warm:
        return lr * t / warm
    share = min((t - warm - 1) / (n_steps - warm - 1), 1)
    return final * lr + (lr - final * lr) * (1 + np.cos(np.pi * share)) / 2


def final_as_rate(t, *, lr, n_steps, warm, final):
    if t <= warm:
        return lr * t / warm
    share = min((t - warm) / (n_steps - warm), 1)
    return final + (lr - final) * (1 + np.cos(np.pi * share)) / 2


def added_on_top(t, *, lr, n_steps, warm, final):
    if t <= warm:
        return lr * t / warm
    share = min((t - warm) / (n_steps - warm), 1)
    return final * lr + lr * (1 + np.cos(np.pi * share)) / 2


def cut_off(t, *, lr, n_steps, warm, final):
    if t <= warm:
        return lr * t / warm
    share = min((t - warm) / (n_steps - warm), 1)
    return max(final * lr, lr * (1 + np.cos(np.pi * share)) / 2)


def rises_again(t, *, lr, n_steps, warm, final):
    if t <= warm:
        return lr * t / warm
    share = (t - warm) / (n_steps - warm)
    return final * lr + (lr - final * lr) * (1 + np.cos(np.pi * share)) / 2


def no_half(t, *, lr, n_steps, warm, final):
    if t <= warm:
        return lr * t / warm
    share = min((t - warm) / (n_steps - warm), 1)
    return final * lr + (lr - final * lr) * (1 + np.cos(np.pi * share))


def straight(t, *, lr, n_steps, warm, final):
    if t <= warm:
        return lr * t / warm
    share = min((t - warm) / (n_steps - warm), 1)
    return lr - (lr - final * lr) * share


RISES = {
    "this is the course's order: the peak is one step late, and so is the end of the fall; "
    "here step W is the peak, and step T the end": course_order,
    "the rise begins at 0; step 1 has the rate η/W": from_zero,
    "the fall takes T − W steps, not T: divide by T − W": whole_run,
    "at the peak the rate jumps: the fall begins in step W, so count the steps since W, "
    "t − W of T − W": not_shifted,
    "step W + 1 is at the peak again: the fall begins in step W, so s = (t − W)/(T − W)": one_late,
    "ρ is a factor, and the final rate is ρη; you use ρ itself as the rate": final_as_rate,
    "after the peak the rate is ρη too high: the cosine must fall from η to ρη, a height of "
    "η − ρη": added_on_top,
    "you cut the cosine off at ρη; it must reach ρη in step T and not before": cut_off,
    "after step T your rate rises again: it must stay at ρη": rises_again,
    "1 + cos goes from 2 to 0: the half is missing": no_half,
    "you fall along a straight line; it should be half a cosine": straight,
}


def cosine_by_line(t, *, lr, n_steps, warm, final):
    share = float(np.clip((t - warm) / (n_steps - warm), 0, 1))
    low = final * lr
    fall = low + 0.5 * (lr - low) * (1 + np.cos(np.pi * share))
    return np.where(t < warm, lr * t / warm, fall)


def cosine_by_squares(t, *, lr, n_steps, warm, final):
    if t >= n_steps:
        return final * lr
    if t < warm:
        return lr / warm * t
    part = np.cos(np.pi / 2 * (t - warm) / (n_steps - warm)) ** 2
    return np.float32(lr * (final + (1 - final) * part))


def cosine_by_table(t, *, lr, n_steps, warm, final):
    rates = list(np.linspace(0, lr, warm + 1))
    for k in range(1, n_steps - warm + 1):
        down = (1 - np.cos(np.pi * k / (n_steps - warm))) / 2
        rates.append(lr - down * (1 - final) * lr)
    return rates[t] if t < len(rates) else rates[-1]


# 11b


def periods(rng):
    """Return questions for the first and last steps of the periods, and places between."""
    while True:
        asked = []
        for grow in (2, int(rng.integers(2, 4))):
            period = int(rng.integers(3, 6))
            options = {
                "lr": two_digits(rng.uniform(0.3, 3)),
                "period": period,
                "grow": grow,
                "fall": two_digits(rng.uniform(0.4, 0.9)),
            }
            second = period + 1
            third = second + grow * period
            fourth = third + grow**2 * period
            inside = int(rng.integers(third + 2, fourth - 1))
            for t in (1, 2, second - 1, second, second + 2, third - 1, third, inside, fourth):
                asked.append(at(t, options))
        if told_apart(asked, [restarts_by_list, *RESTARTS.values()]):
            return asked


def as_it_stands(t, *, lr, period, grow, fall):
    j = t
    while j > period:
        period = grow * period
        j = j - period
        lr = fall * lr
    return lr / 2 * 1 + np.cos(np.pi * j / period)


def only_brackets(t, *, lr, period, grow, fall):
    j = t
    while j > period:
        period = grow * period
        j = j - period
        lr = fall * lr
    return lr / 2 * (1 + np.cos(np.pi * j / period))


def brackets_left(t, *, lr, period, grow, fall):
    j = t - 1
    while j >= period:
        j = j - period
        period = grow * period
        lr = fall * lr
    return lr / 2 * 1 + np.cos(np.pi * j / period)


def grows_too_soon(t, *, lr, period, grow, fall):
    j = t - 1
    while j >= period:
        period = grow * period
        j = j - period
        lr = fall * lr
    return lr / 2 * (1 + np.cos(np.pi * j / period))


def never_at_peak(t, *, lr, period, grow, fall):
    j = t
    while j > period:
        j = j - period
        period = grow * period
        lr = fall * lr
    return lr / 2 * (1 + np.cos(np.pi * j / period))


def one_step_more(t, *, lr, period, grow, fall):
    j = t - 1
    while j > period:
        j = j - period
        period = grow * period
        lr = fall * lr
    return lr / 2 * (1 + np.cos(np.pi * j / period))


def starts_at_second(t, *, lr, period, grow, fall):
    j = t
    while j >= period:
        j = j - period
        period = grow * period
        lr = fall * lr
    return lr / 2 * (1 + np.cos(np.pi * j / period))


def down_to_zero(t, *, lr, period, grow, fall):
    j = t - 1
    while j >= period:
        j = j - period
        period = grow * period
        lr = fall * lr
    return lr / 2 * (1 + np.cos(np.pi * j / (period - 1)))


def never_grows(t, *, lr, period, grow, fall):
    j = t - 1
    while j >= period:
        j = j - period
        lr = fall * lr
    return lr / 2 * (1 + np.cos(np.pi * j / period))


def falls_once(t, *, lr, period, grow, fall):
    j, peak = t - 1, lr
    while j >= period:
        j = j - period
        period = grow * period
        peak = fall * lr
    return peak / 2 * (1 + np.cos(np.pi * j / period))


RESTARTS = {
    "this is the code as it stood: all four mistakes are still in it": as_it_stands,
    "the brackets are right now; three mistakes are left, all in the counting of j: begin with "
    "a table of j for the first period": only_brackets,
    "the counting is right; one mistake is left, the brackets: lr / 2 must multiply 1 and the "
    "cosine": brackets_left,
    "the period grows before it is taken off j: a period that is over must be subtracted "
    "with its old length": grows_too_soon,
    "your j runs from 1 to P: no step is at the peak, and each period ends at 0. The first step "
    "has j = 0": never_at_peak,
    "a period has one step too many: j = P belongs to the next one, so the loop needs "
    "j >= period": one_step_more,
    "your schedule is one step ahead: step t = 1 has j = 0": starts_at_second,
    "your periods end at 0: in P steps j goes from 0 to P − 1 and the cosine is divided by P, "
    "not by P − 1": down_to_zero,
    "all your periods have the same length: each is c times as long as the one before": never_grows,
    "the peak falls only once: each peak is q times the one before it": falls_once,
}


def restarts_by_list(t, *, lr, period, grow, fall):
    rates = []
    while len(rates) < t:
        rates += [lr / 2 * (1 + np.cos(np.pi * j / period)) for j in range(period)]
        period, lr = period * grow, lr * fall
    return rates[t - 1]


def restarts_by_itself(t, *, lr, period, grow, fall):
    def now(j, lr, period):
        if j < period:
            return lr * np.cos(np.pi * j / period / 2) ** 2
        return now(j - period, lr * fall, period * grow)

    return now(t - 1, lr, period)


def restarts_by_ends(t, *, lr, period, grow, fall):
    first, number = 1, 0
    while t >= first + period * grow**number:
        first += period * grow**number
        number += 1
    share = (t - first) / (period * grow**number)
    return np.float32(lr * fall**number * (0.5 + 0.5 * np.cos(np.pi * share)))


# 11c


def noisy_losses(rng):
    """Return questions with losses that fall and tremble, and touch no border."""
    settings = [(1, 0.2), (1, 0.1), (2, 0.1), (3, 0.05), (2, 0.0)]
    while True:
        asked = [one_run(rng, *setting) for setting in settings]
        if told_apart(asked, [plateau_by_index, *PLATEAUS.values()]):
            return asked


def one_run(rng, patience, min_delta):
    """Return a question in which no two losses differ by the gain or by nothing, and η falls."""
    while True:
        since = np.maximum(np.arange(12) - rng.integers(0, 3), 0)  # level at first, sometimes
        fall = 2 * np.exp(-since / rng.uniform(1.5, 3))
        losses = (1 + fall + rng.normal(0, 0.12, 12)).round(3)
        options = {
            "lr": two_digits(rng.uniform(0.1, 2)),
            "factor": two_digits(rng.uniform(0.2, 0.7)),
            "patience": patience,
            "min_delta": min_delta,
        }
        gaps = np.abs(losses[:, None] - losses)[np.triu_indices(12, 1)]
        apart = min(np.abs(gaps - min_delta).min(), gaps.min()) > 5e-4
        if apart and plateau_by_index(losses, **options)[-1] < options["lr"]:
            return {"how": "call", "args": [encode(losses)], "options": options}


def as_the_course(losses, *, lr, factor, patience, min_delta):
    best, waited, rates = np.inf, 0, []
    for loss in losses:
        if loss < best - min_delta:
            best, waited = loss, 0
        else:
            waited += 1
        if waited >= patience:
            lr, waited = factor * lr, 0
        rates.append(lr)
    return np.array(rates)


def keeps_counting(losses, *, lr, factor, patience, min_delta):
    best, waited, rates = np.inf, 0, []
    for loss in losses:
        if loss < best - min_delta:
            best, waited = loss, 0
        else:
            waited += 1
        if waited > patience:
            lr = factor * lr
        rates.append(lr)
    return np.array(rates)


def never_forgives(losses, *, lr, factor, patience, min_delta):
    best, waited, rates = np.inf, 0, []
    for loss in losses:
        if loss < best - min_delta:
            best = loss
        else:
            waited += 1
        if waited > patience:
            lr, waited = factor * lr, 0
        rates.append(lr)
    return np.array(rates)


def creeping_best(losses, *, lr, factor, patience, min_delta):
    best, waited, rates = np.inf, 0, []
    for loss in losses:
        if loss < best - min_delta:
            waited = 0
        else:
            waited += 1
        best = min(best, loss)
        if waited > patience:
            lr, waited = factor * lr, 0
        rates.append(lr)
    return np.array(rates)


def last_loss(losses, *, lr, factor, patience, min_delta):
    before, waited, rates = np.inf, 0, []
    for loss in losses:
        waited = 0 if loss < before - min_delta else waited + 1
        before = loss
        if waited > patience:
            lr, waited = factor * lr, 0
        rates.append(lr)
    return np.array(rates)


def no_gain(losses, *, lr, factor, patience, min_delta):
    best, waited, rates = np.inf, 0, []
    for loss in losses:
        if loss < best:
            best, waited = loss, 0
        else:
            waited += 1
        if waited > patience:
            lr, waited = factor * lr, 0
        rates.append(lr)
    return np.array(rates)


def gain_upside_down(losses, *, lr, factor, patience, min_delta):
    best, waited, rates = np.inf, 0, []
    for loss in losses:
        if loss < best + min_delta:
            best, waited = loss, 0
        else:
            waited += 1
        if waited > patience:
            lr, waited = factor * lr, 0
        rates.append(lr)
    return np.array(rates)


def rate_before(losses, *, lr, factor, patience, min_delta):
    best, waited, rates = np.inf, 0, []
    for loss in losses:
        rates.append(lr)
        if loss < best - min_delta:
            best, waited = loss, 0
        else:
            waited += 1
        if waited > patience:
            lr, waited = factor * lr, 0
    return np.array(rates)


def new_best_at_fall(losses, *, lr, factor, patience, min_delta):
    best, waited, rates = np.inf, 0, []
    for loss in losses:
        if loss < best - min_delta:
            best, waited = loss, 0
        else:
            waited += 1
        if waited > patience:
            lr, waited, best = factor * lr, 0, loss
        rates.append(lr)
    return np.array(rates)


def first_is_best(losses, *, lr, factor, patience, min_delta):
    best, waited, rates = losses[0], 0, []
    for loss in losses:
        if loss < best - min_delta:
            best, waited = loss, 0
        else:
            waited += 1
        if waited > patience:
            lr, waited = factor * lr, 0
        rates.append(lr)
    return np.array(rates)


PLATEAUS = {
    "the rate falls one look too soon: the counter must be larger than the patience, not "
    "equal to it": as_the_course,
    "after a fall the counter goes back to 0; yours counts on, and the rate falls again in the "
    "next look": keeps_counting,
    "a good look must put the counter back to 0": never_forgives,
    "your best moves with every small gain; in a bad look it stays as it was": creeping_best,
    "you compare with the loss of the look before; compare with the best so far": last_loss,
    "δ is not used: a look is good only if the loss is below best − δ": no_gain,
    "δ has the wrong sign: a good look is below best − δ": gain_upside_down,
    "you return the rate before each look; the rate after it is asked for": rate_before,
    "the best changes when the rate falls; it must stay": new_best_at_fall,
    "your first look is bad: the best must begin at infinity": first_is_best,
}


def plateau_by_index(losses, *, lr, factor, patience, min_delta):
    good_look, best, since = 0, losses[0], 0
    rates = np.empty(len(losses))
    for k in range(len(losses)):
        if k == 0 or best - losses[k] > min_delta:
            good_look, best, since = k, losses[k], k
        if k - max(good_look, since) == patience + 1:
            lr *= factor
            since = k
        rates[k] = lr
    return rates


def plateau_by_falls(losses, *, lr, factor, patience, min_delta):
    lowest, bad, falls, out = float("inf"), 0, 0, []
    for loss in list(losses):
        bad += 1
        if loss + min_delta < lowest:
            lowest = float(loss)
            bad = 0
        if bad == patience + 1:
            falls += 1
            bad = 0
        out.append(lr * factor**falls)
    return out


PARTS = {
    "11a": Part(
        asks="warm_cosine",
        questions=rises_and_falls,
        mistakes=RISES,
        variants=[cosine_by_line, cosine_by_squares, cosine_by_table],
        rtol=1e-5,
        atol=1e-7,
    ),
    "11b": Part(
        asks="restarts",
        questions=periods,
        mistakes=RESTARTS,
        variants=[restarts_by_list, restarts_by_itself, restarts_by_ends],
        rtol=1e-5,
        atol=1e-7,
    ),
    "11c": Part(
        asks="plateau_rates",
        questions=noisy_losses,
        mistakes=PLATEAUS,
        variants=[plateau_by_index, plateau_by_falls],
    ),
    "11d": Part(
        asks="prediction",
        questions=lambda rng: [{"how": "value"}],
        mistakes={
            "2 fulfils both, too: Σ 1/t^0.6 is infinite, for 0.6 is not above 1, and the squares "
            "fall like 1/t^1.2, which has a finite sum": "a",
            "not 3: its squares are 0.01/t, and their sum is infinite. The noise does not "
            "die out fast enough for these conditions": "c",
            "not 4: it is a geometric sequence, and the sum of all its rates is 29.7. Such a run "
            "cannot get anywhere": "d",
        },
    ),
}
