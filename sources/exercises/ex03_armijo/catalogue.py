"""Exercise 03: what is asked of each part, and what students get wrong in it."""

from itertools import combinations

import numpy as np

from course_lib.answers import respond
from course_lib.exchange import decode, difference, encode, made, spoken
from grading.exercise import Part

LENDS = ("models", "objectives", "parsing")


def told_apart(questions, answers):
    """Tell whether no two of the answers give the same results to all of the questions."""
    results = [[respond(question, one) for question in questions] for one in answers]
    return all(any(map(differ, one, other)) for one, other in combinations(results, 2))


def differ(one, other):
    """Tell whether two responses differ by more than rounding."""
    if "error" in one or "error" in other:
        return one.keys() != other.keys()
    return difference(one["result"], other["result"], 1e-3, 1e-6) is not None


def clear(f, theta, alphas, c):
    """Tell whether Armijo's test of each α is decided by a wide margin."""
    g = f.grad(theta)
    shares = [(f(theta) - f(theta - a * g)) / (a * (g @ g)) for a in alphas]
    return min(abs(share - c) for share in shares) > 0.02


def slides(rng):
    """Return questions for the mended step: long and short gradients, and a search that ends."""
    while True:
        asked = []
        for size, long, n_steps in ((3, 12, 1), (0.05, 10, 1), (1, 7, 3), (1, 20, 1)):
            X, y, theta = rng.normal(size=(6, 3)), rng.normal(size=6), rng.normal(size=3)
            L = np.linalg.eigvalsh(X.T @ X / 6)[-1]
            options = {
                "alpha0": round(long * rng.uniform(0.8, 1.2) / L, 2),
                "c": round(rng.uniform(0.2, 0.4), 2),
                "beta": round(rng.uniform(0.4, 0.6), 2),
                "most": 20,
            }
            asked.append(
                {
                    "how": "steps",
                    "f": made("models.LeastSquares", X=X, y=size * y),
                    "theta": encode(size * theta),
                    "n_steps": n_steps,
                    "keep": ["alpha", "trials", "accepted"],
                    "options": options,
                }
            )
        if not all(map(decided, asked)):
            continue
        # The last trial that is allowed passes in the first search, and just not in the last one.
        for question, fewer in ((asked[0], 0), (asked[-1], 1)):
            (needed,) = respond(question, mended_by_for)["result"]["dict"]["trials"]
            question["options"]["most"] = needed - fewer
        if told_apart(asked, [mended_by_for, *MENDED.values()]):
            return asked


def decided(question):
    """Tell whether every trial of a run passes or fails clearly, with a rejection in each step."""
    f, options = decode(question["f"]), question["options"]
    found = respond(question, mended_by_for)["result"]["dict"]
    for theta, trials in zip(found["theta"], found["trials"], strict=False):
        count = int(trials["array"] if isinstance(trials, dict) else trials)
        alphas = options["alpha0"] * options["beta"] ** np.arange(count)
        if count < 2 or not clear(f, decode(theta), alphas, options["c"]):
            return False
    return True


def mended_by_for(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g, J = f.grad(theta), f(theta)
    for n in range(most):
        alpha = alpha0 * beta**n
        if f(theta - alpha * g) <= J - c * alpha * np.linalg.norm(g) ** 2:
            return theta - alpha * g, {"alpha": alpha, "trials": n + 1, "accepted": True}
    return theta, {"alpha": 0.0, "trials": most, "accepted": False}


def mended_by_share(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g = f.grad(theta)
    alphas = alpha0 * beta ** np.arange(most)
    shares = (f(theta) - f(theta - alphas[:, None] * g)) / (alphas * (g**2).sum())
    accepted = (shares >= c).any()
    n = np.argmax(shares >= c) if accepted else most - 1
    alpha = np.where(accepted, alphas[n], 0.0)
    return theta - alpha * g, {"alpha": alpha, "trials": n + 1, "accepted": accepted}


def mended_by_while(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    p = -f.grad(theta)
    slope, alpha, trials, accepted = p @ p, alpha0, 0, False
    while trials < most:
        trials += 1
        accepted = bool(f(theta + alpha * p) - f(theta) <= -c * alpha * slope)
        if accepted:
            break
        alpha *= beta
    alpha = alpha if accepted else 0
    return theta + alpha * p, {"alpha": alpha, "trials": trials, "accepted": accepted, "g": -p}


def as_printed(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g = f.grad(theta)
    for n in range(most):
        alpha = alpha0 * beta**n
        if f(theta + alpha * g) - f(theta) >= c * alpha * np.linalg.norm(g):
            return theta + alpha * g, {"alpha": alpha, "trials": n + 1, "accepted": True}
    return theta, {"alpha": 0.0, "trials": most, "accepted": False}


def asks_for_a_rise(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g = f.grad(theta)
    for n in range(most):
        alpha = alpha0 * beta**n
        if f(theta - alpha * g) - f(theta) >= c * alpha * (g @ g):
            return theta - alpha * g, {"alpha": alpha, "trials": n + 1, "accepted": True}
    return theta, {"alpha": 0.0, "trials": most, "accepted": False}


def allows_a_rise(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g = f.grad(theta)
    for n in range(most):
        alpha = alpha0 * beta**n
        if f(theta - alpha * g) - f(theta) <= c * alpha * (g @ g):
            return theta - alpha * g, {"alpha": alpha, "trials": n + 1, "accepted": True}
    return theta, {"alpha": 0.0, "trials": most, "accepted": False}


def goes_down_tests_up(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g = f.grad(theta)
    for n in range(most):
        alpha = alpha0 * beta**n
        if f(theta + alpha * g) - f(theta) <= -c * alpha * (g @ g):
            return theta - alpha * g, {"alpha": alpha, "trials": n + 1, "accepted": True}
    return theta, {"alpha": 0.0, "trials": most, "accepted": False}


def no_square(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g = f.grad(theta)
    for n in range(most):
        alpha = alpha0 * beta**n
        if f(theta - alpha * g) - f(theta) <= -c * alpha * np.linalg.norm(g):
            return theta - alpha * g, {"alpha": alpha, "trials": n + 1, "accepted": True}
    return theta, {"alpha": 0.0, "trials": most, "accepted": False}


def only_downhill(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g = f.grad(theta)
    for n in range(most):
        alpha = alpha0 * beta**n
        if f(theta - alpha * g) < f(theta):
            return theta - alpha * g, {"alpha": alpha, "trials": n + 1, "accepted": True}
    return theta, {"alpha": 0.0, "trials": most, "accepted": False}


def steps_all_the_same(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g, alpha, trials = f.grad(theta), alpha0, 1
    while f(theta - alpha * g) - f(theta) > -c * alpha * (g @ g) and trials < most:
        alpha, trials = beta * alpha, trials + 1
    accepted = bool(f(theta - alpha * g) - f(theta) <= -c * alpha * (g @ g))
    return theta - alpha * g, {"alpha": alpha, "trials": trials, "accepted": accepted}


def says_accepted(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g, alpha, trials = f.grad(theta), alpha0, 1
    while f(theta - alpha * g) - f(theta) > -c * alpha * (g @ g) and trials < most:
        alpha, trials = beta * alpha, trials + 1
    return theta - alpha * g, {"alpha": alpha, "trials": trials, "accepted": True}


def still_names_a_length(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g, alpha = f.grad(theta), alpha0
    for n in range(most):
        alpha = alpha0 * beta**n
        if f(theta - alpha * g) - f(theta) <= -c * alpha * (g @ g):
            return theta - alpha * g, {"alpha": alpha, "trials": n + 1, "accepted": True}
    return theta, {"alpha": alpha, "trials": most, "accepted": False}


def counts_from_zero(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g = f.grad(theta)
    for n in range(most):
        alpha = alpha0 * beta**n
        if f(theta - alpha * g) - f(theta) <= -c * alpha * (g @ g):
            return theta - alpha * g, {"alpha": alpha, "trials": n, "accepted": True}
    return theta, {"alpha": 0.0, "trials": most, "accepted": False}


def one_more(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g = f.grad(theta)
    for n in range(most + 1):
        alpha = alpha0 * beta**n
        if f(theta - alpha * g) - f(theta) <= -c * alpha * (g @ g):
            return theta - alpha * g, {"alpha": alpha, "trials": n + 1, "accepted": True}
    return theta, {"alpha": 0.0, "trials": most + 1, "accepted": False}


def one_fewer(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g = f.grad(theta)
    for n in range(most - 1):
        alpha = alpha0 * beta**n
        if f(theta - alpha * g) - f(theta) <= -c * alpha * (g @ g):
            return theta - alpha * g, {"alpha": alpha, "trials": n + 1, "accepted": True}
    return theta, {"alpha": 0.0, "trials": most - 1, "accepted": False}


def told_by_the_count(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g, alpha, trials = f.grad(theta), alpha0, 1
    while f(theta - alpha * g) - f(theta) > -c * alpha * (g @ g) and trials < most:
        alpha, trials = beta * alpha, trials + 1
    if trials < most:
        return theta - alpha * g, {"alpha": alpha, "trials": trials, "accepted": True}
    return theta, {"alpha": 0.0, "trials": trials, "accepted": False}


def counts_the_next(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g, alpha, trials = f.grad(theta), alpha0, 1
    while trials <= most:
        if f(theta - alpha * g) - f(theta) <= -c * alpha * (g @ g):
            return theta - alpha * g, {"alpha": alpha, "trials": trials, "accepted": True}
        alpha, trials = beta * alpha, trials + 1
    return theta, {"alpha": 0.0, "trials": trials, "accepted": False}


def one_or_zero(f, theta, t, *, alpha0=1.0, c=0.1, beta=0.5, most=30):
    g = f.grad(theta)
    for n in range(most):
        alpha = alpha0 * beta**n
        if f(theta - alpha * g) - f(theta) <= -c * alpha * (g @ g):
            return theta - alpha * g, {"alpha": alpha, "trials": n + 1, "accepted": 1}
    return theta, {"alpha": 0.0, "trials": most, "accepted": 0}


MENDED = {
    "this walks uphill, as printed: the trial point and the step must be along −∇J": as_printed,
    "you go down, but the test still asks for an increase: turn ≥ into ≤ −": asks_for_a_rise,
    "the minus before c is missing: this test lets J rise by c α‖g‖²": allows_a_rise,
    "you step down, but test the point uphill: both must be θ − αg": goes_down_tests_up,
    "the norm is not squared: the slope is −‖g‖²": no_square,
    "this accepts every step downhill; ask for the share c of the promise": only_downhill,
    "no trial has passed, and you step all the same: θ must stay": steps_all_the_same,
    "the last trial has failed, and you call it accepted": says_accepted,
    "θ stays, but alpha is not 0: no length was accepted": still_names_a_length,
    "you count the rejected trials; the accepted one is a trial, too": counts_from_zero,
    "that is one trial more than most": one_more,
    "one trial is missing: most of them are allowed": one_fewer,
    "the last trial that is allowed may pass, too: ask the test, not the count": told_by_the_count,
    "if none passes, your count is one ahead: only most trials were made": counts_the_next,
    "accepted is True or False; you return 1 or 0": one_or_zero,
}


def curves(rng):
    """Return questions for the parabola: searches in which it is free, too short and too long."""
    a, b, d, e = rng.uniform((0.5, 1, 0.1, 0.05), (1.5, 4, 0.8, 0.3)).round(2)
    formula = f"{a}*x^2 + {b}*y^2 + {d}*x*y + {e}*(x - y)^4"
    wanted = ((1, 1, "long"), (1, 30, "short"), (3, 4, "free"), (2, 100, "short"))
    while True:
        asked = [curve(rng, formula, *one) for one in wanted]
        if told_apart(asked, [parabola_by_curvature, *PARABOLAS.values()]):
            return asked


def curve(rng, formula, n_steps, reach, wanted):
    """Return one question in which the vertex lies once as ``wanted``, and no decision is near."""
    steps = "one step" if n_steps == 1 else f"{n_steps} steps"
    while True:
        theta = encode(rng.uniform(-2, 2, 2).round(2))
        alpha0, c = round(reach * rng.uniform(0.1, 0.4), 2), round(rng.uniform(0.2, 0.45), 2)
        question = {
            "how": "steps",
            "f": made("objectives.Symbolic", expr=formula),
            "theta": theta,
            "n_steps": n_steps,
            "keep": ["alpha", "trials"],
            "options": {"alpha0": alpha0, "c": c},
            "says": f"Symbolic({formula!r}), theta = {spoken(theta)}, {steps}, "
            f"alpha0 = {alpha0}, c = {c}",
        }
        cases = searched(question)
        if wanted in cases and "unclear" not in cases:
            return question


def searched(question):
    """Return what happened in a run: where the vertex lay, and ``unclear`` for a near decision."""
    f, c = decode(question["f"]), question["options"]["c"]
    theta, cases = decode(question["theta"]), []
    for _ in range(question["n_steps"]):
        g, alpha = f.grad(theta), question["options"]["alpha0"]
        for _ in range(12):
            if not clear(f, theta, [alpha], c):
                cases.append("unclear")
            after = f(theta - alpha * g)
            if after <= f(theta) - c * alpha * (g @ g):
                break
            ratio = alpha * (g @ g) / (2 * (after - f(theta) + alpha * (g @ g)))
            cases.append("short" if ratio < 0.1 else "long" if ratio > 0.5 else "free")
            alpha *= np.clip(ratio, 0.1, 0.5)
        else:
            cases.append("unclear")
        theta = theta - alpha * g
    return cases


def parabola_by_curvature(f, theta, t, *, alpha0=1.0, c=0.1):
    g, J = f.grad(theta), f(theta)
    alpha, trials = alpha0, 1
    while True:
        change = f(theta - alpha * g) - J
        if change <= -c * alpha * (g @ g):
            return theta - alpha * g, {"alpha": alpha, "trials": trials}
        curvature = 2 * (change / alpha + g @ g) / alpha
        alpha = np.clip((g @ g) / curvature, alpha / 10, alpha / 2)
        trials += 1


def parabola_by_fit(f, theta, t, *, alpha0=1.0, c=0.1):
    g, alphas = f.grad(theta), [alpha0]
    square = np.linalg.norm(g) ** 2
    for _ in range(40):
        last = alphas[-1]
        after = float(f(theta - last * g))
        if after <= f(theta) - c * last * square:
            break
        rows = np.array([[0, 0, 1], [last**2, last, 1], [0, 1, 0]])
        a, b, _ = np.linalg.solve(rows, [f(theta), after, -square])
        alphas.append(max(0.1 * last, min(0.5 * last, -b / (2 * a))))
    return theta - alphas[-1] * g, {"alpha": alphas[-1], "trials": len(alphas)}


def parabola_in_place(f, theta, t, *, alpha0=1.0, c=0.1):
    J, p = f(theta), -f.grad(theta)
    slope, trials, alpha = -(p * p).sum(), 1, np.array(alpha0, dtype=float)
    while f(theta + alpha * p) - J > c * alpha * slope:
        best = -slope * alpha**2 / (2 * (f(theta + alpha * p) - J - slope * alpha))
        alpha *= min(max(best / alpha, 0.1), 0.5)
        trials += 1
    theta += alpha * p
    return theta, {"alpha": alpha, "trials": np.array(trials)}


def halving(f, theta, t, *, alpha0=1.0, c=0.1):
    g, J, alpha, trials = f.grad(theta), f(theta), alpha0, 1
    while f(theta - alpha * g) > J - c * alpha * (g @ g) and trials < 60:
        alpha = 0.5 * alpha
        trials += 1
    return theta - alpha * g, {"alpha": alpha, "trials": trials}


def unguarded(f, theta, t, *, alpha0=1.0, c=0.1):
    g, J, alpha, trials = f.grad(theta), f(theta), alpha0, 1
    while (after := f(theta - alpha * g)) > J - c * alpha * (g @ g) and trials < 60:
        alpha = alpha**2 * (g @ g) / (2 * (after - J + alpha * (g @ g)))
        trials += 1
    return theta - alpha * g, {"alpha": alpha, "trials": trials}


def guarded_above(f, theta, t, *, alpha0=1.0, c=0.1):
    g, J, alpha, trials = f.grad(theta), f(theta), alpha0, 1
    while (after := f(theta - alpha * g)) > J - c * alpha * (g @ g) and trials < 60:
        best = alpha**2 * (g @ g) / (2 * (after - J + alpha * (g @ g)))
        alpha = min(best, 0.5 * alpha)
        trials += 1
    return theta - alpha * g, {"alpha": alpha, "trials": trials}


def guarded_below(f, theta, t, *, alpha0=1.0, c=0.1):
    g, J, alpha, trials = f.grad(theta), f(theta), alpha0, 1
    while (after := f(theta - alpha * g)) > J - c * alpha * (g @ g) and trials < 60:
        best = alpha**2 * (g @ g) / (2 * (after - J + alpha * (g @ g)))
        alpha = max(best, 0.1 * alpha)
        trials += 1
    return theta - alpha * g, {"alpha": alpha, "trials": trials}


def fixed_interval(f, theta, t, *, alpha0=1.0, c=0.1):
    g, J, alpha, trials = f.grad(theta), f(theta), alpha0, 1
    while (after := f(theta - alpha * g)) > J - c * alpha * (g @ g) and trials < 60:
        best = alpha**2 * (g @ g) / (2 * (after - J + alpha * (g @ g)))
        alpha = np.clip(best, 0.1, 0.5)
        trials += 1
    return theta - alpha * g, {"alpha": alpha, "trials": trials}


def of_the_first(f, theta, t, *, alpha0=1.0, c=0.1):
    g, J, alpha, trials = f.grad(theta), f(theta), alpha0, 1
    while (after := f(theta - alpha * g)) > J - c * alpha * (g @ g) and trials < 60:
        best = alpha**2 * (g @ g) / (2 * (after - J + alpha * (g @ g)))
        alpha = np.clip(best, 0.1 * alpha0, 0.5 * alpha0)
        trials += 1
    return theta - alpha * g, {"alpha": alpha, "trials": trials}


def no_two(f, theta, t, *, alpha0=1.0, c=0.1):
    g, J, alpha, trials = f.grad(theta), f(theta), alpha0, 1
    while (after := f(theta - alpha * g)) > J - c * alpha * (g @ g) and trials < 60:
        best = alpha**2 * (g @ g) / (after - J + alpha * (g @ g))
        alpha = np.clip(best, 0.1 * alpha, 0.5 * alpha)
        trials += 1
    return theta - alpha * g, {"alpha": alpha, "trials": trials}


def slope_of_length(f, theta, t, *, alpha0=1.0, c=0.1):
    g, J, alpha, trials = f.grad(theta), f(theta), alpha0, 1
    length = np.linalg.norm(g)
    while (after := f(theta - alpha * g)) > J - c * alpha * (g @ g) and trials < 60:
        best = alpha**2 * length / (2 * (after - J + alpha * length))
        alpha = np.clip(best, 0.1 * alpha, 0.5 * alpha)
        trials += 1
    return theta - alpha * g, {"alpha": alpha, "trials": trials}


def no_linear_part(f, theta, t, *, alpha0=1.0, c=0.1):
    g, J, alpha, trials = f.grad(theta), f(theta), alpha0, 1
    while (after := f(theta - alpha * g)) > J - c * alpha * (g @ g) and trials < 60:
        best = alpha**2 * (g @ g) / (2 * (after - J))
        alpha = np.clip(best, 0.1 * alpha, 0.5 * alpha)
        trials += 1
    return theta - alpha * g, {"alpha": alpha, "trials": trials}


def undivided(f, theta, t, *, alpha0=1.0, c=0.1):
    g, J, alpha, trials = f.grad(theta), f(theta), alpha0, 1
    while (after := f(theta - alpha * g)) > J - c * alpha * (g @ g) and trials < 60:
        best = (g @ g) / (2 * (after - J + alpha * (g @ g)))
        alpha = np.clip(best, 0.1 * alpha, 0.5 * alpha)
        trials += 1
    return theta - alpha * g, {"alpha": alpha, "trials": trials}


def divided_once(f, theta, t, *, alpha0=1.0, c=0.1):
    g, J, alpha, trials = f.grad(theta), f(theta), alpha0, 1
    while (after := f(theta - alpha * g)) > J - c * alpha * (g @ g) and trials < 60:
        best = alpha * (g @ g) / (2 * (after - J + alpha * (g @ g)))
        alpha = np.clip(best, 0.1 * alpha, 0.5 * alpha)
        trials += 1
    return theta - alpha * g, {"alpha": alpha, "trials": trials}


def slope_upwards(f, theta, t, *, alpha0=1.0, c=0.1):
    g, J, alpha, trials = f.grad(theta), f(theta), alpha0, 1
    while (after := f(theta - alpha * g)) > J - c * alpha * (g @ g) and trials < 60:
        best = alpha**2 * (g @ g) / (2 * (after - J - alpha * (g @ g)))
        alpha = np.clip(best, 0.1 * alpha, 0.5 * alpha)
        trials += 1
    return theta - alpha * g, {"alpha": alpha, "trials": trials}


def untested(f, theta, t, *, alpha0=1.0, c=0.1):
    g, J, alpha = f.grad(theta), f(theta), alpha0
    after = f(theta - alpha * g)
    if after <= J - c * alpha * (g @ g):
        return theta - alpha * g, {"alpha": alpha, "trials": 1}
    best = alpha**2 * (g @ g) / (2 * (after - J + alpha * (g @ g)))
    alpha = np.clip(best, 0.1 * alpha, 0.5 * alpha)
    return theta - alpha * g, {"alpha": alpha, "trials": 2}


PARABOLAS = {
    "this halves α each time: the parabola is not used": halving,
    "the safeguard is missing: keep the next α between 0.1 and 0.5 of the last one": unguarded,
    "the lower end is missing: the next α is at least a tenth of the last one": guarded_above,
    "the upper end is missing: the next α is at most half of the last one": guarded_below,
    "you keep α between 0.1 and 0.5; it is between 0.1 α and 0.5 α": fixed_interval,
    "you keep α between parts of alpha0; take parts of the α just rejected": of_the_first,
    "the vertex of −sα + Kα² is at s/(2K): the 2 is missing": no_two,
    "s is the squared length of the gradient": slope_of_length,
    "K = (φ(α) − φ(0) + sα)/α²: the part sα is missing": no_linear_part,
    "K = (φ(α) − φ(0) + sα)/α²: the division by α² is missing": undivided,
    "K = (φ(α) − φ(0) + sα)/α²: you divide by α only": divided_once,
    "K = (φ(α) − φ(0) + sα)/α²: the sign of sα, because the slope is −s": slope_upwards,
    "the new α is a trial, too: test it, and go on until one passes": untested,
}


def counts(rng):
    """Return questions for the number of trials, away from whole numbers."""
    while True:
        asked = []
        while len(asked) < 6:
            lam, c = round(10 ** rng.uniform(-0.5, 2), 2), round(rng.uniform(0.05, 0.9), 2)
            alpha0, beta = round(rng.uniform(0.3, 4), 2), round(rng.uniform(0.2, 0.9), 2)
            exact = np.log(2 * (1 - c) / lam / alpha0) / np.log(beta)
            if 0.05 < exact % 1 < 0.95 and (exact < 0) == (not asked) and -9 < exact < 30:
                says = f"curvature = {lam}, alpha0 = {alpha0}, c = {c}, beta = {beta}"
                asked.append({"how": "call", "args": [lam, alpha0, c, beta], "says": says})
        if told_apart(asked, [by_trying, *COUNTERS.values()]):
            return asked


def by_trying(curvature, alpha0, c, beta):
    n = 1
    while 1 - curvature * alpha0 * beta ** (n - 1) / 2 < c:
        n += 1
    return n


def by_bowl(curvature, alpha0, c, beta):
    x, alpha, n = 1.0, alpha0, 1
    g = curvature * x
    while curvature * (x - alpha * g) ** 2 / 2 > curvature * x**2 / 2 - c * alpha * g**2:
        alpha, n = alpha * beta, n + 1
    return n


def by_floor(curvature, alpha0, c, beta):
    longest = 2 * (1 - c) / curvature
    return 1 if alpha0 <= longest else 2 + int(np.log(longest / alpha0) / np.log(beta))


def rejected_only(curvature, alpha0, c, beta):
    longest = 2 * (1 - c) / curvature
    return max(0, int(np.ceil(np.log(longest / alpha0) / np.log(beta))))


def without_a_first(curvature, alpha0, c, beta):
    longest = 2 * (1 - c) / curvature
    return 1 + int(np.ceil(np.log(longest / alpha0) / np.log(beta)))


def rounded_down(curvature, alpha0, c, beta):
    longest = 2 * (1 - c) / curvature
    return 1 + max(0, int(np.floor(np.log(longest / alpha0) / np.log(beta))))


def without_c(curvature, alpha0, c, beta):
    longest = 2 / curvature
    return 1 + max(0, int(np.ceil(np.log(longest / alpha0) / np.log(beta))))


def without_half(curvature, alpha0, c, beta):
    longest = (1 - c) / curvature
    return 1 + max(0, int(np.ceil(np.log(longest / alpha0) / np.log(beta))))


def at_most_c(curvature, alpha0, c, beta):
    longest = 2 * c / curvature
    return 1 + max(0, int(np.ceil(np.log(longest / alpha0) / np.log(beta))))


def not_whole(curvature, alpha0, c, beta):
    longest = 2 * (1 - c) / curvature
    return 1 + max(0, np.log(longest / alpha0) / np.log(beta))


def to_the_nearest(curvature, alpha0, c, beta):
    longest = 2 * (1 - c) / curvature
    return 1 + max(0, int(np.round(np.log(longest / alpha0) / np.log(beta))))


def starts_at_one(curvature, alpha0, c, beta):
    longest = 2 * (1 - c) / curvature
    return 1 + max(0, int(np.ceil(np.log(longest) / np.log(beta))))


COUNTERS = {
    "these are the rejected trials; count the accepted one, too": rejected_only,
    "if α₀ passes at once, that is one trial: never less than 1": without_a_first,
    "round up: the trial before does not pass yet": rounded_down,
    "2/λ is where the share is 0; it must be at least c": without_c,
    "the share is 1 − ½λα: the ½ is missing": without_half,
    "you solved share ≤ 1 − c; it is share ≥ c": at_most_c,
    "a number of trials is a whole number: round up": not_whole,
    "round up, not to the nearest whole number": to_the_nearest,
    "the first trial is α₀, not 1": starts_at_one,
}

PARTS = {
    "03a": Part(
        asks="mended_step",
        questions=slides,
        mistakes=MENDED,
        variants=[mended_by_for, mended_by_share, mended_by_while],
    ),
    "03b": Part(
        asks="parabola_step",
        questions=curves,
        mistakes=PARABOLAS,
        variants=[parabola_by_curvature, parabola_by_fit, parabola_in_place],
    ),
    "03c": Part(
        asks="count_trials",
        questions=counts,
        mistakes=COUNTERS,
        variants=[by_trying, by_bowl, by_floor],
    ),
    "03d": Part(
        asks="prediction",
        questions=lambda rng: [{"how": "value"}],
        mistakes={
            "Armijo's test rejects steps that are too long; none is too short for it": "a",
            "near α = 0 the share is nearly 1, more than c: such a step passes": "c",
            "the search only makes α shorter; it never tries more than α₀": "d",
        },
    ),
}
