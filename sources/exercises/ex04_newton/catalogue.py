"""Exercise 04: what is asked of each part, and what students get wrong in it."""

import numpy as np

from course_lib.answers import respond
from course_lib.exchange import encode, made
from grading.exercise import Part

LENDS = ("models",)


def hessians(rng):
    """Return symmetric matrices: one indefinite with a positive diagonal, then of all kinds."""
    a, c, gap = rng.uniform(0.5, 2, 3)
    H = np.array([[a, np.sqrt(a * c) + gap], [np.sqrt(a * c) + gap, c]])
    tau0 = round(-np.linalg.eigvalsh(H)[0] / rng.uniform(2.5, 2.9), 3)
    asked = [{"how": "call", "args": [encode(H), encode(rng.normal(size=2)), tau0]}]
    for signs in ([1, -1, 1], [1, 1, 1], [-1, -1], [1, -1, -1, 1]):
        d = len(signs)
        V = np.linalg.qr(rng.normal(size=(d, d)))[0]
        tau0 = round(rng.uniform(0.3, 0.9), 2)
        # Never near a multiple of tau0: rounding must not decide.
        lowest = tau0 * 2 ** (rng.integers(0, 3) + rng.uniform(0.3, 0.7))
        sizes = rng.uniform(0.2, 0.9, d) * lowest
        sizes[int(np.argmin(signs))] = lowest
        H = (V * (np.array(signs) * sizes)) @ V.T
        # Mostly along positive curvatures: -H⁻¹g points downhill, but H is not positive definite.
        parts = np.where(np.array(signs) > 0, 1, 0.4) * rng.uniform(0.8, 1.2, d)
        args = [encode((H + H.T) / 2), encode(V @ (parts * rng.choice([-1, 1], d))), tau0]
        asked.append({"how": "call", "args": args})
    return asked


def sign(H, g, tau0):
    tau = 0.0
    while np.linalg.eigvalsh(H)[0] + tau <= 0:
        tau = max(2 * tau, tau0)
    return np.linalg.solve(H + tau * np.eye(len(g)), g), tau


def never_zero(H, g, tau0):
    tau = tau0
    while np.linalg.eigvalsh(H)[0] + tau <= 0:
        tau = 2 * tau
    return -np.linalg.solve(H + tau * np.eye(len(g)), g), tau


def by_determinant(H, g, tau0):
    tau = 0.0
    while np.linalg.det(H + tau * np.eye(len(g))) <= 0:
        tau = max(2 * tau, tau0)
    return -np.linalg.solve(H + tau * np.eye(len(g)), g), tau


def by_diagonal(H, g, tau0):
    tau = 0.0
    while np.diag(H).min() + tau <= 0:
        tau = max(2 * tau, tau0)
    return -np.linalg.solve(H + tau * np.eye(len(g)), g), tau


def linear_growth(H, g, tau0):
    tau = 0.0
    while np.linalg.eigvalsh(H)[0] + tau <= 0:
        tau = tau + tau0
    return -np.linalg.solve(H + tau * np.eye(len(g)), g), tau


def everywhere(H, g, tau0):
    tau = 0.0
    while np.linalg.eigvalsh(H)[0] + tau <= 0:
        tau = max(2 * tau, tau0)
    return -np.linalg.solve(H + tau, g), tau


def unlifted(H, g, tau0):
    tau = 0.0
    while np.linalg.eigvalsh(H)[0] + tau <= 0:
        tau = max(2 * tau, tau0)
    return -np.linalg.solve(H, g), tau


def lifted_again(H, g, tau0):
    A, tau = np.array(H), 0.0
    while np.linalg.eigvalsh(A)[0] <= 0:
        tau = max(2 * tau, tau0)
        A = A + tau * np.eye(len(g))
    return -np.linalg.solve(A, g), tau


def until_downhill(H, g, tau0):
    tau = 0.0
    while g @ np.linalg.solve(H + tau * np.eye(len(g)), g) <= 0:
        tau = max(2 * tau, tau0)
    return -np.linalg.solve(H + tau * np.eye(len(g)), g), tau


def tau_first(H, g, tau0):
    tau = 0.0
    while np.linalg.eigvalsh(H)[0] + tau <= 0:
        tau = max(2 * tau, tau0)
    return tau, -np.linalg.solve(H + tau * np.eye(len(g)), g)


def by_eigenvalues(H, g, tau0):
    lowest, tau = np.linalg.eigvalsh(H)[0], 0.0
    while lowest + tau <= 0:
        tau = tau0 if tau == 0 else 2 * tau
    return -np.linalg.inv(H + tau * np.eye(len(g))) @ g, tau


def by_spectrum(H, g, tau0):
    curvatures, V = np.linalg.eigh(H)
    taus = [0.0] + [tau0 * 2**k for k in range(60)]
    tau = next(one for one in taus if (curvatures + one > 0).all())
    return V @ (-(V.T @ g) / (curvatures + tau)), tau


def bowls(rng):
    """Return questions for the short step: one step that is cut, one that is not, and a path."""
    asked = []
    for reach, n_steps in ((0.3, 1), (1.7, 1), (0.15, 4)):
        X, y = rng.normal(size=(7, 3)), 3 * rng.normal(size=7)
        theta = rng.normal(size=3)
        whole = np.linalg.norm(np.linalg.lstsq(X, y, rcond=None)[0] - theta)
        asked.append(
            {
                "how": "steps",
                "f": made("models.LeastSquares", X=X, y=y),
                "theta": encode(theta),
                "n_steps": n_steps,
                "keep": ["s"],
                "options": {"radius": round(float(reach * whole), 4)},
            }
        )
    return asked


def always_radius(f, theta, t, *, radius=1.0):
    p = -np.linalg.solve(f.hess(theta), f.grad(theta))
    s = radius / np.linalg.norm(p)
    return theta + s * p, {"s": s}


def clipped(f, theta, t, *, radius=1.0):
    p = -np.linalg.solve(f.hess(theta), f.grad(theta))
    s = min(1.0, radius / np.linalg.norm(p))
    return theta + np.clip(p, -radius, radius), {"s": s}


def largest_entry(f, theta, t, *, radius=1.0):
    p = -np.linalg.solve(f.hess(theta), f.grad(theta))
    s = min(1.0, radius / np.abs(p).max())
    return theta + s * p, {"s": s}


def squared_length(f, theta, t, *, radius=1.0):
    p = -np.linalg.solve(f.hess(theta), f.grad(theta))
    s = min(1.0, radius / (p @ p))
    return theta + s * p, {"s": s}


def uphill(f, theta, t, *, radius=1.0):
    p = np.linalg.solve(f.hess(theta), f.grad(theta))
    s = min(1.0, radius / np.linalg.norm(p))
    return theta + s * p, {"s": s}


def down_the_gradient(f, theta, t, *, radius=1.0):
    p = -f.grad(theta)
    s = min(1.0, radius / np.linalg.norm(p))
    return theta + s * p, {"s": s}


def of_the_gradient(f, theta, t, *, radius=1.0):
    g = f.grad(theta)
    s = min(1.0, radius / np.linalg.norm(g))
    return theta - s * np.linalg.solve(f.hess(theta), g), {"s": s}


def undivided(f, theta, t, *, radius=1.0):
    p = -np.linalg.solve(f.hess(theta), f.grad(theta))
    s = radius if np.linalg.norm(p) > radius else 1.0
    return theta + s * p, {"s": s}


def cut_twice(f, theta, t, *, radius=1.0):
    p = -np.linalg.solve(f.hess(theta), f.grad(theta))
    s = min(1.0, radius / np.linalg.norm(p))
    p = s * p
    return theta + s * p, {"s": s}


def length_as_s(f, theta, t, *, radius=1.0):
    p = -np.linalg.solve(f.hess(theta), f.grad(theta))
    p = min(1.0, radius / np.linalg.norm(p)) * p
    return theta + p, {"s": np.linalg.norm(p)}


def short_by_if(f, theta, t, *, radius=1.0):
    step = np.linalg.inv(f.hess(theta)) @ f.grad(theta)
    length = np.sqrt(np.sum(step**2))
    s = 1.0
    if length > radius:
        s = radius / length
    return theta - s * step, {"s": s, "length": length}


def short_in_place(f, theta, t, *, radius=1.0):
    p = np.linalg.solve(f.hess(theta), -f.grad(theta))
    s = radius / max(radius, np.linalg.norm(p))
    theta += s * p
    return theta, {"s": s}


def errors(rng):
    """Return errors, constants and tolerances, away from where rounding decides."""
    while True:
        asked = [{"how": "call", "args": [0.001, 2.0, 0.01]}, *some_errors(rng)]
        answers = (by_recursion, divided_by_C, *LEFT.values())
        counts = {str([respond(question, one) for question in asked]) for one in answers}
        if len(counts) == len(answers):
            return asked


def some_errors(rng):
    """Return five questions with at least two steps."""
    asked = []
    while len(asked) < 5:
        C, start = round(rng.uniform(0.3, 5), 2), round(rng.uniform(0.2, 0.9), 2)
        e0 = round(start / C, 4)
        tol = float(f"{10 ** rng.uniform(-12, -3):.2g}")
        exact = np.log2(np.log(C * tol) / np.log(C * e0)) if C * e0 < 0.95 else 0
        if exact > 1 and 0.05 < exact % 1 < 0.95 and abs(C - 1) > 0.2:
            asked.append({"how": "call", "args": [e0, C, tol]})
    return asked


def no_constant(e0, C, tol):
    k = 0
    while e0 > tol and k < 1000:
        e0, k = e0**2, k + 1
    return k


def linear(e0, C, tol):
    k = 0
    while e0 > tol and k < 1000:
        e0, k = C * e0 / 10, k + 1
    return k


def one_more(e0, C, tol):
    k = 1
    while e0 > tol:
        e0, k = C * e0**2, k + 1
    return k


def both_squared(e0, C, tol):
    k = 0
    while tol < e0 < 1e6 and k < 1000:
        e0, k = (C * e0) ** 2, k + 1
    return k


def rounded_down(e0, C, tol):
    return max(0, int(np.floor(np.log2(np.log(C * tol) / np.log(C * e0)))))


def to_the_nearest(e0, C, tol):
    return max(0, int(np.round(np.log2(np.log(C * tol) / np.log(C * e0)))))


def natural_logarithm(e0, C, tol):
    return max(0, int(np.ceil(np.log(np.log(C * tol) / np.log(C * e0)))))


def bare_tolerance(e0, C, tol):
    return max(0, int(np.ceil(np.log2(np.log(tol) / np.log(C * e0)))))


def divided_by_C(e0, C, tol):
    return max(0, int(np.ceil(np.log2(max(np.log(tol / C) / np.log(C * e0), 1e-9)))))


def by_formula(e0, C, tol):
    if e0 <= tol:
        return 0
    return int(np.ceil(np.log2(np.log(C * tol) / np.log(C * e0))))


def by_recursion(e0, C, tol):
    def count(e):
        return 0 if e <= tol else 1 + count(C * e * e)

    return count(e0)


LEFT = {
    "C is missing: the rule is e ← C e²": no_constant,
    "this error shrinks by a constant factor; Newton squares it": linear,
    "one step too many: e₀ may be small enough already, and then k = 0": one_more,
    "C is squared, too: the rule is C times e²": both_squared,
    "round up: after the step before, the error is still above tol": rounded_down,
    "round up, not to the nearest whole number": to_the_nearest,
    "the exponent doubles in each step: take the logarithm to the base 2": natural_logarithm,
    "C e_k must come down to C tol, not to tol": bare_tolerance,
}

PARTS = {
    "04a": Part(
        asks="lifted_direction",
        questions=hessians,
        mistakes={
            "this direction points uphill: it is −(H + τI)⁻¹ g, with a minus": sign,
            "τ = 0 is not tried: a positive definite H must stay as it is": never_zero,
            "a positive determinant is not enough: two negative eigenvalues have one, too": (
                by_determinant
            ),
            "the diagonal does not tell: a matrix with positive diagonal can be indefinite": (
                by_diagonal
            ),
            "τ grows by τ₀ each time here; it must double": linear_growth,
            "H + tau adds τ to every entry; τI has it on the diagonal only": everywhere,
            "τ is found, but p is still that of H alone": unlifted,
            "you lift a matrix that is lifted already: each try is H + τI, with the first H": (
                lifted_again
            ),
            "p points downhill here by luck of g: go on until the matrix is positive definite": (
                until_downhill
            ),
            "the order is (p, tau)": tau_first,
        },
        variants=[by_eigenvalues, by_spectrum],
    ),
    "04b": Part(
        asks="short_newton",
        questions=bowls,
        mistakes={
            "a step that is short enough must not be stretched: s is at most 1": always_radius,
            "each coordinate is cut by itself: that turns the direction": clipped,
            "the length is ‖p‖, not the largest entry of p": largest_entry,
            "p·p is the squared length: the root is missing": squared_length,
            "this steps uphill: p = −H⁻¹g": uphill,
            "p is the direction of gradient descent: the Hessian is not used": down_the_gradient,
            "the length is that of p, not that of the gradient": of_the_gradient,
            "s = radius makes the step as long as radius times ‖p‖: divide by ‖p‖": undivided,
            "the step is cut twice: p is s times shorter already": cut_twice,
            "s is the factor, not the length of the step": length_as_s,
        },
        variants=[short_by_if, short_in_place],
    ),
    "04c": Part(
        asks="steps_left",
        questions=errors,
        mistakes=LEFT,
        variants=[by_formula, by_recursion],
    ),
    "04d": Part(
        asks="prediction",
        questions=lambda rng: [{"how": "value"}],
        mistakes={
            "that is gradient descent; in H⁻¹g the factor 3 cancels": "a",
            "H⁻¹ alone is three times smaller, but g is three times larger": "b",
            "both sides of Armijo's inequality grow by the factor 3: the same α passes": "c",
        },
    ),
}
