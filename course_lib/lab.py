"""Open JupyterLab on the course: ``python -m course_lib.lab``, which is what ``make lab`` runs.

The lab keeps its settings, history and trusted notebooks in ``.jupyter/`` beside the course and
leaves the user's own Jupyter and IPython folders alone.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary

from .environment import ONE_THREAD
from .workspace import fill, in_words, write

__all__ = ["arguments", "check_port", "folders", "main", "prepare"]

ROOT = Path(__file__).resolve().parent.parent

# What an environment may hold that is not for this use: JupyterLab's face stays the student's.
NBGRADER = [
    f"nbgrader.server_extensions.{name}"
    for name in ("formgrader", "validate_assignment", "assignment_list", "course_list")
]
HIDDEN = {
    "learn": ["jupyterlab_jupytext", "notebook", *NBGRADER],
    "edit": ["notebook", *NBGRADER],
    "grade": ["jupyterlab_jupytext", "notebook"],
}
# With nbgrader comes Notebook with its buttons, with the slides a menu of fonts.
IN_THE_PAGE = (
    "@jupyter/nbgrader", "@jupyter-notebook/lab-extension", "jupyterlab-slideshow",
    "@deathbeds/jupyterlab-fonts",
    *(
        f"@deathbeds/jupyterlab-font-{name}"
        for name in ("anonymous-pro", "atkinson-hyperlegible", "dejavu-sans-mono", "fira-code")
    ),
)  # fmt: skip
# No questions at the start; and every cell stays in the page, so that a question can reach its
# revealed answer and the browser's own search finds every word of a lesson.
SETTINGS = {
    "default_setting_overrides": {
        "@jupyterlab/apputils-extension:notification": {
            "fetchNews": "false",
            "checkForUpdates": False,
        },
        "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    },
    "page_config": {
        "buildAvailable": False,
        "buildCheck": False,
        "disabledExtensions": dict.fromkeys(IN_THE_PAGE, True),
    },
}


def folders(root: Path) -> dict[str, str]:
    """Return the environment that keeps everything the lab writes below ``root``.

    >>> folders(Path("course"))["IPYTHONDIR"].replace(os.sep, "/")
    'course/.jupyter/ipython'
    """
    own = root / ".jupyter"
    return {
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
        "IPYTHONDIR": str(own / "ipython"),
        "MPLCONFIGDIR": str(own / "matplotlib"),
    }


def check_port(text: str) -> int:
    """Return the port that ``text`` names.

    Raises ``ValueError`` with one sentence when it names none.

    >>> check_port("8890")
    8890
    """
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise ValueError(f"port={text!r} must be a whole number from 1 to 65535")
    return int(text)


def arguments(root: Path, *, port: int | None, browser: bool, use: str = "learn") -> list[str]:
    """Return the command line of the lab.

    It opens in ``work/``; on the originals to ``use="edit"`` them; on formgrader to ``"grade"``.
    """
    home, lessons = (root / "work", "lessons") if use == "learn" else (root, "notebooks")
    first = f"/lab/tree/{lessons}/{min(_lessons(root)).name}"
    return [
        f"--ServerApp.root_dir={home}",
        f"--LabApp.default_url={'/formgrader' if use == 'grade' else first}",
        f"--ServerApp.open_browser={browser}",
        "--ServerApp.allow_root=True",
        "--Application.log_level=WARN",
        "--LanguageServerManager.autodetect=False",
        *([] if port is None else [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]),
        *(f"--ServerApp.jpserver_extensions={name}=False" for name in HIDDEN[use]),
    ]


def prepare(root: Path) -> None:
    """Make the lab's own folders, answer JupyterLab's questions and trust the course's notebooks.

    A trusted notebook shows its stored outputs whole; any other has its scripts taken out.

    Raises ``OSError`` with one sentence when ``root`` cannot be written.
    """
    own = {name: Path(folder) for name, folder in folders(root).items()}
    for name, answers in SETTINGS.items():
        path = own["JUPYTER_CONFIG_DIR"] / "labconfig" / f"{name}.json"
        write(path, json.dumps(answers, indent=1).encode())
    for folder in own.values():
        folder.mkdir(parents=True, exist_ok=True)
    notary = NotebookNotary(data_dir=str(own["JUPYTER_DATA_DIR"]))
    with closing(notary.store):
        for course in ("notebooks", "exercises", "solutions"):
            for path in (root / course).rglob("*.ipynb"):
                with suppress(ValueError):  # not a notebook, as in the middle of a merge
                    notary.sign(nbformat.read(path, as_version=4))


def main(argv: Sequence[str] | None = None) -> None:
    """Fill ``work/``, say what is new in it, and open JupyterLab on the first lesson."""
    parser = argparse.ArgumentParser(prog="python -m course_lib.lab", description=main.__doc__)
    parser.add_argument("--port", metavar="N", help="default: the first free one from 8888 on")
    parser.add_argument("--no-browser", action="store_true", help="print the address instead")
    use = parser.add_mutually_exclusive_group()
    use.add_argument(
        "--edit", dest="use", action="store_const", const="edit", help="the originals, for authors"
    )
    use.add_argument(
        "--grade", dest="use", action="store_const", const="grade", help="nbgrader's formgrader"
    )
    parser.set_defaults(use="learn")
    given = parser.parse_args(argv)
    if not _lessons(ROOT):
        sys.exit(f"no lessons in {ROOT / 'notebooks'}: install the course with pip install -e .")
    try:
        port = None if given.port is None else check_port(given.port)
        prepare(ROOT)
        copies = fill(ROOT) if given.use == "learn" else []
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    if copies:
        print(in_words(copies, ROOT / "work"))
    print("JupyterLab is starting; Control-C in this window ends it.", flush=True)
    os.environ.update(folders(ROOT) | ONE_THREAD)

    from jupyterlab.labapp import LabApp

    options = arguments(ROOT, port=port, browser=not given.no_browser, use=given.use)
    LabApp.launch_instance(options)
    # A thread that the server used for files may outlive it and would keep Python from ending.
    logging.shutdown()
    os._exit(0)


def _lessons(root: Path) -> list[Path]:
    return list((root / "notebooks").glob("*.ipynb"))


if __name__ == "__main__":
    main()
