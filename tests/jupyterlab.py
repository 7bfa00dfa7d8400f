"""A real JupyterLab on a copy of the course, and a real browser to drive it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from course_lib import lab, workspace

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
NEEDS_CHROMIUM = pytest.mark.skipif(
    CHROMIUM is None and "CI" not in os.environ,
    reason="no Chromium here: the browser tests need one on the PATH",
)
READY = ".jp-Notebook-ExecutionIndicator[data-status=idle]"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def course_copy(root: Path) -> Path:
    """Put the course's notebooks below ``root``, as a student has them."""
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    workspace.fill(root)
    lab.prepare(root)
    return root


@contextmanager
def served(root: Path, use: str = "learn") -> Iterator[str]:
    """Serve the lab of the course in ``root`` and yield the address of its first page."""
    env = {**os.environ, **lab.folders(root), "JUPYTER_TOKEN": "test"}
    options = lab.arguments(root, port=None, browser=False, use=use)
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options], env=env, cwd=root,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield _address(root, server) + "?token=test"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:  # a thread of its file server can outlive it
            server.kill()
            server.wait()


def _address(root: Path, server: subprocess.Popen) -> str:
    runtime = Path(lab.folders(root)["JUPYTER_RUNTIME_DIR"])
    for _ in range(600):
        for note in runtime.glob("jpserver-*.json"):
            try:
                return json.loads(note.read_text())["url"]
            except (ValueError, KeyError):  # being written
                continue
        if server.poll() is not None:
            raise RuntimeError(f"JupyterLab ended with exit code {server.returncode}")
        time.sleep(0.05)
    raise RuntimeError("JupyterLab did not start within 30 s")


@contextmanager
def browser(width: int = 1280, height: int = 900) -> Iterator[Page]:
    """Yield a page of a headless Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            yield chromium.new_page(viewport={"width": width, "height": height})
        finally:
            chromium.close()


def open_lesson(page: Page, url: str, name: str) -> None:
    """Open a lesson of the lab at ``url``, alone in its workspace, and wait for its kernel.

    What the console then complains of is kept in ``page.complaints``, and what the kernel does: an
    error in the callback of a widget shows nowhere else.
    """
    page.complaints = []

    def heed(frame: str | bytes) -> None:
        text = frame if isinstance(frame, str) else frame.decode(errors="replace")
        if '"msg_type": "error"' in text:
            page.complaints.append(text)

    page.on("websocket", lambda socket: socket.on("framereceived", heed))
    page.on("console", lambda said: said.type == "error" and page.complaints.append(said.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    base, token = url.split("?")
    page.goto(f"{base}lab/workspaces/{name}/tree/lessons/{name}.ipynb?{token}")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
    wait_for_kernel(page)


def wait_for_kernel(page: Page) -> None:
    """Wait until the lesson on the page has a kernel, and it is at rest.

    Whoever runs cells before that is asked to select a kernel.
    """
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle", timeout=60_000)
    page.locator(READY).wait_for(timeout=60_000)


def run_all(page: Page) -> None:
    """Run the whole lesson on the page, and wait until the last cell has its output."""
    start_all(page)
    expect(running(page)).to_have_count(0, timeout=120_000)


def running(page: Page) -> Locator:
    """Return the prompts of the cells that run or wait for their turn."""
    return page.locator(".jp-InputPrompt").filter(has_text="[*]")


def start_all(page: Page) -> None:
    """Let JupyterLab run all cells of the lesson on the page."""
    page.locator('.lm-MenuBar-itemLabel:text-is("Run")').click()
    page.locator('.lm-Menu-itemLabel:text-is("Run All Cells")').click()
    running(page).first.wait_for(timeout=10_000)


def settle(page: Page) -> None:
    """Wait until the kernel has answered what was done on the page."""
    page.wait_for_timeout(100)
    page.locator(READY).wait_for()
    page.wait_for_timeout(100)


def picture(cell: Locator) -> str:
    """Return what moves in the live picture of a cell, as an address that holds it."""
    return cell.locator(".course-stage canvas").evaluate("canvas => canvas.toDataURL()")


def new_picture(cell: Locator, old: str) -> str:
    """Wait for another live picture than ``old``, and return it."""
    cell.page.wait_for_function(
        "([canvas, old]) => canvas.toDataURL() !== old",
        arg=[cell.locator(".course-stage canvas").element_handle(), old],
        timeout=10_000,
    )
    return picture(cell)
