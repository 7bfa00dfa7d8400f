"""The sandbox: what runs in it sees nothing, reaches nothing, and ends when it is told to."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from grading import enclosure, sandbox
from grading.sandbox import Breach, Unstartable, Worker

CALL = {"how": "call", "args": [1]}

needs_bubblewrap = pytest.mark.skipif(
    not sandbox.available(), reason="bubblewrap does not run here"
)
BOTH = [
    pytest.param(True, marks=needs_bubblewrap, id="bubblewrap"),
    pytest.param(False, id="plain"),
]


@pytest.fixture(params=BOTH)
def worker(request):
    with Worker(("models",), is_confined=request.param) as one:
        yield one


@pytest.fixture
def confined():
    if not sandbox.available():
        pytest.skip("bubblewrap does not run here")
    with Worker(("models",), is_confined=True) as one:
        yield one


def told(worker, code, seconds=10.0):
    """Return what the function ``tell``, defined by the code, returns in there."""
    ran = worker.request({"cell": code, "name": "a test"}, seconds)
    assert ran == {}, ran
    return worker.request({"asks": "tell", "question": CALL}, seconds)["result"]


def test_code_runs_and_answers(worker):
    assert told(worker, "def tell(x):\n    return x + 1") == 2
    assert worker.request({"asks": "nothing", "question": CALL}, 5) == {"missing": True}


def test_an_error_is_told_and_the_next_cell_runs(worker):
    reply = worker.request({"cell": "kept = 1\n1 / 0", "name": "a test"}, 5)
    assert reply == {"error": "ZeroDivisionError: division by zero"}
    assert told(worker, "tell = lambda x: kept") == 1


@pytest.mark.parametrize(
    "code", ["raise SystemExit", "import sys; sys.exit(0)", "raise KeyboardInterrupt", "quit()"]
)
def test_leaving_is_an_error_like_any(worker, code):
    assert "error" in worker.request({"cell": code, "name": "a test"}, 5)
    assert told(worker, "tell = lambda x: 5") == 5


def test_the_lent_names_are_there_and_no_other(worker):
    code = """
from course_lib import LeastSquares, adam, explore
from course_lib.steps import amsgrad
import course_lib.line_search as search
import matplotlib.pyplot as plt
from ipywidgets import interact
from tqdm.auto import tqdm

fig, axes = plt.subplots, plt.gca()
for _ in tqdm(range(3)):
    pass
with plt.style.context("dark"):
    plt.plot([1])[0].set_label("x")

@interact(lr=(0, 1))
def tell(x):
    return [str(LeastSquares), repr(adam), repr(amsgrad), repr(search.newton), len(list(plt.x))]
"""
    assert told(worker, code) == [
        "<class 'course_lib.models.LeastSquares'>",
        "<course_lib.adam: not available while grading>",
        "<course_lib.steps.amsgrad: not available while grading>",
        "<course_lib.line_search.newton: not available while grading>",
        0,
    ]


def test_processes_and_threads_cannot_be_started(worker):
    code = """
import os, sys, _thread
def attempt(f):
    try:
        f()
        return "started"
    except (OSError, RuntimeError) as error:
        return "refused"
def tell(x):
    spawn = lambda: os.posix_spawn(sys.executable, [sys.executable], {})
    return [attempt(one) for one in (os.fork, lambda: _thread.start_new_thread(id, (1,)), spawn)]
"""
    assert told(worker, code) == ["refused"] * 3


def test_memory_is_limited(worker):
    with pytest.raises(Breach, match="needed more than 2 GB of memory"):
        worker.request({"cell": "kept = []\nwhile True: kept.append(bytes(10**7))", "name": ""}, 20)


def test_an_endless_loop_is_cut_off_and_killed(worker):
    began = time.monotonic()
    with pytest.raises(Breach, match=r"did not end within 0\.5 s"):
        worker.request({"cell": "while True: pass", "name": "a test"}, 0.5)
    worker.close()
    assert time.monotonic() - began < 3
    assert worker._process.returncode != 0


@pytest.mark.parametrize(
    "code",
    ["import os; os._exit(0)", "import os; os.kill(os.getpid(), 9)", "import os; os.abort()"],
)
def test_a_process_that_ends_is_noticed(worker, code):
    with pytest.raises(Breach, match="ended the process it ran in"):
        worker.request({"cell": code, "name": "a test"}, 10)


def test_killing_everything_in_reach_kills_only_itself(confined):
    code = "import os, signal\nfor pid in (1, os.getppid(), -1): os.kill(pid, signal.SIGKILL)"
    with suppress(Breach):
        confined.request({"cell": code, "name": "a test"}, 5)
    with Worker(()) as another:
        assert told(another, "tell = lambda x: x") == 1


def test_output_goes_nowhere(worker):
    code = """
import os, sys
def tell(x):
    print("noise " * 100_000)
    print("noise", file=sys.stderr, flush=True)
    for handle in (0, 1, 2):
        os.write(handle, b"noise")
    return sys.stdin.read()
"""
    assert told(worker, code) == ""


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": 3, "result": 1}', "spoke out of turn"),
        ("{}", "spoke out of turn"),
        ("[]", "no dictionary"),
        ("noise", "no JSON"),
        ("[" * 50_000, "no JSON"),
        ("9" * 50_000, "no JSON"),
    ],
)
def test_what_is_forced_into_the_channel_breaks_it(worker, line, reason):
    code = f"""
import os
for handle in range(64):
    try:
        os.write(handle, b'{line}\\n')
    except OSError:
        pass
"""
    with pytest.raises(Breach, match=reason):
        worker.request({"cell": code, "name": "a test"}, 5)


def test_endless_noise_in_the_channel_is_cut_off(worker):
    code = """
import os
while True:
    for handle in range(64):
        try:
            os.write(handle, b"x" * 1_000_000)
        except OSError:
            pass
"""
    with pytest.raises(Breach, match="sent more than the judge reads"):
        worker.request({"cell": code, "name": "a test"}, 20)


def test_files_of_the_course_and_of_others_are_not_there(confined, tmp_path):
    secret = tmp_path / "gradebook.db"
    secret.write_text("secret")
    secret.chmod(0o644)
    places = [
        secret,
        enclosure.COURSE / "steps.py",
        enclosure.WORKER,
        Path("/etc/passwd"),
        Path("/proc"),
    ]
    code = f"""
import os
def tell(x):
    return [os.path.exists(path) for path in {[str(one) for one in places]}]
"""
    assert told(confined, code) == [False] * len(places)


def test_the_courses_own_methods_cannot_be_found(confined):
    code = """
import importlib, os, sys
import numpy
sys.path += [os.path.dirname(os.path.dirname(numpy.__file__)), "/", "/judge", "/work", os.getcwd()]
sys.meta_path[:] = [one for one in sys.meta_path if "StandIns" not in repr(one)]
def tell(x):
    found = []
    for name in ("course_lib.steps", "steps", "solutions", "grading", "nbgrader"):
        try:
            found.append(importlib.import_module(name).__name__)
        except ImportError:
            pass
    for folder, _, files in os.walk("/"):
        if "course_lib" in folder and "/judge/" not in folder:
            found.append(folder)
        found += [one for one in files if one.startswith(("line_search.", "ex10_"))]
    return found
"""
    assert told(confined, code, 60) == []


def test_nothing_can_be_written_but_in_the_own_folder(confined):
    code = """
import os, resource
def tell(x):
    written = []
    for folder, _, _ in os.walk("/"):
        try:
            with open(os.path.join(folder, "mark"), "w") as file:
                file.write("x")
            written.append(folder)
        except OSError:
            pass
    return written
"""
    assert told(confined, code, 60) == [enclosure.BOX]
    code = """
def tell(x):
    count = 0
    try:
        while count < 100:
            with open(f"file{count}", "wb") as file:
                file.write(bytes(1_000_000))
            count += 1
    except OSError:
        return count
"""
    assert told(confined, code) < 20


def test_there_is_no_network_no_other_process_and_no_terminal(confined):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        code = f"""
import os, socket
def tell(x):
    try:
        socket.create_connection(("127.0.0.1", {listening.getsockname()[1]}), 1)
    except OSError:
        return [os.getpid(), os.listdir("/dev")]
"""
        assert told(confined, code) == [2, ["null"]]


def test_rights_and_limits_cannot_be_taken_back(worker):
    code = """
import os, resource
def tell(x):
    taken = []
    for name in ("RLIMIT_AS", "RLIMIT_NPROC", "RLIMIT_FSIZE"):
        try:
            resource.setrlimit(getattr(resource, name), (-1, -1))
            taken.append(name)
        except (OSError, ValueError):
            pass
    try:
        os.setuid(0)
        taken.append("root")
    except OSError:
        pass
    return [taken, os.getuid() != 0]
"""
    assert told(worker, code) == [[], True]


def test_the_environment_is_empty_of_secrets(worker, monkeypatch):
    monkeypatch.setenv("COURSE_TOKEN", "secret")
    with Worker(()) as fresh:
        found = told(fresh, "import os\ntell = lambda x: sorted(os.environ)")
    assert not {"COURSE_TOKEN", "USER", "PATH", "PYTHONPATH"} & set(found)


def test_the_worker_dies_with_the_judge():
    code = """
import os, sys
from grading.sandbox import Worker
worker = Worker(())
print(worker._process.pid, flush=True)
worker.request({"cell": "while True: pass", "name": "a test"}, 60)
"""
    root = enclosure.WORKER.parents[1]
    judge = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert judge.stdout is not None
    pid = int(judge.stdout.readline())
    judge.kill()
    judge.wait()
    judge.stdout.close()
    until = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _alive(pid) or not sandbox.available()
    if _alive(pid):
        os.kill(pid, 9)


def _alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_a_sandbox_that_does_not_start_is_nobodys_fault(monkeypatch):
    monkeypatch.setattr(enclosure, "WORKER", Path("/nowhere/worker.py"))
    with pytest.raises(Unstartable, match="the sandbox does not start"):
        Worker(())


def test_a_referee_is_asked_until_the_time_is_over(worker):
    code = """
import gc
def tell(x):
    (channel,) = [one for one in gc.get_objects() if type(one).__name__ == "Channel"]
    while True:
        channel.send({"ask": "value"})
        channel.read()
"""
    assert worker.request({"cell": code, "name": "a test"}, 5) == {}
    began = time.monotonic()
    with pytest.raises(Breach, match="did not answer within 1 s"):
        worker.request({"asks": "tell", "question": CALL}, 1, lambda request: {"value": 1})
    assert time.monotonic() - began < 2


def test_what_is_not_read_does_not_block_the_judge(worker):
    large = {"cell": "x = '" + "x" * 5_000_000 + "'", "name": "a test"}
    assert worker.request(large, 10) == {}
    code = """
import os, time
while True:
    for handle in range(64):
        try:
            os.write(handle, b'{"id": 3, "ask": 1}\\n')
        except OSError:
            pass
"""
    with pytest.raises(Breach, match="within 1 s"):
        worker.request({"cell": code, "name": ""}, 1, lambda request: {"value": "x" * 100_000})


def test_without_bubblewrap_there_is_a_warning(monkeypatch):
    sandbox.available.cache_clear()
    try:
        monkeypatch.setattr("shutil.which", lambda _: None)
        assert sandbox.warning().startswith("no sandbox: bubblewrap")
    finally:
        monkeypatch.undo()
        sandbox.available.cache_clear()


def test_a_bubblewrap_that_is_forbidden_does_not_count(monkeypatch, tmp_path):
    forbidden = tmp_path / "bwrap"
    forbidden.write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")
    forbidden.chmod(0o755)
    sandbox.available.cache_clear()
    try:
        monkeypatch.setattr("shutil.which", lambda _: str(forbidden))
        assert not sandbox.available()
    finally:
        monkeypatch.undo()
        sandbox.available.cache_clear()
