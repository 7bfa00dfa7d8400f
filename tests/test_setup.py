"""The set-up: what is installed, by what, and which module may import which."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from itertools import accumulate
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {
    name: [Requirement(line) for line in lines]
    for name, lines in {
        "base": PROJECT["dependencies"],
        **PROJECT["optional-dependencies"],
    }.items()
}
PINS = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if not line.startswith("#")
)
VERSIONS = {canonicalize_name(name): version for name, version in PINS.items()}

# Packages that conda-forge has under another name.
CONDA_NAMES = {
    "jupyter-core": "jupyter_core",
    "matplotlib": "matplotlib-base",
    "playwright": "playwright-python",
}

# Packages that only PyPI has.
NOT_ON_CONDA = {"mnist1d"}

# A module may import from earlier groups and from its own.
GROUPS = [
    ["types"],
    ["checks", "parsing"],
    ["objectives", "functions", "data", "models", "layers", "network"],
    ["steps", "line_search", "schedules", "stopping"],
    ["counting", "dealing", "runner", "spread", "comparison", "project"],
    ["exchange", "answers"],
    ["theory", "plots", "questions", "code_listing"],
    ["controls", "choosers", "stage", "readouts", "panels", "mean_panels", "live_picture"],
    ["explorer", "surface_explorer", "mean_explorer", "doors"],
    ["environment", "execution", "notebooks", "workspace", "lab"],
]
FORMULAS = {module for group in GROUPS[:5] for module in group}
SHOWING = re.compile(r"IPython|ipy\w+|jupyter\w*|matplotlib|nbformat|nbclient|nbconvert|traitlets")

MODULES = sorted(path.stem for path in (ROOT / "course_lib").glob("[!_]*.py"))


def imports(module: str) -> tuple[set[str], set[str]]:
    """Return what a module imports, anywhere in it: modules of the course, and other packages."""
    ours, others = set(), set()
    for node in ast.walk(ast.parse((ROOT / "course_lib" / f"{module}.py").read_text())):
        if isinstance(node, ast.Import):
            others |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            ours |= {node.module} if node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            others.add(str(node.module).split(".")[0])
    return ours, others


IMPORTS = {module: imports(module) for module in MODULES}


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_one_way(module):
    ours, others = IMPORTS[module]
    places = [place for place, group in enumerate(GROUPS) if module in group]
    assert len(places) == 1, f"give {module} its place in GROUPS"
    allowed = list(accumulate(GROUPS))[places[0]]
    assert ours <= set(allowed)
    assert "course_lib" not in others, "import the course's modules relatively"


def test_no_module_imports_itself_in_a_circle():
    TopologicalSorter({module: ours for module, (ours, _) in IMPORTS.items()}).prepare()


@pytest.mark.parametrize("module", sorted(FORMULAS & set(MODULES)))
def test_formulas_know_nothing_of_jupyter_and_matplotlib(module):
    assert not {package for package in IMPORTS[module][1] if SHOWING.fullmatch(package)}


def test_importing_the_course_loads_nothing_heavy():
    code = "import course_lib, sys; print({'sympy', 'matplotlib', 'IPython'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_conda_installs_what_pip_installs():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, _, *packages, by_pip = environment["dependencies"]
    assert environment["channels"] == ["conda-forge"]
    assert python.startswith("python " + PROJECT["requires-python"])
    wanted = EXTRAS["base"] + EXTRAS["test"]
    by_pip_alone = [str(one) for one in wanted if one.name in NOT_ON_CONDA]
    assert by_pip == {"pip": [*by_pip_alone, "-e ."]}
    expected = {
        CONDA_NAMES.get(one.name, one.name): one.specifier
        for one in wanted
        if one.name not in NOT_ON_CONDA
    }
    assert {one.name: one.specifier for one in map(Requirement, packages)} == expected


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_dependency_is_pinned_inside_its_bounds(extra):
    for wanted in EXTRAS[extra]:
        assert wanted.specifier.contains(VERSIONS[canonicalize_name(wanted.name)]), wanted.name


def test_every_pin_can_be_installed_on_the_oldest_python():
    installed = {
        canonicalize_name(found.metadata["Name"]): found.metadata
        for found in importlib.metadata.distributions()
    }
    for name, version in VERSIONS.items():
        metadata = installed.get(name)
        if metadata is not None and metadata["Version"] == version:
            assert SpecifierSet(metadata.get("Requires-Python", "")).contains("3.11.0"), name


def committed() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    listing = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in names.split("\0") if (path := ROOT / name).is_file()]


def test_no_file_names_a_package_index_or_a_place_on_a_machine():
    index = (
        r"pypi\.org|pythonhosted\.org|npmjs\.org|pytorch\.org/whl|--\w*-?index-[u]rl|find-[l]inks"
    )
    place = r"(?<![\w.}~])/(?:root|work|home/(?!me/)\w+|Users/\w+)/|C:\\+Users"
    for path in committed():
        found = re.search(f"{index}|{place}", path.read_text(errors="ignore"))
        assert found is None, f"{path}: {found and found[0]}"


STAND_IN = """#!/bin/sh
echo "$*" >> calls
case "$*" in
  *-m\\ venv*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  *pip\\ install*) ! [ -e no-network ] ;;
esac
"""


class Checkout:
    """A copy of what `make` reads, with a stand-in for Python that writes down its calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "benchmarks").mkdir(parents=True)
        for name in ("Makefile", "pyproject.toml", "constraints.txt", "benchmarks/peers.txt"):
            shutil.copy(ROOT / name, folder / name)
        python = folder / "stand-in"
        python.write_text(STAND_IN)
        python.chmod(0o755)

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        outer = {
            "MAKEFLAGS",
            "MAKELEVEL",
            "MFLAGS",
            "PORT",
            "BROWSER",
            "PYTHON",
            "ASSIGNMENT",
            "STUDENT",
        }
        return subprocess.run(
            ["make", "PYTHON=./stand-in", *arguments],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if name not in outer},
            capture_output=True,
            text=True,
        )

    def calls(self) -> list[str]:
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return [line for line in lines if "-c import sys" not in line and "--version" not in line]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    return Checkout(tmp_path / "a course")


def test_help_lists_every_target(checkout):
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)", makefile, re.MULTILINE)
    told = re.findall(r"^make (\w+) +\S", checkout.make().stdout, re.MULTILINE)
    assert targets is not None
    assert told == targets[1].split()


def test_an_install_is_done_once(checkout):
    install = "-m pip install --quiet -c constraints.txt -e ."
    checkout.make("lab", "PORT=8890", "BROWSER=no")
    run = "-m course_lib.lab --port 8890 --no-browser"
    assert checkout.calls() == ["-m venv --clear .venv", install, run]
    for again in ([], ["-B"], ["BROWSER=yes"]):
        checkout.make("lab", *again)
        assert checkout.calls() == ["-m course_lib.lab"]
    checkout.make("edit")
    assert checkout.calls() == [f"{install}[test,teach]", "-m course_lib.lab --edit"]
    os.utime(checkout.folder / "pyproject.toml", (0, 0))
    checkout.make("lab")
    assert checkout.calls() == ["-m course_lib.lab"]
    (checkout.folder / "constraints.txt").write_text("numpy==2.0.0\n")
    checkout.make("lab")
    assert checkout.calls() == [install, "-m course_lib.lab"]


def test_an_install_that_failed_is_done_again(checkout):
    stop = checkout.folder / "no-network"
    stop.touch()
    assert checkout.make("lab").returncode
    assert len(checkout.calls()) == 2
    stop.unlink()
    assert checkout.make("lab").returncode == 0
    assert len(checkout.calls()) == 2


def test_a_moved_checkout_is_installed_again(checkout):
    checkout.make("lab")
    checkout.calls()
    checkout.folder = checkout.folder.rename(checkout.folder.with_name("moved"))
    checkout.make("lab")
    assert len(checkout.calls()) == 2


def test_a_forced_build_is_forced(checkout):
    checkout.make("notebooks", "BROWSER=no")
    assert checkout.calls()[-1] == "-m course_lib.notebooks"
    for flags in (["-B"], ["-Bs"], ["--always-make"], ["-B", "-j2", "PORT=1"]):
        checkout.make(*flags, "notebooks")
        assert checkout.calls() == ["-m course_lib.notebooks --force"]


def test_the_name_of_a_student_reaches_the_grader_whole(checkout):
    checkout.make("grade", "ASSIGNMENT=ex10")
    assert checkout.calls()[-1] == "-m grading.grade ex10"
    name = '-o\'neil, "x" `touch oops` [1]'
    checkout.make("grade", "ASSIGNMENT=ex10", f"STUDENT={name}")
    assert checkout.calls() == [f"-m grading.grade ex10 --student={name}"]
    assert not (checkout.folder / "oops").exists()


def test_no_python_or_one_too_old_is_one_sentence(checkout):
    old = checkout.folder / "old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for python in ("./old", "./missing"):
        first, *rest = checkout.make("lab", f"PYTHON={python}").stderr.splitlines()
        assert first.startswith(f"The course needs Python 3.11 or newer, and {python} is older")
        assert len(rest) == 1
        assert rest[0].startswith("make: ***")
        assert not (checkout.folder / ".venv").exists()


def test_upgrade_wants_the_oldest_python(checkout):
    told = checkout.make("upgrade", "PYTHON=false").stderr
    assert told.startswith("make upgrade needs Python 3.11, the oldest")
    assert (checkout.folder / "constraints.txt").read_text().startswith("# The versions that")


def test_clean_keeps_the_students_work(checkout):
    kept = checkout.folder / "work" / "__pycache__" / "mine"
    kept.parent.mkdir(parents=True)
    kept.touch()
    (checkout.folder / "course_lib" / "__pycache__").mkdir(parents=True)
    checkout.make("lab")
    assert checkout.make("clean").returncode == 0
    assert kept.exists()
    assert not (checkout.folder / ".venv").exists()
    assert not (checkout.folder / "course_lib" / "__pycache__").exists()
