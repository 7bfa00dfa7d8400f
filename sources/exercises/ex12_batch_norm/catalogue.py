"""Exercise 12: what is asked of each part, and what students get wrong in it."""

from itertools import combinations

import numpy as np

from course_lib.answers import respond
from course_lib.exchange import difference, encode, made, spoken
from grading.exercise import Part

LENDS = ("models",)


def told_apart(questions, answers):
    """Tell whether no two answers agree, or nearly agree, in all questions."""
    given = [[respond(question, one) for question in questions] for one in answers]
    return all(
        any(differ(a, b) for a, b in zip(one, other, strict=True))
        for one, other in combinations(given, 2)
    )


def differ(one, other):
    """Tell whether two responses differ by more than a rounding, in one of their numbers."""
    if "error" in one or "error" in other:
        return ("error" in one) != ("error" in other)
    return difference(one["result"], other["result"], 1e-2, 1e-3) is not None


def called(args, options):
    """Return a question that shows a student all arguments by name."""
    plain = {name: encode(value) for name, value in args.items()}
    told = [
        f"{name} = {' '.join(spoken(value).split())}"
        for name, value in {**plain, **options}.items()
    ]
    return {
        "how": "call",
        "args": list(plain.values()),
        "options": options,
        "says": ", ".join(told),
    }


# 12a


def rows(rng):
    """Return questions for a few examples with a few units, and a large ε."""
    while True:
        asked = []
        for n, q, eps in ((1, 3, 0.5), (2, 3, 0.4), (3, 2, 0.3)):
            args = {
                "x": (2 * rng.normal(size=(n, q)) + 1).round(1),
                "dy": rng.normal(size=(n, q)).round(1),
                "gain": rng.uniform(0.5, 3, size=q).round(1),
                "shift": rng.normal(size=q).round(1),
            }
            asked.append(called(args, {"eps": eps}))
        if told_apart(asked, [by_jacobian, *LAYER_NORMS.values()]):
            return asked


def over_the_batch(x, dy, gain, shift, *, eps=1e-5):
    centred = x - x.mean(axis=0)
    root = np.sqrt((centred**2).mean(axis=0) + eps)
    x_hat = centred / root
    dx = gain / root * (dy - dy.mean(axis=0) - x_hat * (dy * x_hat).mean(axis=0))
    dgain, dshift = (dy * x_hat).sum(axis=0), dy.sum(axis=0)
    return {"y": gain * x_hat + shift, "dx": dx, "dgain": dgain, "dshift": dshift}


def back_over_the_batch(x, dy, gain, shift, *, eps=1e-5):
    centred = x - x.mean(axis=1, keepdims=True)
    root = np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps)
    x_hat = centred / root
    h = dy * gain
    dx = (h - h.mean(axis=0) - x_hat * (h * x_hat).mean(axis=0)) / root
    dgain, dshift = (dy * x_hat).sum(axis=0), dy.sum(axis=0)
    return {"y": gain * x_hat + shift, "dx": dx, "dgain": dgain, "dshift": dshift}


def over_everything(x, dy, gain, shift, *, eps=1e-5):
    centred = x - x.mean()
    root = np.sqrt((centred**2).mean() + eps)
    x_hat = centred / root
    h = dy * gain
    dx = (h - h.mean() - x_hat * (h * x_hat).mean()) / root
    dgain, dshift = (dy * x_hat).sum(axis=0), dy.sum(axis=0)
    return {"y": gain * x_hat + shift, "dx": dx, "dgain": dgain, "dshift": dshift}


def gain_in_front(x, dy, gain, shift, *, eps=1e-5):
    centred = x - x.mean(axis=1, keepdims=True)
    root = np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps)
    x_hat = centred / root
    along = (dy * x_hat).mean(axis=1, keepdims=True)
    dx = gain / root * (dy - dy.mean(axis=1, keepdims=True) - x_hat * along)
    dgain, dshift = (dy * x_hat).sum(axis=0), dy.sum(axis=0)
    return {"y": gain * x_hat + shift, "dx": dx, "dgain": dgain, "dshift": dshift}


def gain_forgotten(x, dy, gain, shift, *, eps=1e-5):
    centred = x - x.mean(axis=1, keepdims=True)
    root = np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps)
    x_hat = centred / root
    along = (dy * x_hat).mean(axis=1, keepdims=True)
    dx = (dy - dy.mean(axis=1, keepdims=True) - x_hat * along) / root
    dgain, dshift = (dy * x_hat).sum(axis=0), dy.sum(axis=0)
    return {"y": gain * x_hat + shift, "dx": dx, "dgain": dgain, "dshift": dshift}


def fixed_statistics(x, dy, gain, shift, *, eps=1e-5):
    centred = x - x.mean(axis=1, keepdims=True)
    root = np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps)
    x_hat = centred / root
    dx = dy * gain / root
    dgain, dshift = (dy * x_hat).sum(axis=0), dy.sum(axis=0)
    return {"y": gain * x_hat + shift, "dx": dx, "dgain": dgain, "dshift": dshift}


def fixed_root(x, dy, gain, shift, *, eps=1e-5):
    centred = x - x.mean(axis=1, keepdims=True)
    root = np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps)
    x_hat = centred / root
    h = dy * gain
    dx = (h - h.mean(axis=1, keepdims=True)) / root
    dgain, dshift = (dy * x_hat).sum(axis=0), dy.sum(axis=0)
    return {"y": gain * x_hat + shift, "dx": dx, "dgain": dgain, "dshift": dshift}


def fixed_mean(x, dy, gain, shift, *, eps=1e-5):
    centred = x - x.mean(axis=1, keepdims=True)
    root = np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps)
    x_hat = centred / root
    h = dy * gain
    dx = (h - x_hat * (h * x_hat).mean(axis=1, keepdims=True)) / root
    dgain, dshift = (dy * x_hat).sum(axis=0), dy.sum(axis=0)
    return {"y": gain * x_hat + shift, "dx": dx, "dgain": dgain, "dshift": dshift}


def unbiased(x, dy, gain, shift, *, eps=1e-5):
    centred = x - x.mean(axis=1, keepdims=True)
    root = np.sqrt(x.var(axis=1, ddof=1, keepdims=True) + eps)
    x_hat = centred / root
    h = dy * gain
    along = (h * x_hat).mean(axis=1, keepdims=True)
    dx = (h - h.mean(axis=1, keepdims=True) - x_hat * along) / root
    dgain, dshift = (dy * x_hat).sum(axis=0), dy.sum(axis=0)
    return {"y": gain * x_hat + shift, "dx": dx, "dgain": dgain, "dshift": dshift}


def eps_outside(x, dy, gain, shift, *, eps=1e-5):
    centred = x - x.mean(axis=1, keepdims=True)
    root = x.std(axis=1, keepdims=True) + eps
    x_hat = centred / root
    h = dy * gain
    along = (h * x_hat).mean(axis=1, keepdims=True)
    dx = (h - h.mean(axis=1, keepdims=True) - x_hat * along) / root
    dgain, dshift = (dy * x_hat).sum(axis=0), dy.sum(axis=0)
    return {"y": gain * x_hat + shift, "dx": dx, "dgain": dgain, "dshift": dshift}


def no_root(x, dy, gain, shift, *, eps=1e-5):
    centred = x - x.mean(axis=1, keepdims=True)
    root = (centred**2).mean(axis=1, keepdims=True) + eps
    x_hat = centred / root
    h = dy * gain
    along = (h * x_hat).mean(axis=1, keepdims=True)
    dx = (h - h.mean(axis=1, keepdims=True) - x_hat * along) / root
    dgain, dshift = (dy * x_hat).sum(axis=0), dy.sum(axis=0)
    return {"y": gain * x_hat + shift, "dx": dx, "dgain": dgain, "dshift": dshift}


def mean_over_examples(x, dy, gain, shift, *, eps=1e-5):
    centred = x - x.mean(axis=1, keepdims=True)
    root = np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps)
    x_hat = centred / root
    h = dy * gain
    along = (h * x_hat).mean(axis=1, keepdims=True)
    dx = (h - h.mean(axis=1, keepdims=True) - x_hat * along) / root
    dgain, dshift = (dy * x_hat).mean(axis=0), dy.mean(axis=0)
    return {"y": gain * x_hat + shift, "dx": dx, "dgain": dgain, "dshift": dshift}


def summed_along_rows(x, dy, gain, shift, *, eps=1e-5):
    centred = x - x.mean(axis=1, keepdims=True)
    root = np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps)
    x_hat = centred / root
    h = dy * gain
    along = (h * x_hat).mean(axis=1, keepdims=True)
    dx = (h - h.mean(axis=1, keepdims=True) - x_hat * along) / root
    dgain, dshift = (dy * x_hat).sum(axis=1), dy.sum(axis=1)
    return {"y": gain * x_hat + shift, "dx": dx, "dgain": dgain, "dshift": dshift}


def dgain_from_x(x, dy, gain, shift, *, eps=1e-5):
    centred = x - x.mean(axis=1, keepdims=True)
    root = np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps)
    x_hat = centred / root
    h = dy * gain
    along = (h * x_hat).mean(axis=1, keepdims=True)
    dx = (h - h.mean(axis=1, keepdims=True) - x_hat * along) / root
    dgain, dshift = (dy * x).sum(axis=0), dy.sum(axis=0)
    return {"y": gain * x_hat + shift, "dx": dx, "dgain": dgain, "dshift": dshift}


LAYER_NORMS = {
    "mean and variance are over the examples: this is batch norm. Here each row has its "
    "own": over_the_batch,
    "forward you go along the rows, but in dx you take means over the examples: backward "
    "goes along the rows, too": back_over_the_batch,
    "one mean and one variance for all numbers together: each row needs its own": over_everything,
    "in dx the gain stands in front, as in batch norm. There it was one number for the whole "
    "column. In a row every place has its own: it belongs to dy, inside the means": gain_in_front,
    "dx without the gain: ∂J/∂x̂ is dy times the gain": gain_forgotten,
    "dx is that of a fixed mean and a fixed root, but both move with x: two parts are to be "
    "taken away": fixed_statistics,
    "in dx the root moves with x, too: the part along x̂ is still to be taken away": fixed_root,
    "in dx the mean moves with x, too: the constant part is still to be taken away": fixed_mean,
    "your variance divides by q − 1; here it divides by q": unbiased,
    "ε is outside the root here; it stands under it, beside the variance": eps_outside,
    "you divide by the variance: the root is missing": no_root,
    "dgain and dshift are means over the examples; they are sums": mean_over_examples,
    "dgain and dshift are summed along the rows; each unit collects from all "
    "examples": summed_along_rows,
    "dgain is taken with x; it is dy times x̂, for y is γ times x̂": dgain_from_x,
}


def by_jacobian(x, dy, gain, shift, *, eps=1e-5):
    q = x.shape[1]
    y, dx = np.empty(x.shape), np.empty(x.shape)
    dgain, dshift = np.zeros(q), np.zeros(q)
    for i in range(len(x)):
        root = (x[i].var() + eps) ** 0.5
        x_hat = (x[i] - x[i].mean()) / root
        jacobian = (np.eye(q) - 1 / q - np.outer(x_hat, x_hat) / q) / root
        y[i], dx[i] = gain * x_hat + shift, jacobian @ (gain * dy[i])
        dgain += dy[i] * x_hat
        dshift += dy[i]
    return {"y": y, "dx": dx, "dgain": dgain, "dshift": dshift}


def by_chain_rule(x, dy, gain, shift, *, eps=1e-5):
    q = x.shape[1]
    mean, variance = x.mean(1)[:, None], x.var(1)[:, None]
    x_hat = (x - mean) * (variance + eps) ** -0.5
    d_hat = dy * gain
    d_variance = -0.5 * (d_hat * (x - mean)).sum(1)[:, None] * (variance + eps) ** -1.5
    d_mean = -(d_hat * (variance + eps) ** -0.5).sum(1)[:, None]
    dx = d_hat * (variance + eps) ** -0.5 + d_variance * 2 * (x - mean) / q + d_mean / q
    dgain = np.einsum("ik,ik->k", dy, x_hat)
    return {"dx": dx, "dgain": dgain, "dshift": np.ones(len(x)) @ dy, "y": x_hat * gain + shift}


def in_float32(x, dy, gain, shift, *, eps=1e-5):
    x, dy, gain = x.astype(np.float32), dy.astype(np.float32), gain.astype(np.float32)
    root = np.sqrt(x.var(-1, keepdims=True) + np.float32(eps))
    x_hat = (x - x.mean(-1, keepdims=True)) / root
    h = dy * gain
    h = h - x_hat * (h * x_hat).mean(-1, keepdims=True)
    dx = (h - h.mean(-1, keepdims=True)) / root
    return {"y": gain * x_hat + shift, "dx": dx, "dgain": (dy * x_hat).sum(0), "dshift": dy.sum(0)}


# 12b


def dense_layers(rng):
    """Return questions with layers of equal and unequal widths, and a large ε."""
    while True:
        asked = []
        for p, q, m, count, eps in ((2, 2, 3, 2, 0.4), (3, 2, 2, 3, 0.3)):
            args = {
                "W": rng.normal(size=(p, q)).round(1),
                "b": (2 * rng.normal(size=q)).round(1),
                "gain": rng.uniform(0.5, 3, size=q).round(1),
                "shift": rng.normal(size=q).round(1),
                "inputs": [
                    (rng.normal(size=(m, p)) + rng.normal(size=p)).round(1) for _ in range(count)
                ],
            }
            asked.append(called(args, {"eps": eps}))
        if told_apart(asked, [by_centred_inputs, *FOLDS.values()]):
            return asked


def biased(W, b, gain, shift, inputs, *, eps=1e-5):
    z = [x @ W + b for x in inputs]
    mean = np.mean([one.mean(axis=0) for one in z], axis=0)
    variance = np.mean([one.var(axis=0) for one in z], axis=0)
    scale = gain / np.sqrt(variance + eps)
    return {"W": W * scale, "b": (b - mean) * scale + shift}


def upside_down(W, b, gain, shift, inputs, *, eps=1e-5):
    m = len(inputs[0])
    z = [x @ W + b for x in inputs]
    mean = np.mean([one.mean(axis=0) for one in z], axis=0)
    variance = (m - 1) / m * np.mean([one.var(axis=0) for one in z], axis=0)
    scale = gain / np.sqrt(variance + eps)
    return {"W": W * scale, "b": (b - mean) * scale + shift}


def number_of_batches(W, b, gain, shift, inputs, *, eps=1e-5):
    m = len(inputs)
    z = [x @ W + b for x in inputs]
    mean = np.mean([one.mean(axis=0) for one in z], axis=0)
    variance = m / (m - 1) * np.mean([one.var(axis=0) for one in z], axis=0)
    scale = gain / np.sqrt(variance + eps)
    return {"W": W * scale, "b": (b - mean) * scale + shift}


def pooled(W, b, gain, shift, inputs, *, eps=1e-5):
    z = np.concatenate([x @ W + b for x in inputs])
    mean, variance = z.mean(axis=0), z.var(axis=0, ddof=1)
    scale = gain / np.sqrt(variance + eps)
    return {"W": W * scale, "b": (b - mean) * scale + shift}


def last_batch(W, b, gain, shift, inputs, *, eps=1e-5):
    for x in inputs:
        z = x @ W + b
        mean, variance = z.mean(axis=0), z.var(axis=0, ddof=1)
    scale = gain / np.sqrt(variance + eps)
    return {"W": W * scale, "b": (b - mean) * scale + shift}


def scaled_rows(W, b, gain, shift, inputs, *, eps=1e-5):
    m = len(inputs[0])
    z = [x @ W + b for x in inputs]
    mean = np.mean([one.mean(axis=0) for one in z], axis=0)
    variance = m / (m - 1) * np.mean([one.var(axis=0) for one in z], axis=0)
    scale = gain / np.sqrt(variance + eps)
    return {"W": W * scale[:, None], "b": (b - mean) * scale + shift}


def bias_not_scaled(W, b, gain, shift, inputs, *, eps=1e-5):
    m = len(inputs[0])
    z = [x @ W + b for x in inputs]
    mean = np.mean([one.mean(axis=0) for one in z], axis=0)
    variance = m / (m - 1) * np.mean([one.var(axis=0) for one in z], axis=0)
    scale = gain / np.sqrt(variance + eps)
    return {"W": W * scale, "b": b - mean * scale + shift}


def mean_not_scaled(W, b, gain, shift, inputs, *, eps=1e-5):
    m = len(inputs[0])
    z = [x @ W + b for x in inputs]
    mean = np.mean([one.mean(axis=0) for one in z], axis=0)
    variance = m / (m - 1) * np.mean([one.var(axis=0) for one in z], axis=0)
    scale = gain / np.sqrt(variance + eps)
    return {"W": W * scale, "b": b * scale - mean + shift}


def bias_forgotten(W, b, gain, shift, inputs, *, eps=1e-5):
    m = len(inputs[0])
    z = [x @ W + b for x in inputs]
    mean = np.mean([one.mean(axis=0) for one in z], axis=0)
    variance = m / (m - 1) * np.mean([one.var(axis=0) for one in z], axis=0)
    scale = gain / np.sqrt(variance + eps)
    return {"W": W * scale, "b": shift - mean * scale}


def bias_twice(W, b, gain, shift, inputs, *, eps=1e-5):
    m = len(inputs[0])
    z = [x @ W for x in inputs]
    mean = np.mean([one.mean(axis=0) for one in z], axis=0)
    variance = m / (m - 1) * np.mean([one.var(axis=0) for one in z], axis=0)
    scale = gain / np.sqrt(variance + eps)
    return {"W": W * scale, "b": (b - mean) * scale + shift}


def shift_scaled(W, b, gain, shift, inputs, *, eps=1e-5):
    m = len(inputs[0])
    z = [x @ W + b for x in inputs]
    mean = np.mean([one.mean(axis=0) for one in z], axis=0)
    variance = m / (m - 1) * np.mean([one.var(axis=0) for one in z], axis=0)
    scale = gain / np.sqrt(variance + eps)
    return {"W": W * scale, "b": (b - mean + shift) * scale}


def eps_beside(W, b, gain, shift, inputs, *, eps=1e-5):
    m = len(inputs[0])
    z = [x @ W + b for x in inputs]
    mean = np.mean([one.mean(axis=0) for one in z], axis=0)
    variance = m / (m - 1) * np.mean([one.var(axis=0) for one in z], axis=0)
    scale = gain / (np.sqrt(variance) + eps)
    return {"W": W * scale, "b": (b - mean) * scale + shift}


def gain_left_out(W, b, gain, shift, inputs, *, eps=1e-5):
    m = len(inputs[0])
    z = [x @ W + b for x in inputs]
    mean = np.mean([one.mean(axis=0) for one in z], axis=0)
    variance = m / (m - 1) * np.mean([one.var(axis=0) for one in z], axis=0)
    scale = 1 / np.sqrt(variance + eps)
    return {"W": W * scale, "b": (b - mean) * scale + shift}


def of_the_inputs(W, b, gain, shift, inputs, *, eps=1e-5):
    m = len(inputs[0])
    mean = np.mean([x.mean(axis=0) for x in inputs], axis=0)
    variance = m / (m - 1) * np.mean([x.var(axis=0) for x in inputs], axis=0)
    scale = gain / np.sqrt(variance + eps)
    return {"W": W * scale, "b": (b - mean) * scale + shift}


FOLDS = {
    "the variance is not corrected: the factor m/(m − 1) is missing": biased,
    "the factor is upside down: m/(m − 1) is larger than 1": upside_down,
    "your m is the number of batches; m is the number of examples in one batch": number_of_batches,
    "you put all batches together: so the distances between the batches' means enter the "
    "variance. Take the variance of each batch, then their mean": pooled,
    "only the last batch counts; mean and variance are means over all batches": last_batch,
    "you scale the rows of W; a unit is a column": scaled_rows,
    "b is not scaled: batch norm scales all of xW + b": bias_not_scaled,
    "the mean is not scaled: it is taken away before the division": mean_not_scaled,
    "b is lost: it is part of z, so b' has (b − μ) in it": bias_forgotten,
    "b comes in twice: if the statistics are those of xW alone, b cancels in b'": bias_twice,
    "the shift is scaled; it is added after the division": shift_scaled,
    "ε is outside the root here; it stands beside the variance, under it": eps_beside,
    "the gain is missing in W' and b'": gain_left_out,
    "these are mean and variance of x; batch norm sees z = xW + b": of_the_inputs,
}


def by_centred_inputs(W, b, gain, shift, inputs, *, eps=1e-5):
    middle = sum(x.mean(0) for x in inputs) / len(inputs)
    spread = sum(np.cov(x.T, ddof=1) for x in inputs) / len(inputs)
    variance = np.array([w @ spread @ w for w in W.T])
    folded = W @ np.diag(gain / np.sqrt(variance + eps))
    return {"W": folded, "b": shift - middle @ folded}


def by_loops(W, b, gain, shift, inputs, *, eps=1e-5):
    new_W, new_b = np.zeros(W.shape), np.zeros(len(b))
    for k in range(len(b)):
        means, variances = [], []
        for x in inputs:
            z = [sum(x[i, j] * W[j, k] for j in range(len(W))) + b[k] for i in range(len(x))]
            means.append(sum(z) / len(z))
            variances.append(sum((one - means[-1]) ** 2 for one in z) / (len(z) - 1))
        scale = gain[k] / (sum(variances) / len(variances) + eps) ** 0.5
        new_W[:, k] = W[:, k] * scale
        new_b[k] = b[k] * scale + shift[k] - sum(means) / len(means) * scale
    return {"W": new_W, "b": new_b}


def by_two_answers(W, b, gain, shift, inputs, *, eps=1e-5):
    z = np.array(inputs) @ W + b
    mean, variance = z.mean(axis=(0, 1)), z.var(axis=1, ddof=1).mean(axis=0)

    def answer(x):
        return gain * (x @ W + b - mean) / np.sqrt(variance + eps) + shift

    at_zero = answer(np.zeros(len(W)))
    return {"W": answer(np.eye(len(W))) - at_zero, "b": at_zero}


# 12c


def turns(rng):
    """Return questions for the step that turns: short paths on least squares."""
    while True:
        X, y = rng.normal(size=(6, 3)).round(2), (2 * rng.normal(size=6)).round(2)
        f = made("models.LeastSquares", X=X, y=y)
        asked = []
        for n_steps, lr, length in ((1, 0.1, 3.0), (2, 0.3, 0.6), (4, 0.05, 2.0)):
            start = rng.normal(size=3)
            start = encode((length * start / np.linalg.norm(start)).round(2))
            options = {"lr": lr}
            asked.append(
                {"how": "steps", "f": f, "theta": start, "n_steps": n_steps, "options": options}
            )
        if told_apart(asked, [turn_by_direction, *TURNS.values()]):
            return asked


def plain_rate(f, theta, t, *, lr):
    r = np.linalg.norm(theta)
    w = theta - lr * f.grad(theta)
    return r * w / np.linalg.norm(w), {}


def not_squared(f, theta, t, *, lr):
    r = np.linalg.norm(theta)
    w = theta - lr * r * f.grad(theta)
    return r * w / np.linalg.norm(w), {}


def divided(f, theta, t, *, lr):
    r = np.linalg.norm(theta)
    w = theta - lr / r**2 * f.grad(theta)
    return r * w / np.linalg.norm(w), {}


def to_length_one(f, theta, t, *, lr):
    r = np.linalg.norm(theta)
    w = theta - lr * r**2 * f.grad(theta)
    return w / np.linalg.norm(w), {}


def not_brought_back(f, theta, t, *, lr):
    r = np.linalg.norm(theta)
    return theta - lr * r**2 * f.grad(theta), {}


def entry_by_entry(f, theta, t, *, lr):
    w = theta - lr * theta**2 * f.grad(theta)
    return np.linalg.norm(theta) * w / np.linalg.norm(w), {}


def unit_gradient(f, theta, t, *, lr):
    r = np.linalg.norm(theta)
    g = f.grad(theta)
    w = theta - lr * r**2 * g / np.linalg.norm(g)
    return r * w / np.linalg.norm(w), {}


def sum_of_entries(f, theta, t, *, lr):
    r = np.abs(theta).sum()
    w = theta - lr * r**2 * f.grad(theta)
    return r * w / np.abs(w).sum(), {}


def uphill(f, theta, t, *, lr):
    r = np.linalg.norm(theta)
    w = theta + lr * r**2 * f.grad(theta)
    return r * w / np.linalg.norm(w), {}


TURNS = {
    "the rate is not multiplied by r²: long weights turn slowly again": plain_rate,
    "r is not squared in the rate: the effective rate is η divided by the square of the "
    "length": not_squared,
    "you divide by r²; that is what the length does by itself. Multiply, to undo it": divided,
    "the result has the length 1; bring it back to the length r it had": to_length_one,
    "the result is not brought back to its old length": not_brought_back,
    "your rate differs from entry to entry: r² is one number, the sum of all θ²": entry_by_entry,
    "you divide the gradient by its length, too: it enters as it is": unit_gradient,
    "your length is the sum of the sizes of the entries; take the root of the sum of their "
    "squares": sum_of_entries,
    "this steps uphill: the sign of the step": uphill,
}


def turn_by_direction(f, theta, t, *, lr):
    r = np.sqrt((theta**2).sum())
    u = theta / r - lr * r * f.grad(theta)
    return r * u / np.sqrt((u**2).sum()), {"r": r}


def turn_in_place(f, theta, t, *, lr):
    square = theta @ theta
    theta -= lr * square * f.grad(theta)
    theta *= np.sqrt(square / (theta @ theta))
    return theta, {}


def turn_by_loops(f, theta, t, *, lr):
    g = f.grad(theta)
    square = sum(one**2 for one in theta)
    w = [theta[i] - lr * square * g[i] for i in range(len(theta))]
    long = sum(one**2 for one in w) ** 0.5
    return [square**0.5 * one / long for one in w], {}


PARTS = {
    "12a": Part(
        asks="layer_norm",
        questions=rows,
        mistakes=LAYER_NORMS,
        variants=[by_jacobian, by_chain_rule, in_float32],
        rtol=1e-4,
        atol=1e-5,
    ),
    "12b": Part(
        asks="folded",
        questions=dense_layers,
        mistakes=FOLDS,
        variants=[by_centred_inputs, by_loops, by_two_answers],
    ),
    "12c": Part(
        asks="turn",
        questions=turns,
        mistakes=TURNS,
        variants=[turn_by_direction, turn_in_place, turn_by_loops],
    ),
    "12d": Part(
        asks="prediction",
        questions=lambda rng: [{"how": "value"}],
        mistakes={
            "the sum is gone, that is right, but the root divides by half of |x₁ − x₂|: of the "
            "difference only the sign is left": "a",
            "add 5 to both numbers: their ratio changes, but x̂ does not": "b",
            "the mean lies between the two: one of them is above it and one below": "d",
        },
    ),
}
