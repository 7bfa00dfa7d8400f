"""A process that a submission runs in and cannot get out of, and the conversation with it.

Where bubblewrap works, the worker sees the interpreter, NumPy, SymPy and the lent modules of the
course, all read-only, an empty folder of its own in memory, and nothing else: no network, no other
process, no file of the course. Elsewhere it is a separate process with the same limits only, see
`warning`.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self

from course_lib.environment import ONE_THREAD

from .enclosure import BOX, MEMORY, confined, plain
from .replies import parsed
from .worker import OUT_OF_MEMORY

__all__ = ["Breach", "Unstartable", "Worker", "available", "warning"]

SECONDS_TO_START = 60.0
MOST_BYTES = 20_000_000
WARNING = (
    "no sandbox: bubblewrap (bwrap) does not run here, so submissions run in an ordinary process "
    "that can read files and use the network; grade only work that you trust, or install it"
)


class Breach(Exception):
    """How a worker left the conversation, in words that follow its name."""


class Unstartable(RuntimeError):
    """The sandbox does not start on this computer, whatever was handed in."""


@cache
def available() -> bool:
    """Whether bubblewrap really runs here: tried, not guessed."""
    if shutil.which("bwrap") is None:
        return False
    try:
        with Worker((), is_confined=True):
            return True
    except Unstartable:
        return False


def warning() -> str:
    """Return what to tell an instructor whose computer has no sandbox; ``""`` where it has one."""
    return "" if available() else WARNING


class Worker:
    """One worker in a sandbox of its own, with the modules ``lends`` of ``course_lib``.

    Raises `Unstartable` when it does not start.
    """

    def __init__(self, lends: Sequence[str], *, is_confined: bool | None = None) -> None:
        self._folder: Any = None
        self._rest = bytearray()
        self._left = MOST_BYTES
        self._id = 0
        try:
            self._process = self._started(lends, is_confined)
        except OSError as error:
            raise Unstartable(f"the sandbox does not start: {error}") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        try:
            self.request({"cell": "", "name": "start"}, SECONDS_TO_START)
        except Breach as breach:
            self.close()
            raise Unstartable(f"the sandbox does not start: the worker {breach}") from None

    def _started(self, lends: Sequence[str], is_confined: bool | None) -> subprocess.Popen[bytes]:
        if available() if is_confined is None else is_confined:
            arguments, place, start = confined(lends), BOX, "/"
        else:
            self._folder = tempfile.TemporaryDirectory("-grading", ignore_cleanup_errors=True)
            arguments = plain(lends, Path(self._folder.name))
            place = start = f"{self._folder.name}/box"
        return subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=start,
            env={**ONE_THREAD, "HOME": place, "TMPDIR": place, "LANG": "C.UTF-8"},
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker and all that it started."""
        _kill(self._process)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        if self._folder is not None:
            self._folder.cleanup()

    def request(
        self,
        message: dict[str, Any],
        seconds: float,
        referee: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Send a request and return its reply; what the worker asks meanwhile goes to ``referee``.

        Raises `Breach` when there is no proper reply within ``seconds``.
        """
        self._id += 1
        until = time.monotonic() + seconds
        late = f"did not {'end' if 'cell' in message else 'answer'} within {seconds:.3g} s"
        self._send({**message, "id": self._id}, until, late)
        while True:
            reply, size = self._receive(until, late)
            if reply.pop("id", None) != self._id:
                raise Breach("spoke out of turn")
            if referee is None or "ask" not in reply:
                self._left -= size
                return reply
            self._send({**referee(reply), "id": self._id}, until, late)

    def _send(self, message: dict[str, Any], until: float, late: str) -> None:
        waiting = memoryview(json.dumps(message).encode() + b"\n")
        while waiting:
            _wait(self._to, select.POLLOUT, until, late)
            try:
                waiting = waiting[os.write(self._to, waiting) :]
            except BlockingIOError:
                continue
            except OSError:
                raise Breach(self._end()) from None

    def _receive(self, until: float, late: str) -> tuple[dict[str, Any], int]:
        searched = 0
        while (cut := self._rest.find(b"\n", searched)) < 0:
            searched = len(self._rest)
            if searched > self._left:
                raise Breach("sent more than the judge reads")
            _wait(self._from, select.POLLIN, until, late)
            chunk = os.read(self._from, 1 << 20)
            if not chunk:
                raise Breach(self._end())
            self._rest += chunk
        line = bytes(self._rest[:cut])
        del self._rest[: cut + 1]
        try:
            return parsed(line), len(line)
        except ValueError as odd:
            raise Breach(f"sent {odd}") from None

    def _end(self) -> str:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "closed the conversation"
        if code == OUT_OF_MEMORY:
            return f"needed more than {MEMORY / 2**30:.0f} GB of memory"
        return "ended the process it ran in"


def _wait(handle: int, event: int, until: float, late: str) -> None:
    poll = select.poll()
    poll.register(handle, event)
    left = until - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise Breach(late)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with its group; with bubblewrap, everything inside dies with it."""
    if process.poll() is None:
        os.killpg(process.pid, 9)
    process.wait()
