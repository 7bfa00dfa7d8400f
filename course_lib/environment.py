"""Does this Python have what the course needs? The answer comes in plain words."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path

from jupyter_core.paths import jupyter_path
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

__all__ = ["NO_PROGRESS", "ONE_THREAD", "check_environment"]

# The arrays of the course are small: more threads would wait for one another, and add up sums in
# another order.
ONE_THREAD = {
    f"{library}_NUM_THREADS": "1"
    for library in ("MKL", "NUMEXPR", "OMP", "OPENBLAS", "VECLIB_MAXIMUM")
}

# How long a run took is no part of a committed output.
NO_PROGRESS = {"TQDM_DISABLE": "1"}

COURSE = "course-lib"
# What draws the sliders and the pictures in the page, and the package that brings it.
IN_THE_PAGE = {
    "@jupyter-widgets/jupyterlab-manager": "jupyterlab_widgets",
    "anywidget": "anywidget",
}


def check_environment() -> list[str]:
    """Return what this Python lacks for the course, a sentence each; nothing when all is well.

    It compares the Python and each package with the lowest version that the course states, and
    looks for the parts of JupyterLab that show live pictures.

    >>> check_environment()
    []
    """
    try:
        stated = metadata(COURSE)
    except PackageNotFoundError:
        return [
            "This Python does not know the course. Start the course with 'make lab' in its folder."
        ]
    wanted = map(Requirement, stated.get_all("Requires-Dist") or [])
    needed = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    complaints = [
        _python(",".join(stated.get_all("Requires-Python") or [])),
        *(_package(one) for one in needed),
        *(_page(part, package) for part, package in IN_THE_PAGE.items()),
    ]
    return [complaint for complaint in complaints if complaint]


def _python(bounds: str) -> str:
    have = platform.python_version()
    if SpecifierSet(bounds).contains(have, prereleases=True):
        return ""
    return f"This is Python {have}; the course needs Python {bounds}."


def _package(needed: Requirement) -> str:
    bounds = f" {needed.specifier}" if needed.specifier else ""
    try:
        have = version(needed.name)
    except PackageNotFoundError:
        return f"{needed.name} is missing; the course needs {needed.name}{bounds}."
    if needed.specifier.contains(have, prereleases=True):
        return ""
    return f"{needed.name} has version {have}; the course needs{bounds}."


def _page(part: str, package: str) -> str:
    if any((Path(folder) / part).is_dir() for folder in jupyter_path("labextensions")):
        return ""
    return f"JupyterLab cannot show the live pictures: install {package} beside JupyterLab."
