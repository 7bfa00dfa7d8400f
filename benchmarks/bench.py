"""Measure the library side by side with what a user would pick instead: ``make bench``.

Prints a table, writes ``benchmarks/results.json``, which lessons quote, and puts the table into the
README.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")
README = Path(__file__).parents[1] / "README.md"
MARK = "<!-- measured by make bench -->\n"

EPOCHS = "An epoch of `gd` on the digits, by batch size"
MEMORY = "Memory"
STEPS = "A step of lesson 14: "
PROBLEMS = ("valley", "noise", "words", "saddle", "net")

Results = dict[str, dict[str, float]]


def table(results: Results) -> str:
    """Return the results as Markdown: milliseconds (or MB), and how many times the first row's.

    The steps of the five problems of lesson 14 are one table together, in microseconds.
    """
    lines = []
    for title, rows in results.items():
        if title.startswith(STEPS):
            if title == STEPS + PROBLEMS[0]:
                lines += _steps([results.get(STEPS + name, {}) for name in PROBLEMS])
            continue
        first = next(iter(rows.values()))
        unit = "MB" if title.startswith(MEMORY) else "ms"
        lines += [f"| {title} | {unit} | ratio |", "| --- | ---: | ---: |"]
        lines += [f"| {name} | {ms:g} | {ms / first:.3g} |" for name, ms in rows.items()]
        lines += [""]
    return "\n".join(lines)


def _steps(columns: list[dict[str, float]]) -> list[str]:
    names = dict.fromkeys(name for rows in columns for name in rows)
    lines = [f"| {STEPS}µs | {' | '.join(PROBLEMS)} |", "| --- |" + " ---: |" * len(columns)]
    for name in names:
        cells = (f"{1000 * rows[name]:.10g}" if name in rows else "–" for rows in columns)
        lines += [f"| {name} | {' | '.join(cells)} |"]
    return [*lines, ""]


def main() -> None:
    """Run every measurement, print it, and write the results."""
    from . import adam, choosing, epochs, grading, networks, sliders, startup

    measurements = {
        "300 Adam steps on Rosenbrock; θ, loss, gradient norm recorded": adam.one_run,
        "200 rates × 50 starts × 300 Adam steps; θ, loss recorded": adam.sweep,
        "An epoch of softmax regression on the digits, B = 1": partial(epochs.against_peers, 1),
        "An epoch of softmax regression on the digits, B = 32": partial(epochs.against_peers, 32),
        "An epoch of softmax regression on the digits, B = 1797": partial(
            epochs.against_peers, 1797
        ),
        EPOCHS: epochs.by_size,
        **{STEPS + name: partial(choosing.steps, name) for name in PROBLEMS},
        "An epoch of the MNIST-1D MLP, float64": partial(networks.epoch, "MLP", "float64"),
        "An epoch of the MNIST-1D MLP, float32": partial(networks.epoch, "MLP", "float32"),
        "An epoch of the MNIST-1D CNN, float64": partial(networks.epoch, "CNN", "float64"),
        "An epoch of the MNIST-1D CNN, float32": partial(networks.epoch, "CNN", "float32"),
        "One paper of exercise 10 graded, two cores": grading.mark,
        f"{MEMORY} while a class is graded, at its peak": grading.memory,
        "Import, in a fresh process": startup.imports,
        "`make lab` on an installed machine": startup.lab,
        "Lesson 00, opened in a running lab": startup.first_slider,
        "A key on a slider, to the new picture in JupyterLab": sliders.follow,
    }
    results: Results = {}
    for title, measure in measurements.items():
        results[title] = {name: float(f"{ms:.2g}") for name, ms in measure().items()}
        print(table({title: results[title]}), flush=True)
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    before, _, after = README.read_text(encoding="utf-8").split(MARK)
    README.write_text(MARK.join([before, table(results), after]), encoding="utf-8")


if __name__ == "__main__":
    main()
