"""Exercise 02: what is asked of each part, and what students get wrong in it."""

from itertools import combinations

import numpy as np

from course_lib.answers import respond
from course_lib.exchange import decode, difference, encode, made, spoken
from grading.exercise import Part

LENDS = ("models",)


def told_apart(questions, answers, rtol):
    """Tell whether no two of the answers give the same results to all of the questions."""
    results = [[respond(question, one).get("result") for question in questions] for one in answers]
    return all(
        any(difference(a, b, rtol, 1e-6) for a, b in zip(one, other, strict=True))
        for one, other in combinations(results, 2)
    )


def drives(rng):
    """Return questions for the bold driver: short runs in which the loss rises and falls."""
    while True:
        asked = []
        for n_steps, up, down in ((1, 1.5, 0.4), (7, 1.6, 0.5), (7, 1.3, 0.3)):
            X, y, start = rng.normal(size=(6, 3)), 2 * rng.normal(size=6), rng.normal(size=3)
            L = np.linalg.eigvalsh(X.T @ X / 6)[-1]
            question = {
                "how": "steps",
                "f": made("models.LeastSquares", X=X, y=y),
                "theta": encode(start),
                "n_steps": n_steps,
                "keep": ["scale"],
                "options": {"lr": round(rng.uniform(1.2, 3.5) / L, 3), "up": up, "down": down},
            }
            asked.append(question)
        if all(map(bumpy, asked)) and told_apart(asked, [driver_by_names, *DRIVERS.values()], 1e-3):
            return asked


def bumpy(question):
    """Tell whether each step decides clearly and, in a long run, whether both decisions occur."""
    f, theta, scale = decode(question["f"]), decode(question["theta"]), 1.0
    lr, up, down = (question["options"][name] for name in ("lr", "up", "down"))
    seen = set()
    for _ in range(question["n_steps"]):
        trial = theta - lr * scale * f.grad(theta)
        change = f(trial) / f(theta) - 1
        if abs(change) < 1e-3:
            return False
        seen.add(change < 0)
        theta, scale = (trial, scale * up) if change < 0 else (theta, scale * down)
    return len(seen) == min(question["n_steps"], 2)


def driver_by_names(f, theta, t, scale=1.0, *, lr=0.1, up=1.2, down=0.5):
    proposal = theta - (lr * scale) * f.grad(theta)
    better = bool(f(proposal) < f(theta))
    after = proposal if better else theta.copy()
    return after, {"scale": scale * (up if better else down)}


def driver_in_place(f, theta, t, scale=1.0, *, lr=0.1, up=1.2, down=0.5):
    before, old = f(theta), np.array(theta)
    theta -= lr * scale * f.grad(theta)
    if f(theta) >= before:
        return old, {"scale": scale * down}
    return theta, {"scale": scale * up}


def driver_by_loops(f, theta, t, scale=1.0, *, lr=0.1, up=1.2, down=0.5):
    g, rate = f.grad(theta), lr * scale
    trial = [float(theta[i] - rate * g[i]) for i in range(len(theta))]
    if f(trial) - f(theta) < 0:
        return trial, {"scale": np.array(up * scale), "g": g}
    return list(theta), {"scale": np.array(down * scale), "g": g}


def uphill(f, theta, t, scale=1.0, *, lr=0.1, up=1.2, down=0.5):
    trial = theta + lr * scale * f.grad(theta)
    if f(trial) < f(theta):
        return trial, {"scale": scale * up}
    return theta, {"scale": scale * down}


def keeps_bad_step(f, theta, t, scale=1.0, *, lr=0.1, up=1.2, down=0.5):
    trial = theta - lr * scale * f.grad(theta)
    return trial, {"scale": scale * (up if f(trial) < f(theta) else down)}


def never_bolder(f, theta, t, scale=1.0, *, lr=0.1, up=1.2, down=0.5):
    trial = theta - lr * scale * f.grad(theta)
    if f(trial) < f(theta):
        return trial, {"scale": scale}
    return theta, {"scale": scale * down}


def swapped(f, theta, t, scale=1.0, *, lr=0.1, up=1.2, down=0.5):
    trial = theta - lr * scale * f.grad(theta)
    if f(trial) < f(theta):
        return trial, {"scale": scale * down}
    return theta, {"scale": scale * up}


def scale_unused(f, theta, t, scale=1.0, *, lr=0.1, up=1.2, down=0.5):
    trial = theta - lr * f.grad(theta)
    if f(trial) < f(theta):
        return trial, {"scale": scale * up}
    return theta, {"scale": scale * down}


def tries_again(f, theta, t, scale=1.0, *, lr=0.1, up=1.2, down=0.5):
    g = f.grad(theta)
    while not f(theta - lr * scale * g) < f(theta):
        scale = scale * down
    return theta - lr * scale * g, {"scale": scale * up}


def forgets(f, theta, t, scale=1.0, *, lr=0.1, up=1.2, down=0.5):
    trial = theta - lr * scale * f.grad(theta)
    if f(trial) < f(theta):
        return trial, {"scale": up}
    return theta, {"scale": down}


def hands_on_the_rate(f, theta, t, scale=1.0, *, lr=0.1, up=1.2, down=0.5):
    rate = lr * scale
    trial = theta - rate * f.grad(theta)
    if f(trial) < f(theta):
        return trial, {"scale": rate * up}
    return theta, {"scale": rate * down}


def by_gradient(f, theta, t, scale=1.0, *, lr=0.1, up=1.2, down=0.5):
    g = f.grad(theta)
    trial = theta - lr * scale * g
    if np.linalg.norm(f.grad(trial)) < np.linalg.norm(g):
        return trial, {"scale": scale * up}
    return theta, {"scale": scale * down}


def new_scale_at_once(f, theta, t, scale=1.0, *, lr=0.1, up=1.2, down=0.5):
    g = f.grad(theta)
    scale = scale * (up if f(theta - lr * scale * g) < f(theta) else down)
    return theta - lr * scale * g, {"scale": scale}


DRIVERS = {
    "this steps uphill: the sign of the step": uphill,
    "a step that made the loss larger is kept; go back to θ": keeps_bad_step,
    "after a good step the scale stays as it is; it grows by the factor up": never_bolder,
    "up and down are swapped: a good step makes the driver bolder": swapped,
    "the step does not use the scale: the rate of this step is lr · scale": scale_unused,
    "you try again inside one step; here a bad step ends with θ as it was": tries_again,
    "the scale starts from 1 each time: multiply the old scale, and hand it on": forgets,
    "you hand on the rate lr · scale; hand on the scale alone": hands_on_the_rate,
    "you compare the lengths of the gradients; the losses decide": by_gradient,
    "the new scale is used in this step already; it is for the next one": new_scale_at_once,
}


def logs(rng):
    """Return questions for the stopping rule, each decision with a wide margin."""
    while True:
        asked = [_log(rng, sign, patience) for sign in (1, 1, -1) for patience in (2, 3)]
        stops = [stops_by_arrays(**_options(one)) for one in asked]
        answers = [stops_by_arrays, *STOPPERS.values()]
        if stops.count(None) == 1 and all(map(clear, asked)) and told_apart(asked, answers, 1e-6):
            return asked


def clear(question):
    """Tell whether each change is clearly below or above the tolerance."""
    losses = np.array(question["args"][0]["array"])
    shares = np.abs(np.diff(losses) / losses[:-1]) / question["options"]["rel"]
    return not ((shares > 0.85) & (shares < 1.2)).any()


def _log(rng, sign, patience):
    # Only a large change tells the share of the loss before from that of the new loss.
    rel = round(rng.uniform(0.01, 0.05) if sign > 0 else rng.uniform(0.3, 0.4), 3)
    tol, most = round(rng.uniform(0.05, 0.5), 2), 4 if sign > 0 else 1.5
    losses, lengths = [sign * rng.uniform(3, 9)], [tol * rng.uniform(2, 9)]
    for calm, short in rng.random((10, 2)) < 0.68:
        size = rel * abs(losses[-1]) * (rng.uniform(0.1, 0.8) if calm else rng.uniform(1.3, most))
        losses.append(losses[-1] + size * rng.choice([-1, -1, 1]))
        lengths.append(tol * (rng.uniform(0.1, 0.8) if short else rng.uniform(1.3, 4)))
    if patience == 2:  # It ends where it began: who takes losses[-1] for k = -1 shall be seen.
        losses[-1] = losses[0] * (1 + rel * rng.uniform(-0.7, 0.7))
        lengths[0] = tol * rng.uniform(0.1, 0.8)
    losses, lengths = encode(np.round(losses, 4)), encode(np.round(lengths, 4))
    return {
        "how": "call",
        "args": [losses, lengths],
        "options": {"rel": rel, "tol": tol, "patience": patience},
        "says": f"losses = {spoken(losses)}, lengths = {spoken(lengths)}, "
        f"rel = {rel}, tol = {tol}, patience = {patience}",
    }


def _options(question):
    losses, lengths = (np.array(one["array"]) for one in question["args"])
    return {"losses": losses, "lengths": lengths, **question["options"]}


def stops_by_arrays(losses, lengths, *, rel, tol, patience):
    losses, lengths = np.asarray(losses), np.asarray(lengths)
    quiet = np.abs(np.diff(losses)) <= rel * np.abs(losses[:-1])
    quiet &= lengths[1:] <= tol
    for k in range(patience, len(losses)):
        if quiet[k - patience : k].all():
            return k
    return None


def stops_by_text(losses, lengths, *, rel, tol, patience):
    steps = zip(losses[:-1], losses[1:], lengths[1:], strict=True)
    calm = "".join("q" if abs(b / a - 1) <= rel and s <= tol else "." for a, b, s in steps)
    place = calm.find("q" * patience)
    return place + patience if place >= 0 else None


def stops_by_sums(losses, lengths, *, rel, tol, patience):
    losses, lengths = np.float64(losses), np.float64(lengths)
    quiet = (np.abs(np.diff(losses) / losses[:-1]) <= rel) * (lengths[1:] <= tol)
    run = np.convolve(quiet.astype(int), np.ones(patience, int))[: len(quiet)]
    return np.argmax(run == patience) + 1 if (run == patience).any() else None


def one_is_enough(losses, lengths, *, rel, tol, patience):
    count = 0
    for k in range(1, len(losses)):
        small = abs(losses[k] - losses[k - 1]) <= rel * abs(losses[k - 1])
        count = count + 1 if small or lengths[k] <= tol else 0
        if count == patience:
            return k
    return None


def never_reset(losses, lengths, *, rel, tol, patience):
    count = 0
    for k in range(1, len(losses)):
        small = abs(losses[k] - losses[k - 1]) <= rel * abs(losses[k - 1])
        count += bool(small and lengths[k] <= tol)
        if count == patience:
            return k
    return None


def impatient(losses, lengths, *, rel, tol, patience):
    for k in range(1, len(losses)):
        small = abs(losses[k] - losses[k - 1]) <= rel * abs(losses[k - 1])
        if small and lengths[k] <= tol:
            return k
    return None


def one_too_many(losses, lengths, *, rel, tol, patience):
    count = 0
    for k in range(1, len(losses)):
        small = abs(losses[k] - losses[k - 1]) <= rel * abs(losses[k - 1])
        count = count + 1 if small and lengths[k] <= tol else 0
        if count > patience:
            return k
    return None


def absolute(losses, lengths, *, rel, tol, patience):
    count = 0
    for k in range(1, len(losses)):
        small = abs(losses[k] - losses[k - 1]) <= rel
        count = count + 1 if small and lengths[k] <= tol else 0
        if count == patience:
            return k
    return None


def rises_pass(losses, lengths, *, rel, tol, patience):
    count = 0
    for k in range(1, len(losses)):
        small = losses[k - 1] - losses[k] <= rel * abs(losses[k - 1])
        count = count + 1 if small and lengths[k] <= tol else 0
        if count == patience:
            return k
    return None


def below_zero(losses, lengths, *, rel, tol, patience):
    count = 0
    for k in range(1, len(losses)):
        small = abs(losses[k] - losses[k - 1]) <= rel * losses[k - 1]
        count = count + 1 if small and lengths[k] <= tol else 0
        if count == patience:
            return k
    return None


def old_gradient(losses, lengths, *, rel, tol, patience):
    count = 0
    for k in range(1, len(losses)):
        small = abs(losses[k] - losses[k - 1]) <= rel * abs(losses[k - 1])
        count = count + 1 if small and lengths[k - 1] <= tol else 0
        if count == patience:
            return k
    return None


def where_it_began(losses, lengths, *, rel, tol, patience):
    count = 0
    for k in range(1, len(losses)):
        small = abs(losses[k] - losses[k - 1]) <= rel * abs(losses[k - 1])
        count = count + 1 if small and lengths[k] <= tol else 0
        if count == patience:
            return k - patience + 1
    return None


def wraps_around(losses, lengths, *, rel, tol, patience):
    count = 0
    for k in range(len(losses)):
        small = abs(losses[k] - losses[k - 1]) <= rel * abs(losses[k - 1])
        count = count + 1 if small and lengths[k] <= tol else 0
        if count == patience:
            return k
    return None


def quotient_with_sign(losses, lengths, *, rel, tol, patience):
    count = 0
    for k in range(1, len(losses)):
        small = abs(losses[k] - losses[k - 1]) / losses[k - 1] <= rel
        count = count + 1 if small and lengths[k] <= tol else 0
        if count == patience:
            return k
    return None


def share_of_new_loss(losses, lengths, *, rel, tol, patience):
    count = 0
    for k in range(1, len(losses)):
        small = abs(losses[k] - losses[k - 1]) <= rel * abs(losses[k])
        count = count + 1 if small and lengths[k] <= tol else 0
        if count == patience:
            return k
    return None


def place_of_change(losses, lengths, *, rel, tol, patience):
    count = 0
    for k in range(1, len(losses)):
        small = abs(losses[k] - losses[k - 1]) <= rel * abs(losses[k - 1])
        count = count + 1 if small and lengths[k] <= tol else 0
        if count == patience:
            return k - 1
    return None


STOPPERS = {
    "one of the two conditions is enough for you; a quiet step needs both": one_is_enough,
    "the counter goes on after a loud step: it must begin again at 0": never_reset,
    "you stop at the first quiet step: the patience is not used": impatient,
    "you wait for one quiet step too many: stop when there are patience of them": one_too_many,
    "this is the absolute change; divide by the size of the loss before": absolute,
    "a loss that rises counts as a small change: take the size of the change": rises_pass,
    "a negative loss is never quiet here: take the size of the loss before": below_zero,
    "below 0 your quotient is negative, so each change is small: divide by the size of the "
    "loss": quotient_with_sign,
    "you compare with the new loss; compare with the loss before": share_of_new_loss,
    "one step too early: the first change, from 0 to 1, is that of step 1": place_of_change,
    "this looks at the gradient before the step; step k ends at k, so lengths[k]": old_gradient,
    "this is where the quiet steps begin; return the step where you know it": where_it_began,
    "you begin with k = 0, where losses[k - 1] is the last loss: begin with k = 1": wraps_around,
}


def matrices(rng):
    """Return questions for the penalty: bowls, saddles and a hilltop, most not symmetric."""
    while True:
        asked = []
        for curvatures, tilt in (
            (rng.uniform((0.2, 4), (0.8, 9)), 1.0),
            (rng.uniform((-3, 3), (-0.5, 6)), 1.5),
            (rng.uniform((-1, 2, 5), (1, 4, 9)), 1.0),
            (rng.uniform((-9, -5, -3), (-6, -4, -1)), 1.0),
            (rng.uniform((1, 2, 3), (2, 3, 4)), 0.0),
        ):
            d = len(curvatures)
            V, K = np.linalg.qr(rng.normal(size=(d, d)))[0], rng.normal(size=(d, d))
            S = (V * curvatures) @ V.T
            A = np.round((S + S.T) / 2 + tilt * (K - K.T), 3)
            asked.append((A, round(rng.uniform(0.3, 0.8), 2)))
        # The last bowl is round enough already: its penalty is 0, with room to spare.
        mu, _, L = np.linalg.eigvalsh(A)
        asked[-1] = A, round(min((L - mu) / (L + mu) + rng.uniform(0.1, 0.2), 0.95), 2)
        asked = [
            {
                "how": "call",
                "args": [encode(A), q],
                "says": f"A = {spoken(encode(A))}, q = {q}",
            }
            for A, q in asked
        ]
        answers = [round_by_condition, *ROUNDERS.values()]
        if told_apart(asked, answers, 1e-3):
            return asked


def round_by_condition(A, q):
    curvatures = np.linalg.eigvalsh(0.5 * (A + A.T))
    mu, L = curvatures.min(), curvatures.max()
    kappa = (1 + q) / (1 - q)
    s = max(0.0, (L - kappa * mu) / (kappa - 1))
    return [s, 2 / (mu + L + 2 * s), 2 / (L + s)]


def round_by_search(A, q):
    lowest, *_, highest = np.sort(np.linalg.eigvals((A + np.transpose(A)) / 2).real)
    low, high = max(0.0, -lowest), 1e4
    if lowest > 0 and (highest - lowest) / (highest + lowest) <= q:
        high = low = 0.0
    for _ in range(200):
        s = (low + high) / 2
        enough = (highest - lowest) <= q * (highest + lowest + 2 * s)
        low, high = (low, s) if enough else (s, high)
    return np.array([high, 2 / (lowest + highest + 2 * high), 2 / (highest + high)])


def lower_triangle(A, q):
    mu, *_, L = np.linalg.eigvalsh(A)
    s = max(0.0, ((L - mu) / q - (L + mu)) / 2)
    return s, 2 / (L + mu + 2 * s), 2 / (L + s)


def of_a_itself(A, q):
    mu, *_, L = np.sort(np.linalg.eigvals(A).real)
    s = max(0.0, ((L - mu) / q - (L + mu)) / 2)
    return s, 2 / (L + mu + 2 * s), 2 / (L + s)


def no_half(A, q):
    mu, *_, L = np.linalg.eigvalsh(A + A.T)
    s = max(0.0, ((L - mu) / q - (L + mu)) / 2)
    return s, 2 / (L + mu + 2 * s), 2 / (L + s)


def of_the_loss(A, q):
    mu, *_, L = np.linalg.eigvalsh((A + A.T) / 2)
    s = max(0.0, ((L - mu) / np.sqrt(q) - (L + mu)) / 2)
    return s, 2 / (L + mu + 2 * s), 2 / (L + s)


def negative(A, q):
    mu, *_, L = np.linalg.eigvalsh((A + A.T) / 2)
    s = ((L - mu) / q - (L + mu)) / 2
    return s, 2 / (L + mu + 2 * s), 2 / (L + s)


def sizes_only(A, q):
    mu, *_, L = np.sort(np.abs(np.linalg.eigvalsh((A + A.T) / 2)))
    s = max(0.0, ((L - mu) / q - (L + mu)) / 2)
    return s, 2 / (L + mu + 2 * s), 2 / (L + s)


def twice_the_curvature(A, q):
    mu, *_, L = np.linalg.eigvalsh((A + A.T) / 2)
    s = max(0.0, ((L - mu) / q - (L + mu)) / 4)
    return s, 2 / (L + mu + 4 * s), 2 / (L + 2 * s)


def old_rates(A, q):
    mu, *_, L = np.linalg.eigvalsh((A + A.T) / 2)
    s = max(0.0, ((L - mu) / q - (L + mu)) / 2)
    return s, 2 / (L + mu), 2 / L


def rates_swapped(A, q):
    mu, *_, L = np.linalg.eigvalsh((A + A.T) / 2)
    s = max(0.0, ((L - mu) / q - (L + mu)) / 2)
    return s, 2 / (L + s), 2 / (L + mu + 2 * s)


def one_over_L(A, q):
    mu, *_, L = np.linalg.eigvalsh((A + A.T) / 2)
    s = max(0.0, ((L - mu) / q - (L + mu)) / 2)
    return s, 1 / (L + s), 2 / (L + s)


def s_only_once(A, q):
    mu, *_, L = np.linalg.eigvalsh((A + A.T) / 2)
    s = max(0.0, ((L - mu) / q - (L + mu)) / 2)
    return s, 2 / (L + mu + s), 2 / (L + s)


ROUNDERS = {
    "eigvalsh reads only the lower triangle: A is not symmetric, so make the Hessian first": (
        lower_triangle
    ),
    "these are the eigenvalues of A; the Hessian of ½θᵀAθ is ½(A + Aᵀ)": of_a_itself,
    "the Hessian is ½(A + Aᵀ): the ½ is missing": no_half,
    "your q is the factor of the loss; it is that of the distance, without a root": of_the_loss,
    "a negative s takes curvature away: if the bowl is round enough, s is 0": negative,
    "you use the sizes |λ|; a negative curvature must stay negative": sizes_only,
    "½ s‖θ‖² adds s to each curvature, not 2s": twice_the_curvature,
    "the two rates are those without the penalty": old_rates,
    "1/L is a safe rate, the best one is 2/(L + μ)": one_over_L,
    "both μ and L grow by s, so their sum grows by 2s": s_only_once,
    "best and limit are swapped: the best rate is 2/(L + μ), the smaller one": rates_swapped,
}


def tails(rng):
    """Return logs of a loss that has become slow: one fast part, one slow part, and a floor."""
    asked = []
    for _ in range(4):
        q, fast, lowest = rng.uniform(0.6, 0.92), rng.uniform(0.3, 0.45), rng.uniform(0.5, 3)
        k = np.arange(9)
        losses = lowest + rng.uniform(2, 6) * q ** (2 * k) + rng.uniform(20, 60) * fast ** (2 * k)
        asked.append({"how": "call", "args": [encode(losses)]})
    return asked


def root_last(losses):
    a, b, c = losses[-3:]
    square = (b - c) / (a - b)
    return np.sqrt(square), c - (b - c) * square / (1 - square)


def tail_by_aitken(losses):
    a, b, c = np.array(losses, dtype=float)[-3:]
    lowest = a - (a - b) ** 2 / (a - 2 * b + c)
    return [((c - lowest) / (a - lowest)) ** 0.25, lowest]


def tail_by_sum(losses):
    drops = [float(losses[-i - 1] - losses[-i]) for i in (2, 1)]
    square = drops[1] / drops[0]
    lowest, drop = float(losses[-1]), drops[1]
    for _ in range(5000):
        drop *= square
        lowest -= drop
    return square**0.5, lowest


def no_root(losses):
    a, b, c = losses[-3:]
    q = (b - c) / (a - b)
    return q, c - (b - c) * q / (1 - q)


def floor_at_zero(losses):
    return np.sqrt(losses[-1] / losses[-2]), 0.0


def the_beginning(losses):
    a, b, c = losses[:3]
    square = (b - c) / (a - b)
    return np.sqrt(square), c - (b - c) * square / (1 - square)


def last_is_lowest(losses):
    a, b, c = losses[-3:]
    return np.sqrt((b - c) / (a - b)), c


def upside_down(losses):
    a, b, c = losses[-3:]
    square = (a - b) / (b - c)
    return np.sqrt(square), c - (b - c) * square / (1 - square)


def one_drop_too_few(losses):
    a, b, c = losses[-3:]
    square = (b - c) / (a - b)
    return np.sqrt(square), c - (b - c) / (1 - square)


def shrinks_by_q(losses):
    a, b, c = losses[-3:]
    q = np.sqrt((b - c) / (a - b))
    return q, c - (b - c) * q / (1 - q)


def next_drop_only(losses):
    a, b, c = losses[-3:]
    square = (b - c) / (a - b)
    return np.sqrt(square), c - (b - c) * square


def other_order(losses):
    a, b, c = losses[-3:]
    square = (b - c) / (a - b)
    return c - (b - c) * square / (1 - square), np.sqrt(square)


PARTS = {
    "02a": Part(
        asks="bold_driver",
        questions=drives,
        mistakes=DRIVERS,
        variants=[driver_by_names, driver_in_place, driver_by_loops],
    ),
    "02b": Part(
        asks="stops_at",
        questions=logs,
        mistakes=STOPPERS,
        variants=[stops_by_arrays, stops_by_text, stops_by_sums],
    ),
    "02c": Part(
        asks="make_round",
        questions=matrices,
        mistakes=ROUNDERS,
        variants=[round_by_condition, round_by_search],
    ),
    "02d": Part(
        asks="read_log",
        questions=tails,
        mistakes={
            "this is q²: the loss falls with the square of the factor of the distance": no_root,
            "you took J⋆ = 0; use the drops, where J⋆ cancels": floor_at_zero,
            "this reads the first three losses; there a fast part is not over yet": the_beginning,
            "the last loss is not the lowest one: add up the drops still to come": last_is_lowest,
            "the ratio is upside down: q is below 1": upside_down,
            "the drops still to come begin with q² times the last drop": one_drop_too_few,
            "each drop is q² times the one before, not q times": shrinks_by_q,
            "this subtracts the next drop only; add up all that are still to come": next_drop_only,
            "the order: first q, then the lowest loss": other_order,
        },
        variants=[root_last, tail_by_aitken, tail_by_sum],
    ),
}
