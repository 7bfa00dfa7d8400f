"""A class hands in exercise 10: what a mark takes beside plain nbgrader, in time and memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from itertools import cycle, islice
from pathlib import Path

import nbformat
import psutil

from grading.exercise import Exercise, load, written
from grading.paper import identity

ROOT = Path(__file__).parents[1]
NAME = "ex10_adam"
STUDENTS = 60
FEW = 12  # plain nbgrader needs so long for each that it gets the first of them only


def papers(exercise: Exercise) -> list[dict[str, str] | None]:
    """Return the answers of a class, by cell: some right, most with one mistake, some untouched."""
    mistakes = [
        {f"{name}-answer": written(part.asks, wrong)}
        for name, part in exercise.parts.items()
        for wrong in part.mistakes.values()
    ]
    some = zip(cycle([None, {}]), cycle(mistakes), cycle(mistakes[::-1]), strict=False)
    return list(islice((one for three in some for one in three), STUDENTS))


def hand_in(root: Path, students: int) -> None:
    """Put what grading needs below ``root``, with the papers of so many students."""
    for folder in ("sources/exercises", "solutions", "exercises"):
        shutil.copytree(ROOT / folder / NAME, root / folder / NAME)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    exercise = load(NAME, root)
    solutions = {identity(cell): cell.source for cell in exercise.cells}
    for number, answers in enumerate(papers(exercise)[:students]):
        notebook = nbformat.read(root / "exercises" / NAME / f"{NAME}.ipynb", 4)
        for cell in notebook.cells:
            name = identity(cell)
            if name.endswith(("-answer", "-words")) and answers is not None:
                cell.source = answers.get(name, solutions[name])
        path = root / "submitted" / f"student{number:02d}" / NAME / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)


def run(root: Path, *command: str) -> tuple[float, float]:
    """Run a command of this Python in ``root``; return its seconds and its peak memory in MB."""
    env = {**os.environ, "PYTHONPATH": str(ROOT),
           "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}  # fmt: skip
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", *command], cwd=root, env=env,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    peak = [0.0]
    watch = threading.Thread(target=_watch, args=(process.pid, peak))
    watch.start()
    code = process.wait()
    seconds = time.perf_counter() - begin
    watch.join()
    if code:
        raise RuntimeError(f"{' '.join(command)} ended with exit code {code}")
    return seconds, peak[0]


def _watch(pid: int, peak: list[float]) -> None:
    while psutil.pid_exists(pid):
        try:
            tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
            used = sum(one.memory_info().rss for one in tree if one.is_running())
        except psutil.Error:
            continue
        peak[0] = max(peak[0], used / 1e6)
        time.sleep(0.05)


@cache
def _measured() -> dict[str, tuple[float, float]]:
    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as theirs:
        hand_in(Path(ours), STUDENTS)
        hand_in(Path(theirs), FEW)
        mine = run(Path(ours), "grading.grade", "ex10")
        run(Path(theirs), "nbgrader", "generate_assignment", NAME, "--force")
        plain = run(Path(theirs), "nbgrader", "autograde", NAME)
        pages = run(Path(theirs), "nbgrader", "generate_feedback", NAME)
    marked = (plain[0] / FEW, plain[1])
    return {
        f"make grade, {STUDENTS} papers, with pages": (mine[0] / STUDENTS, mine[1]),
        f"nbgrader autograde, {FEW} of them": marked,
        "… and generate_feedback": (marked[0] + pages[0] / FEW, max(plain[1], pages[1])),
    }


def mark() -> dict[str, float]:
    """Return the milliseconds for one paper, the start of the program included."""
    return {name: 1000 * seconds for name, (seconds, _) in _measured().items()}


def memory() -> dict[str, float]:
    """Return the peak memory in MB of all processes together."""
    return {name: peak for name, (_, peak) in _measured().items()}
