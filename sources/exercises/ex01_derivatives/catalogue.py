"""Exercise 01: what is asked of each part, and what students get wrong in it."""

import numpy as np
import sympy as sp

from course_lib.exchange import encode
from grading.exercise import Part

LENDS = ("parsing",)
SYMBOLS = [{"expr": "x"}, {"expr": "y"}]


def directions(rng):
    """Return formulas with a mixed term, and directions with no zero and no equal entries."""
    asked = []
    for shape in ("{}*x^2*y + {}*y^3", "{}*exp(x)*y^2 + {}*x*y", "{}*x^3 + {}*x*y^2"):
        a, b = (int(k) for k in rng.integers(2, 9, 2))
        p, q = (int(k) for k in rng.choice([-4, -3, -2, 2, 3, 5], 2, replace=False))
        args = [{"expr": shape.format(a, b)}, SYMBOLS, [p, q]]
        asked.append({"how": "call", "args": args})
    return asked


def no_length(expr, symbols, p):
    u, gradient = sp.Matrix(p), sp.Matrix([expr.diff(s) for s in symbols])
    return (gradient.T * u)[0], (u.T * sp.hessian(expr, symbols) * u)[0]


def length_once(expr, symbols, p):
    v, length = sp.Matrix(p), sp.sqrt(sum(entry**2 for entry in p))
    gradient = sp.Matrix([expr.diff(s) for s in symbols])
    return (gradient.T * v)[0] / length, (v.T * sp.hessian(expr, symbols) * v)[0] / length


def diagonal(expr, symbols, p):
    u = sp.Matrix(p) / sp.sqrt(sum(entry**2 for entry in p))
    slope = sum(expr.diff(s) * e for s, e in zip(symbols, u))
    return slope, sum(expr.diff(s, 2) * e**2 for s, e in zip(symbols, u))


def mixed_once(expr, symbols, p):
    u = sp.Matrix(p) / sp.sqrt(sum(entry**2 for entry in p))
    (x, y), (a, b) = symbols, u
    slope = expr.diff(x) * a + expr.diff(y) * b
    return slope, expr.diff(x, 2) * a**2 + expr.diff(x, y) * a * b + expr.diff(y, 2) * b**2


def sum_of_entries(expr, symbols, p):
    u = sp.Matrix(p) / sum(abs(entry) for entry in p)
    gradient = sp.Matrix([expr.diff(s) for s in symbols])
    return (gradient.T * u)[0], (u.T * sp.hessian(expr, symbols) * u)[0]


def without_root(expr, symbols, p):
    u, gradient = sp.Matrix(p) / sum(e**2 for e in p), sp.Matrix([expr.diff(s) for s in symbols])
    return (gradient.T * u)[0], (u.T * sp.hessian(expr, symbols) * u)[0]


def halved(expr, symbols, p):
    u = sp.Matrix(p) / sp.sqrt(sum(entry**2 for entry in p))
    gradient = sp.Matrix([expr.diff(s) for s in symbols])
    return (gradient.T * u)[0], (u.T * sp.hessian(expr, symbols) * u)[0] / 2


def other_order(expr, symbols, p):
    u = sp.Matrix(p) / sp.sqrt(sum(entry**2 for entry in p))
    gradient = sp.Matrix([expr.diff(s) for s in symbols])
    return (u.T * sp.hessian(expr, symbols) * u)[0], (gradient.T * u)[0]


def matrices(expr, symbols, p):
    u = sp.Matrix(p) / sp.sqrt(sum(entry**2 for entry in p))
    gradient = sp.Matrix([expr.diff(s) for s in symbols])
    return gradient.T * u, u.T * sp.hessian(expr, symbols) * u


def by_walking(expr, symbols, p):
    t, length = sp.Symbol("t"), sp.sqrt(sum(entry**2 for entry in p))
    walk = {s: s + t * entry / length for s, entry in zip(symbols, p)}
    walked = expr.subs(walk, simultaneous=True)
    return walked.diff(t).subs(t, 0), walked.diff(t, 2).subs(t, 0)


def by_loops(expr, symbols, p):
    square = sum(entry**2 for entry in p)
    slope = sum(expr.diff(s) * e for s, e in zip(symbols, p)) / sp.sqrt(square)
    curvature = 0
    for s, e in zip(symbols, p):
        for other, o in zip(symbols, p):
            curvature += expr.diff(s).diff(other) * e * o
    return sp.expand(slope), sp.simplify(curvature / square)


def points(rng):
    """Return Hessians of every kind, turned at random, and two that need the given tolerance."""
    asked = []
    kinds = (
        [1, 1, 1],
        [-1, -1],
        [1, -1],
        [1, 0],
        [-1, 0, 0],
        [1, 0, -1],
        [0, 0],
        [-1, -1, -1],
        [1, -1, -1],
        [1, 0.01],
        [-1, 0.01, -1],
    )
    for signs in kinds:
        d = len(signs)
        V = np.linalg.qr(rng.normal(size=(d, d)))[0]
        H = (V * (np.array(signs) * rng.uniform(0.5, 3, d))) @ V.T
        options = {"options": {"tol": 0.1}} if 0.01 in signs else {}
        asked.append({"how": "call", "args": [encode((H + H.T) / 2)], **options})
    order = rng.permutation(len(asked))
    return [asked[i] for i in order]


def zero_counts_as_up(H, tol=1e-8):
    curvatures = np.linalg.eigvalsh(H)
    if (curvatures > -tol).all():
        return "minimum"
    return "maximum" if (curvatures < tol).all() else "saddle"


def zero_first(H, tol=1e-8):
    curvatures = np.linalg.eigvalsh(H)
    if (np.abs(curvatures) <= tol).any():
        return "undecided"
    if (curvatures > 0).all():
        return "minimum"
    return "maximum" if (curvatures < 0).all() else "saddle"


def by_determinant(H, tol=1e-8):
    determinant = np.linalg.det(H)
    if abs(determinant) <= tol:
        return "undecided"
    if determinant < 0:
        return "saddle"
    return "minimum" if H[0, 0] > 0 else "maximum"


def swapped(H, tol=1e-8):
    curvatures = np.linalg.eigvalsh(H)
    up, down = (curvatures > tol), (curvatures < -tol)
    if up.all():
        return "maximum"
    if down.all():
        return "minimum"
    return "saddle" if up.any() and down.any() else "undecided"


def rest_is_saddle(H, tol=1e-8):
    curvatures = np.linalg.eigvalsh(H)
    if (curvatures > tol).all():
        return "minimum"
    return "maximum" if (curvatures < -tol).all() else "saddle"


def own_tolerance(H, tol=1e-8):
    curvatures = np.linalg.eigvalsh(H)
    up, down = (curvatures > 1e-8), (curvatures < -1e-8)
    if up.all():
        return "minimum"
    if down.all():
        return "maximum"
    return "saddle" if up.any() and down.any() else "undecided"


def no_tolerance(H, tol=1e-8):
    curvatures = np.linalg.eigvalsh(H)
    up, down = (curvatures > 0), (curvatures < 0)
    if up.all():
        return "minimum"
    if down.all():
        return "maximum"
    return "saddle" if up.any() and down.any() else "undecided"


def by_extremes(H, tol=1e-8):
    lowest, highest = np.linalg.eigvalsh(H)[[0, -1]]
    if lowest > tol:
        return "minimum"
    if highest < -tol:
        return "maximum"
    if lowest < -tol and highest > tol:
        return "saddle"
    return "undecided"


def by_counting(H, tol=1e-8):
    up = down = 0
    for value in np.linalg.eig(np.array(H))[0].real:
        up += value > tol
        down += value < -tol
    if up and down:
        return "saddle"
    return {(len(H), 0): "minimum", (0, len(H)): "maximum"}.get((up, down), "undecided")


def polynomials(rng):
    """Return polynomials with a mixed term; where there are three points, y falls as x grows."""
    asked = []
    for sign in "-+":
        a, b, c = (int(k) for k in rng.integers(1, 6, 3))
        text = f"(x^2 {sign} {a})^2 + {b}*(y + {c}*x)^2"
        asked.append({"how": "call", "args": [{"expr": text}, SYMBOLS]})
    a, b = (int(k) for k in rng.integers(1, 5, 2))
    text = f"x^3 - {3 * a}*x + {b}*(y - 1)^2"
    return [*asked, {"how": "call", "args": [{"expr": text}, SYMBOLS]}]


def one_start(expr, symbols):
    found = sp.nsolve([expr.diff(s) for s in symbols], symbols, (5.1, 7.3))
    return np.array([[float(value) for value in found]])


def only_minima(expr, symbols):
    found = sp.solve([expr.diff(s) for s in symbols], symbols, dict=True)
    low = [one for one in found if sp.hessian(expr, symbols).subs(one).is_positive_definite]
    return np.array(sorted([[float(one[s]) for s in symbols] for one in low]))


def unordered(expr, symbols):
    found = sp.solve([expr.diff(s) for s in symbols], symbols, dict=True)
    rows = sorted([[float(one[s]) for s in symbols] for one in found])
    return np.array(rows[::-1])


def columns_apart(expr, symbols):
    found = sp.solve([expr.diff(s) for s in symbols], symbols, dict=True)
    return np.sort([[float(one[s]) for s in symbols] for one in found], axis=0)


def of_hessian(expr, symbols):
    found = sp.solve([expr.diff(s, 2) for s in symbols], symbols, dict=True)
    rows = [[complex(one.get(s, 0)).real for s in symbols] for one in found]
    return np.array(sorted(rows)).reshape(-1, 2)


def by_tuples(expr, symbols):
    x, y = symbols
    found = sorted(sp.solve([expr.diff(x), expr.diff(y)], [x, y]), key=lambda one: float(one[0]))
    return np.array(found, dtype=float)


def by_roots(expr, symbols):
    x, y = symbols
    line = sp.solve(expr.diff(y), y)[0]
    roots = np.roots(sp.Poly(sp.expand(expr.diff(x).subs(y, line)), x).all_coeffs())
    real = np.sort(np.array([complex(r).real for r in roots if abs(complex(r).imag) < 1e-9]))
    return np.array([[r, float(line.subs(x, r))] for r in real])


def sizes(rng):
    """Return sizes of a fourth derivative and of a rounding error."""
    return [
        {"how": "call", "args": [round(rng.uniform(0.5, 50), 2), float(f"{10**e:.2g}")]}
        for e in rng.uniform(-16, -7, 4)
    ]


def first_derivative(M, eps):
    return (3 * eps / M) ** (1 / 3)


def three_values(M, eps):
    return (36 * eps / M) ** 0.25


def balanced(M, eps):
    return (12 * eps / M) ** 0.25


def equal_errors(M, eps):
    return (24 * eps / M) ** 0.25


def wrong_root(M, eps):
    return (48 * eps / M) ** 0.5


def one_h(M, eps):
    return (24 * eps / M) ** (1 / 3)


def upside_down(M, eps):
    return (M / (48 * eps)) ** 0.25


def sympy_number(M, eps):
    return (48 * sp.Float(eps) / M) ** sp.Rational(1, 4)


def by_roots_of_roots(M, eps):
    return np.sqrt(np.sqrt(48.0 * eps / M))


def by_sympy(M, eps):
    h = sp.Symbol("h", positive=True)
    m, e = sp.symbols("m e", positive=True)
    total = h**2 * m / 12 + 4 * e / h**2
    return float(sp.solve(total.diff(h), h)[0].subs({m: M, e: eps}))


PARTS = {
    "01a": Part(
        asks="along",
        questions=directions,
        mistakes={
            "p is not divided by its length": no_length,
            "the curvature needs ‖p‖², because u stands in it twice": length_once,
            "the mixed derivative is missing: H is more than its diagonal": diagonal,
            "the mixed derivative counts twice, as ∂x∂y and as ∂y∂x": mixed_once,
            "the length is the root of the sum of squares, not the sum of the sizes": (
                sum_of_entries
            ),
            "the length is the root of the sum of squares: the root is missing": without_root,
            "the curvature is uᵀHu; the factor ½ belongs to Taylor's formula": halved,
            "the order is (slope, curvature)": other_order,
            "these are matrices with one entry: take it out with [0]": matrices,
        },
        variants=[by_walking, by_loops],
    ),
    "01b": Part(
        asks="kind",
        questions=points,
        mistakes={
            "an eigenvalue of zero does not decide for a minimum, nor for a maximum": (
                zero_counts_as_up
            ),
            "one eigenvalue up and one down is a saddle, also when another is zero": zero_first,
            "the determinant tells only for d = 2, and a zero there can hide a saddle": (
                by_determinant
            ),
            "minimum and maximum are swapped: curved upwards is a minimum": swapped,
            "what is neither minimum nor maximum is not always a saddle": rest_is_saddle,
            "the bounds are tol and -tol as given, not a fixed number": own_tolerance,
            "compare with tol and -tol, not with 0: a computed zero is rarely exactly 0": (
                no_tolerance
            ),
        },
        variants=[by_extremes, by_counting],
    ),
    "01c": Part(
        asks="critical_points",
        questions=polynomials,
        mistakes={
            "one start finds one point: sp.solve finds them all": one_start,
            "only the minima are there; a critical point may be a saddle or a maximum": only_minima,
            "the order is the other way round: from the smallest first coordinate on": unordered,
            "order whole rows: here x and y are sorted apart, and belong together no more": (
                columns_apart
            ),
            "these are zeros of second derivatives; a critical point has ∇J = 0": of_hessian,
        },
        variants=[by_tuples, by_roots],
        seconds=20,
    ),
    "01d": Part(
        asks="best_h",
        questions=sizes,
        mistakes={
            "that is the best h of the central difference for a first derivative": first_derivative,
            "three values, but 2 f(x) brings its error twice: 4ε/h²": three_values,
            "the errors of the values are 4ε/h², not ε/h²": balanced,
            "wrong powers: the sum is ah² + b/h², its best h is (b/a) to the power 1/4": wrong_root,
            "check the derivative of 4ε/h²: it is −8ε/h³": equal_errors,
            "the errors of the values are divided by h², not by h": one_h,
            "upside down: a large M asks for a small h, a large ε for a large one": upside_down,
            "that is a SymPy number: put float(…) around it": sympy_number,
        },
        variants=[by_roots_of_roots, by_sympy],
    ),
    "01e": Part(
        asks="prediction",
        questions=lambda rng: [{"how": "value"}],
        mistakes={
            "x⁴ has a minimum there, but −x⁴ a maximum": "a",
            "x⁴ + y⁴ has H = 0 at the origin, and a minimum": "b",
            "x⁴ has H = 0 at one point only": "d",
        },
    ),
}
