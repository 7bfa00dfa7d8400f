"""Measure the library side by side with what a user would pick instead: ``make bench``.

Prints a table and writes ``benchmarks/results.json``, which lessons and the README quote.
"""

from __future__ import annotations

import json
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")


def main() -> None:
    """Run every measurement, print it, and write the results."""
    from . import adam, startup

    measurements = {
        "300 Adam steps on Rosenbrock; θ, loss and gradient norm recorded": adam.one_run,
        "200 rates × 50 starts × 300 Adam steps; θ and loss recorded": adam.sweep,
        "Import, in a fresh process": startup.imports,
        "make lab on an installed machine": startup.lab,
    }
    results: dict[str, dict[str, float]] = {}
    for title, measure in measurements.items():
        results[title] = {name: float(f"{ms:.2g}") for name, ms in measure().items()}
        first = next(iter(results[title].values()))
        print(f"\n{title}")
        for name, ms in results[title].items():
            print(f"  {name:40s} {ms:10.1f} ms   {ms / first:8.2f} ×")
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
