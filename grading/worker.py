"""The worker: runs the code of a submission and puts the judge's questions to its answers.

It is started inside the sandbox as ``python -I -S worker.py SETTING`` and decides nothing: it holds
no expected results, and all that it says is data for the judge to compare. Requests come one a
line, in JSON, and each gets one line back with the same ``id``:

- ``{"cell": code, "name": …}``: execute the code; the reply is ``{}`` or ``{"error": words}``,
- ``{"asks": name, "question": …}``: put the question to what has that name; the reply is
  ``{"result": …}``, ``{"error": words}`` or ``{"missing": true}``.

While the question is of the kind ``train`` the worker asks back, see `Remote`.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType
from typing import Any

__all__ = ["OUT_OF_MEMORY", "Remote", "train"]

OUT_OF_MEMORY = 77
NOBODY = 65534
# What notebooks import to show things; no mark depends on it.
SHOWING = {
    *("IPython", "ipykernel", "ipywidgets", "anywidget", "matplotlib", "mpl_toolkits", "seaborn"),
    *("tqdm", "PIL", "joblib", "pandas", "sklearn", "mnist1d", "latex2mathml"),
}


class StandIn:
    """What stands for a thing that is not available while grading: silent, and no answer."""

    used: list[str] = []  # noqa: RUF012

    def __init__(self, *names: Any, **_: Any) -> None:
        self.names = names

    def __repr__(self) -> str:
        return f"<{self.names[0]}: not available while grading>"

    def __getattr__(self, name: str) -> StandIn:
        if name == "free_symbols":  # what `encode` looks for in a result
            StandIn.used.append(str(self.names[0]))
        if name.startswith("__") or name == "free_symbols":
            raise AttributeError(name)
        return StandIn(f"{self.names[0]}.{name}")

    def __call__(self, *args: Any, **options: Any) -> Any:
        decorates = len(args) == 1 and not options and isinstance(args[0], FunctionType)
        StandIn.used.append(str(self.names[0]))
        return args[0] if decorates else self

    def __getitem__(self, _: Any) -> StandIn:
        return self

    def __setitem__(self, *_: Any) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError(f"{self.names[0]} is not available while grading")


class StandIns:
    """Finds what is not there and may be missed: the rest of the course, and what shows things."""

    @staticmethod
    def find_spec(name: str, *_: Any) -> ModuleSpec | None:
        """Return where a stand-in for the module ``name`` comes from, if it has one."""
        package = name.partition(".")[0]
        missed = package in SHOWING or package == "course_lib"
        return ModuleSpec(name, StandIns, is_package=True) if missed else None  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: ModuleSpec) -> Any:
        """Return the stand-in for a module."""
        return StandIn(spec.name)

    @staticmethod
    def exec_module(_: Any) -> None:
        """Do nothing: a stand-in has no code."""


def course(folder: str, names: Mapping[str, str]) -> ModuleType:
    """Return a ``course_lib`` that has the lent ``names``, each from its module, and no other."""
    package = ModuleType("course_lib")
    package.__path__ = [folder]

    def find(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in names:
            return StandIn(f"course_lib.{name}")
        module = importlib.import_module(f"course_lib.{names[name]}")
        return module if names[name] == name else getattr(module, name)

    package.__dict__["__getattr__"] = find
    return package


class Remote:
    """An objective that the judge holds: every value and every gradient is a request to it.

    ``n`` examples, ``dim`` parameters, and ``left`` of the budget. ``batch(index)`` is the mean
    over these examples only.
    """

    def __init__(
        self,
        question: Mapping[str, Any],
        ask: Callable[[dict[str, Any]], dict[str, Any]],
        index: Any = None,
        budget: dict[str, Any] | None = None,
    ) -> None:
        self._question, self._ask, self._index = question, ask, index
        self._budget = {"left": question["left"]} if budget is None else budget
        self.n = question["n"] if index is None else len(index)
        self.dim = question["dim"]

    @property
    def left(self) -> Any:
        """How much of the budget is left."""
        return self._budget["left"]

    def __call__(self, theta: Any) -> Any:
        """Return J(θ)."""
        return self._asked("value", theta)

    def grad(self, theta: Any) -> Any:
        """Return ∇J(θ)."""
        return self._asked("grad", theta)

    def batch(self, index: Any) -> Remote:
        """Return the mean over the examples ``index`` alone."""
        import numpy as np

        return Remote(self._question, self._ask, np.asarray(index), self._budget)

    def _asked(self, what: str, theta: Any) -> Any:
        """Return what the judge answers; raises ``RuntimeError`` with its words when it refuses."""
        import numpy as np

        from course_lib.exchange import decode, encode

        index = None if self._index is None else encode(self._index)
        request = {"ask": what, "theta": encode(np.asarray(theta, dtype=float)), "index": index}
        reply = self._ask(request)
        self._budget["left"] = reply.get("left", self._budget["left"])
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return decode(reply["value"])


def train(
    question: Mapping[str, Any], answer: Any, ask: Callable[[dict[str, Any]], dict[str, Any]]
) -> Any:
    """Let ``answer(f, theta, rng)`` train on a `Remote` objective; return the final θ, plain."""
    import numpy as np

    from course_lib.exchange import decode, encode

    start, rng = decode(question["theta"]), decode(question["rng"])
    final = answer(Remote(question, ask), np.array(start, dtype=float), rng)
    return encode(np.asarray(final, dtype=float))


class Channel:
    """The way to the judge and back, away from the descriptors that a submission writes to."""

    def __init__(self) -> None:
        self._requests = os.fdopen(os.dup(0), "rb")
        self._replies = os.fdopen(os.dup(1), "wb")
        self._id: Any = None
        nowhere = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nowhere, standard)

    def read(self) -> Any:
        """Return the next request; ends the process when there is no judge any more."""
        line = self._requests.readline()
        if not line:
            os._exit(0)
        return json.loads(line)

    def serve(self, respond: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Read one request and send what ``respond`` makes of it."""
        request = self.read()
        self._id = request["id"]
        reply = respond(request)
        try:
            self.send(reply)
        except (TypeError, ValueError, RecursionError):
            self.send({"error": "Unsendable: something that cannot be sent"})

    def send(self, reply: Mapping[str, Any]) -> None:
        """Send one line."""
        line = json.dumps({**reply, "id": self._id}).encode()
        self._replies.write(line + b"\n")
        self._replies.flush()

    def ask(self, request: Mapping[str, Any]) -> Any:
        """Ask the judge something in the middle of a question."""
        self.send(request)
        return self.read()


def told(error: BaseException) -> str:
    """Return an error in words, whatever kind of object it is; out of memory, end the process."""
    if isinstance(error, MemoryError):
        os._exit(OUT_OF_MEMORY)
    try:
        return f"{type(error).__name__}: {error}"[:500]
    except BaseException:
        return "Exception: an error that has no words"


class Submission:
    """The names that the cells of a submission define."""

    def __init__(self, channel: Channel) -> None:
        from course_lib.answers import respond
        from course_lib.exchange import perform

        self._channel, self._respond, self._perform = channel, respond, perform
        sys.modules["course_lib.answers"] = StandIn("course_lib.answers")  # type: ignore[assignment]
        main = ModuleType("__main__")
        main.__dict__.update(get_ipython=StandIn("IPython"), display=StandIn("IPython"))
        sys.modules["__main__"] = main
        self._names = main.__dict__

    def respond(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what a request says."""
        return self._execute(request) if "cell" in request else self._answer(request)

    def _execute(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            exec(compile(request["cell"], request["name"], "exec", dont_inherit=True), self._names)
        except BaseException as error:
            return {"error": told(error)}
        return {}

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        question, name = request["question"], request["asks"]
        if name not in self._names:
            return {"missing": True}
        answer = self._names[name]
        StandIn.used.clear()
        if type(answer) is StandIn:
            StandIn.used.append(str(answer.names[0]))
        try:
            response = self._respond(question, answer, self._ask)
        except BaseException as error:
            response = {"error": told(error)}
        if "error" in response and StandIn.used:
            response["error"] += f" ({StandIn.used[0]} is not available while grading)"
        return response

    def _ask(self, question: dict[str, Any], answer: Any) -> Any:
        try:
            if question["how"] == "train":
                return train(question, answer, self._channel.ask)
            return self._perform(question, answer)
        except MemoryError as error:
            told(error)


def confine(limits: Mapping[str, int]) -> None:
    """Set the limits of this process for good, and give up all rights where there are any."""
    import resource

    for name, most in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(OSError, ValueError):  # not every system has every limit
            resource.setrlimit(kind, (least, least))
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def main(setting: Mapping[str, Any]) -> None:
    """Serve the judge until it goes away."""
    channel = Channel()
    sys.path[:0] = setting["site"]
    sys.meta_path.append(StandIns)
    sys.modules["course_lib"] = course(setting["course"], setting["names"])
    submission = Submission(channel)
    preload(setting["early"])
    confine(setting["limits"])
    while True:
        channel.serve(submission.respond)


def preload(modules: Sequence[str]) -> None:
    """Import what could not be read any more once all rights are given up."""
    for name in modules:
        importlib.import_module(name)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
