"""Execute a notebook so that the next execution gives the same outputs, to the byte."""

from __future__ import annotations

import asyncio
import base64
import copy
import importlib
import io
import itertools
import os
import re
from collections.abc import Iterable
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from PIL import Image

from .environment import NO_PROGRESS, ONE_THREAD

__all__ = ["Unbuildable", "environment", "execute", "steady"]

SECONDS_PER_CELL = 600
# A place in the file system, from its first character to a separator.
PLACE = r"(?<![^\s\"'(=,])[^\s\"'(=,]*[/\\]"
# What differs between two runs or two machines, and what stands in its place.
VOLATILE = {
    r"\bat 0x[0-9a-fA-F]+": "at 0x…",
    PLACE + r"ipykernel_\d+[/\\]\d+\.py": "<cell>",
    PLACE + r"(?=(?:course_lib|site-packages)[/\\])": "",
}


class Unbuildable(Exception):
    """Why a notebook cannot be made, in words."""


def environment(root: Path, scratch: Path) -> dict[str, str]:
    """Return the environment of a kernel that no setting of its user can sway.

    The kernel imports the library in ``root``; ``scratch`` is an empty folder for its profile.
    """
    # Makes matplotlib's font cache if there is none; a lesson would announce that in its output.
    importlib.import_module("matplotlib.font_manager")
    (scratch / "matplotlibrc").touch()
    path = os.pathsep.join(filter(None, (str(root.resolve()), os.environ.get("PYTHONPATH"))))
    return {
        **os.environ,
        **ONE_THREAD,
        **NO_PROGRESS,
        "IPYTHONDIR": str(scratch),
        "MATPLOTLIBRC": str(scratch),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": path,
    }


async def execute(notebook: NotebookNode, folder: Path, env: dict[str, str]) -> None:
    """Fill in the outputs of ``notebook``, executed in ``folder`` by a kernel of this Python.

    Raises ``Unbuildable``, naming the cell and its error, when a cell fails that may not. The
    kernel does not outlive the call, however it ends.
    """
    # With no folder to search, python3 is the kernel of the Python that runs this.
    manager = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=SECONDS_PER_CELL,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=False,
        extra_arguments=["--log-level=ERROR"],
    )
    try:
        await client.async_start_new_kernel(cwd=str(folder), env=env)
        await _connect(client)
        for index, cell in enumerate(notebook.cells):
            await _execute_cell(client, cell, index)
    finally:
        if client.kc is not None:
            client.kc.stop_channels()
        if manager.has_kernel:
            await manager.shutdown_kernel(now=True)


async def _connect(client: NotebookClient) -> None:
    try:
        await client.async_start_new_kernel_client()
    except RuntimeError as error:
        raise Unbuildable(f"no kernel could be started: {error}") from error


async def _execute_cell(client: NotebookClient, cell: NotebookNode, index: int) -> None:
    count = client.code_cells_executed + 1
    try:
        await client.async_execute_cell(cell, index, execution_count=count)
    except CellExecutionError as error:
        problem = f"{error.ename}: {error.evalue}"
    except CellTimeoutError:
        problem = f"it ran for more than {SECONDS_PER_CELL} s"
    except DeadKernelError:
        # nbclient takes a cancelled task for a dead kernel.
        if (task := asyncio.current_task()) and task.cancelling():
            raise asyncio.CancelledError from None
        problem = "the kernel died"
    else:
        if cell.cell_type == "code":
            cell.outputs = steady(cell.outputs)
        return
    first_line = cell.source.strip().splitlines()[0]
    place = f"cell {index + 1} (In [{count}]) {_heading(client.nb.cells[:index])}"
    raise Unbuildable(f"{place} failed\n    {first_line}\n{problem}")


def _heading(cells: Iterable[NotebookNode]) -> str:
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    headings = re.findall(r"^#{1,6} +(.+)", text, re.MULTILINE)
    return f"below “{headings[-1]}”" if headings else "above the first heading"


def steady(outputs: Iterable[NotebookNode]) -> list[NotebookNode]:
    """Return the outputs of a cell without what would differ in its next execution.

    Gone are live widgets (their stills stay), addresses in memory, absolute paths, the words in a
    PNG that tell what drew it, and where the kernel's clock has split a stream.
    """
    kept: list[NotebookNode] = []
    for printed, group in itertools.groupby(outputs, key=lambda o: o.output_type == "stream"):
        kept += (_merged if printed else _stills)(list(group))
    return [output for output in kept if output.get("data", True)]


def _merged(streams: list[NotebookNode]) -> list[NotebookNode]:
    """Join what was printed between two pictures: all of stdout, then all of stderr."""
    merged = []
    for name in ("stdout", "stderr"):
        if of_name := [stream for stream in streams if stream.name == name]:
            stream = copy.copy(of_name[0])
            stream.text = _plain("".join(part.text for part in of_name))
            merged.append(stream)
    return merged


def _stills(outputs: list[NotebookNode]) -> list[NotebookNode]:
    return [_still(output) for output in outputs]


def _still(output: NotebookNode) -> NotebookNode:
    still = copy.copy(output)
    if output.output_type == "error":
        still.evalue = _plain(output.evalue)
        still.traceback = [f"{output.ename}: {still.evalue}"]
    else:
        still.data = {
            mime: CLEANERS[mime](content) if mime in CLEANERS else content
            for mime, content in output.data.items()
            if not mime.startswith("application/vnd.jupyter.widget")
        }
    return still


def _plain(text: str) -> str:
    for volatile, stable in VOLATILE.items():
        text = re.sub(volatile, stable, text)
    return text


def _untold(png: str) -> str:
    picture = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(png))) as image:
        image.save(picture, "PNG", optimize=True)
    return base64.b64encode(picture.getvalue()).decode()


CLEANERS = {"image/png": _untold, "text/plain": _plain}
