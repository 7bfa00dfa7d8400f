"""How long a reader waits: for an import, and for the lab's first page."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.jupyterlab import (
    browser,
    course_copy,
    open_lesson,
    served,
    start_all,
    wait_for_kernel,
)

TIMED = "import time; a = time.perf_counter(); {code}; print(time.perf_counter() - a)"


def imports() -> dict[str, float]:
    """Time imports in fresh processes, without the start of Python itself."""
    codes = {
        "import course_lib": "import course_lib",
        "a method and run (NumPy)": "from course_lib import gd, run",
        "the test functions (SymPy)": "from course_lib import functions",
        "the explorer (matplotlib, ipywidgets)": "from course_lib import explore",
        "for comparison: import numpy": "import numpy",
    }
    samples: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(7):
        for name, code in codes.items():
            done = subprocess.run(
                [sys.executable, "-c", TIMED.format(code=code)],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            samples[name].append(1e3 * float(done.stdout))
    return {name: statistics.median(values) for name, values in samples.items()}


def lab() -> dict[str, float]:
    """Time the lab on an installed machine: command to readable lesson, and to its ready kernel."""
    samples: list[tuple[float, float]] = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder, browser() as page:
            root = course_copy(Path(folder))
            begin = time.perf_counter()
            with served(root) as url:
                page.goto(url)
                page.locator(".jp-Notebook h1").first.wait_for()
                shown = time.perf_counter() - begin
                wait_for_kernel(page)
                samples.append((1e3 * shown, 1e3 * (time.perf_counter() - begin)))
    shown, ready = (statistics.median(column) for column in zip(*samples, strict=True))
    return {"lab: command to the lesson on screen": shown, "… to its kernel ready": ready}


def first_slider() -> dict[str, float]:
    """Time the way from a lesson's address to its first live slider, by way of Run All Cells."""
    samples: list[tuple[float, float]] = []
    for _ in range(3):
        with (
            tempfile.TemporaryDirectory() as folder,
            browser() as page,
            served(course_copy(Path(folder))) as url,
        ):
            begin = time.perf_counter()
            open_lesson(page, url, "00_start_here")
            opened = time.perf_counter()
            start_all(page)
            page.locator(".course-stage canvas").first.wait_for()
            samples.append((1e3 * (opened - begin), 1e3 * (time.perf_counter() - opened)))
    opening, running = (statistics.median(column) for column in zip(*samples, strict=True))
    return {"address to the lesson and its kernel": opening, "Run All to its first slider": running}
