"""What a worker sees of this computer: its command lines, with bubblewrap and without."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

__all__ = ["BOX", "FOLDER_BYTES", "MEMORY", "confined", "plain"]

COURSE = Path(__file__).resolve().parent.parent / "course_lib"
WORKER = Path(__file__).resolve().with_name("worker.py")
INTERPRETER = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
BOX = "/box"
PACKAGES = ("numpy", "sympy", "mpmath")
# What the worker itself needs of the course.
CORE = ("answers", "checks", "exchange", "parsing", "types")
# What answers import, see `_is_private`.
EARLY = (
    *("numpy.random", "sympy", "collections", "copy", "dataclasses", "decimal", "fractions"),
    *("functools", "itertools", "math", "operator", "random", "statistics", "time", "typing"),
)
MEMORY = 2 * 2**30
FOLDER_BYTES = 16 * 2**20
LIMITS = {
    "RLIMIT_AS": MEMORY,
    "RLIMIT_CORE": 0,
    "RLIMIT_CPU": 600,
    "RLIMIT_FSIZE": FOLDER_BYTES,
    "RLIMIT_NOFILE": 64,
    "RLIMIT_NPROC": 1,
}


def confined(lends: Sequence[str]) -> list[str]:
    """Return the command line that starts the worker inside bubblewrap, with the lent modules.

    Only root can reach an interpreter in its home, so it is root that builds the sandbox there; the
    worker gives all rights up before it reads a line of the submission.
    """
    is_root = os.getuid() == 0
    spaces = ["ipc", "pid", "net", "uts", "cgroup-try"] if is_root else ["all"]
    rights = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if is_root else []
    system, masked = _system()
    packages = _packages()
    course = {WORKER: Path("/judge/worker.py")}
    for path in _closure(tuple(lends)).values():
        compiled = Path(importlib.util.cache_from_source(str(path)))
        course[path] = Path("/judge/course_lib", path.name)
        course[compiled] = Path("/judge/course_lib/__pycache__", compiled.name)
    places = [*system, *packages, *course.values(), Path(os.devnull)]
    parents = {parent for place in places for parent in place.parents} - {Path("/")}
    mounts: list[list[str]] = [
        *(["--perms", "0755", "--dir", str(parent)] for parent in sorted(parents)),
        *(_bound(path, path) for path in system),
        *(["--perms", "0755", "--tmpfs", str(path)] for path in masked),
        *(_bound(path, path) for path in packages),
        *(_bound(path, place) for path, place in course.items() if path.exists()),
        ["--dev-bind", os.devnull, os.devnull],
        ["--perms", "0777", "--size", str(FOLDER_BYTES), "--tmpfs", BOX, "--chdir", BOX],
        *(["--remount-ro", str(path)] for path in (*masked, Path("/"))),
    ]
    sites = sorted({str(path.parent) for path in packages})
    return [
        str(shutil.which("bwrap")),
        *(f"--unshare-{one}" for one in spaces),
        *rights,
        *("--die-with-parent", "--new-session"),
        *(word for mount in mounts for word in mount),
        *_python(INTERPRETER, Path("/judge/worker.py"), sites, "/judge/course_lib", lends, ()),
    ]


def _bound(path: Path, place: Path) -> list[str]:
    if path.is_symlink():  # such as /lib, which is usr/lib
        return ["--symlink", str(path.readlink()), str(place)]
    return ["--ro-bind", str(path), str(place)]


def _system() -> tuple[list[Path], list[Path]]:
    """Return what the interpreter needs of this computer, and what of it must not be seen."""
    libraries = [Path(f"/{folder}{one}") for folder in ("usr/", "") for one in ("lib", "lib64")]
    found = [path for path in libraries if path.exists()]
    installed = Path(sys.base_prefix) / "lib"
    found += [] if installed in found else [installed]
    masked = [one for path in found for one in sorted(path.glob("python3*/*-packages"))]
    return [*found, INTERPRETER], sorted({one.resolve() for one in masked})


def _packages() -> list[Path]:
    """Return the folders of the packages that answers may use, with the libraries beside them."""
    found = []
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        for place in (spec and spec.submodule_search_locations) or ():
            folder = Path(place).resolve()
            beside = folder.with_name(f"{name}.libs")
            found += [folder, beside] if beside.exists() else [folder]
    return found


def plain(lends: Sequence[str], folder: Path) -> list[str]:
    """Return the command line that starts the worker as an ordinary process in ``folder``."""
    for name in ("site", "course_lib", "box"):
        (folder / name).mkdir()
    folder.chmod(0o755)
    (folder / "box").chmod(0o777)
    for path in _closure(tuple(lends)).values():
        shutil.copy(path, folder / "course_lib")
    for path in _packages():
        (folder / "site" / path.name).symlink_to(path)
    early = [*EARLY, *(f"course_lib.{name}" for name in lends)] if _is_private(INTERPRETER) else []
    place = str(folder / "course_lib")
    return _python(Path(sys.executable), WORKER, [str(folder / "site")], place, lends, early)


def _is_private(path: Path) -> bool:
    """Whether root alone can reach a file, so that a worker without rights imports nothing more."""
    return os.getuid() == 0 and any(not one.stat().st_mode & 0o001 for one in path.parents)


def _python(
    interpreter: Path,
    worker: Path,
    sites: Sequence[str],
    course: str,
    lends: Sequence[str],
    early: Sequence[str],
) -> list[str]:
    names = {name: module for name, module in _public() if module in lends}
    setting = {"site": sites, "course": course, "names": names, "early": early, "limits": LIMITS}
    return [str(interpreter), "-I", "-S", "-B", str(worker), json.dumps(setting)]


@cache
def _public() -> list[tuple[str, str]]:
    """Return the names that ``course_lib`` has, each with the module that it is from."""
    tree = ast.parse((COURSE / "__init__.pyi").read_text(encoding="utf-8"))
    lines = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return [(one.name, line.module or one.name) for line in lines for one in line.names]


@cache
def _closure(lends: tuple[str, ...]) -> dict[str, Path]:
    """Return the modules of the course that a worker sees: the lent ones and what these import."""
    found: dict[str, Path] = {}
    wanted = [*CORE, *lends]
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        found[name] = COURSE / f"{name}.py"
        for node in ast.walk(ast.parse(found[name].read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                wanted += [node.module] if node.module else [one.name for one in node.names]
    return found
