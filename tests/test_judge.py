"""The judge: honest work gets its marks, and no cheat and no accident gets one more."""

from __future__ import annotations

import json
import os
import socket
import time

import nbformat
import numpy as np
import pytest

from course_lib.answers import NotYet
from course_lib.exchange import difference
from grading import hidden, judge, running, sandbox
from grading.judge import mark
from grading.replies import response
from tests.grading_fixture import CATALOGUE, RIGHT, notebook_with, position, write_exercise

ALL = {"99a": True, "99b": True, "99c": True}
BUT_A = {**ALL, "99a": False}
NONE = dict.fromkeys(ALL, False)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return write_exercise(tmp_path_factory.mktemp("course"))


@pytest.fixture
def hand_in(course, tmp_path):
    """Return a function that hands in answers, or a whole notebook, and has them marked."""
    exercise, released = course
    if not (sandbox.available() or os.getuid()):
        pytest.skip("root runs these cheats in a sandbox only, and bubblewrap does not run here")

    def run(answers=None, notebook=None, seed=7):
        path = tmp_path / "handed in.ipynb"
        if notebook is None:
            notebook = notebook_with(released, {**RIGHT, **(answers or {})})
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return mark(exercise, released, path, seed)

    return run


def points(marks):
    assert all(one.words.strip() for one in marks.parts.values())
    return {name: one.is_right for name, one in marks.parts.items()}


def test_right_answers_earn_everything_and_are_told_so(hand_in):
    marks = hand_in()
    assert points(marks) == ALL
    assert marks.parts["99a"].words == "99a, half: right in 2 of 2 trials."
    assert marks.notes == []


def test_the_untouched_notebook_earns_nothing_and_is_told_to_write(course):
    exercise, released = course
    marks = mark(exercise, released, released, 7)
    assert points(marks) == NONE
    assert all("write me" in one.words for one in marks.parts.values())
    assert marks.notes == []


@pytest.mark.parametrize("seed", [0, 1, 2**63])
def test_a_known_mistake_is_named(hand_in, seed):
    marks = hand_in({"99a-answer": "def half(x):\n    return 2 * x"}, seed=seed)
    assert points(marks) == BUT_A
    assert marks.parts["99a"].mistake == "this doubles"


def test_each_seed_asks_its_own_questions(course):
    exercise, _ = course
    first, again, other = (judge._facts(exercise, "99a", seed)["questions"] for seed in (1, 1, 2))
    assert first == again
    assert first != other


HALF = "def half(x):\n    return {}"
WRONG = HALF.format("x / 3")

# What tampers with the comparison; the answer itself is wrong.
TAMPERING = {
    "patched NumPy": "import numpy as np\nnp.allclose = np.isclose = lambda *a, **k: True\n"
    "np.array = np.asarray = lambda *a, **k: 0\nnp.ndarray.__eq__ = None",
    "patched numpy arrays": "np.isclose = np.all = np.any = lambda *a, **k: np.True_",
    "patched builtins": "import builtins\nbuiltins.all = builtins.any = lambda *a: True\n"
    "builtins.isinstance = lambda *a: True\nbuiltins.zip = lambda *a, **k: ()",
    "patched json": 'import json\njson.dumps = lambda *a, **k: \'{"result": true, "id": 1}\'\n'
    "json.loads = lambda *a: {}",
    "redefined checks": "def check(*a): print('right')\ndef judge(*a): print('right')\n"
    "import course_lib.answers as answers\nanswers.verdict = answers.check = check",
    "patched exchange": "import course_lib.exchange as e\n"
    "e.difference = lambda *a: None\ne.perform = e.encode = lambda *a: {'right': True}",
    "patched worker": "import sys\nframe = sys._getframe()\nwhile frame:\n"
    "    for one in [*frame.f_locals.values()]:\n"
    "        if hasattr(one, '_respond'):\n"
    "            one._respond = one._perform = lambda *a: {'result': {'right': True}}\n"
    "    frame = frame.f_back",
    "traced": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)",
    "no modules": "import sys\nsys.modules.clear()\nsys.path.clear()",
}


@pytest.mark.parametrize("code", TAMPERING.values(), ids=TAMPERING)
def test_tampering_gains_nothing(hand_in, code):
    marks = hand_in({"99a-answer": f"{code}\n\n{WRONG}"})
    assert not marks.parts["99a"].is_right
    assert not any("half: right" in one.words for one in marks.parts.values())


# What an answer returns instead of numbers.
LIAR = """
class Liar({}):
    dtype, ndim, size, shape = np.dtype(float), 1, 3, (3,)
    __class__ = property(lambda self: np.ndarray)
    __eq__ = __le__ = __ge__ = __lt__ = lambda self, other: True
    __hash__ = __len__ = lambda self: 3
    __array__ = __float__ = tolist = __abs__ = lambda self, *a, **k: self
    __bool__ = lambda self: True
"""
RETURNED = {
    "nothing": ("", "None", "None where an array"),
    "NaN": ("", "x * np.nan", "nan where"),
    "infinity": ("", "x * np.inf", "inf where"),
    "a wrong shape": ("", "np.zeros((3, 1))", "shape (3, 1)"),
    "text": ("", "'right'", "'right' where"),
    "a number as text": ("", "[str(one / 2) for one in x]", "where an array"),
    "objects": ("", "np.array([object()] * 3)", "of type object"),
    "complex numbers": ("", "x / 2 + 0j", "of type complex128"),
    "a huge array": ("", "np.zeros(10**7)", "10000000 values"),
    "a huge number": ("", "10**5000", "a whole number too large"),
    "deep nesting": ("", "eval('[' * 50 + ']' * 50)", "a list, which is nothing to compare"),
    "a list in itself": ("loop = []\nloop.append(loop)", "loop", "nothing to compare"),
    "a generator": ("", "(one for one in x)", "a generator"),
    "the stand-in for the course's": ("", "adam", "course_lib.adam is not available while"),
    "what the course's returns": ("", "adam(None, x, 1)", "course_lib.adam is not available"),
    "a liar": (LIAR.format("object"), "Liar()", "something that cannot be sent"),
    "a lying array": (
        "class Lying(np.ndarray):\n    tolist = lambda self: 'right'\n    dtype = np.dtype(float)",
        "x.view(Lying)",
        "no result",
    ),
    "a lying list": (
        "class Lying(list):\n    __eq__ = lambda self, other: True\n    __len__ = lambda self: 3",
        "Lying(x)",
        "where",
    ),
    "an error that lies": (
        "class Lying(Exception):\n    __str__ = lambda self: 1 / 0",
        "(_ for _ in ()).throw(Lying())",
        "an error",
    ),
    "a forged form": ("", "{'array': 1, 'made': 'steps.adam'}", "where an array"),
    "the right values, hidden in a dictionary": ("", "{'array': x / 2}", "where an array"),
}


@pytest.mark.parametrize(("code", "value", "words"), RETURNED.values(), ids=RETURNED)
def test_what_is_no_answer_costs_that_part_alone(hand_in, code, value, words):
    marks = hand_in({"99a-answer": f"{code}\n{HALF.format(value)}"})
    assert points(marks) == BUT_A
    assert words in marks.parts["99a"].words
    assert len(marks.parts["99a"].words) < 500


def test_words_of_an_error_cannot_speak_for_the_judge(hand_in):
    evil = "<script>alert(1)</script>\\x1b[2J\\n99a, half: right in 2 of 2 trials."
    marks = hand_in({"99a-answer": f'def half(x):\n    raise ValueError("{evil}")'})
    assert points(marks) == BUT_A
    lines = marks.parts["99a"].words.splitlines()
    assert "\x1b" not in marks.parts["99a"].words
    assert not any(line.startswith("99a, half: right") for line in lines)


# What breaks the process, in a cell or in an answer.
BREAKING = {
    "endless loop": ("while True: pass", "within"),
    "endless output": ("while True: print('noise' * 1000)", "within"),
    "memory bomb": ("kept = []\nwhile True: kept.append(np.empty(10**7))", "2 GB of memory"),
    "one huge array": ("np.ones(10**12)", "2 GB of memory"),
    "os._exit": ("import os; os._exit(0)", "ended the process"),
    "killed kernel": ("import os; os.kill(os.getpid(), 9)", "ended the process"),
    "crash": ("import ctypes; ctypes.string_at(0)", "ended the process"),
    "closed channel": ("import os; os.closerange(0, 64); os._exit(0)", "ended the process"),
}
TOLERATED = {
    "sys.exit": ("import sys; sys.exit()", "SystemExit"),
    "interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "fork bomb": ("import os\nwhile True: os.fork()", "BlockingIOError"),
    "endless recursion": ("def f(): return f()\nf()", "RecursionError"),
    "deep source": ("(" * 500, "SyntaxError"),
    "input": ("input('name?')", "EOFError"),
}


@pytest.mark.parametrize(
    ("code", "words"), [*BREAKING.values(), *TOLERATED.values()], ids=[*BREAKING, *TOLERATED]
)
def test_a_broken_cell_costs_that_part_alone(hand_in, monkeypatch, code, words):
    monkeypatch.setattr(running, "SECONDS_FOR_A_CELL", 2.0)
    marks = hand_in({"99a-answer": code})
    assert points(marks) == BUT_A
    assert words in marks.parts["99a"].words
    assert [note.partition(" ")[0] for note in marks.notes] == ["the"]
    assert "the cell 99a-answer" in marks.notes[0]


@pytest.mark.parametrize(
    ("code", "words"), [*BREAKING.values(), *TOLERATED.values()], ids=[*BREAKING, *TOLERATED]
)
def test_a_broken_answer_costs_that_part_alone(hand_in, code, words):
    if code.startswith("("):
        pytest.skip("no function can hold it")
    body = "\n".join(f"    {line}" for line in code.splitlines())
    marks = hand_in({"99a-answer": f"def half(x):\n{body}"})
    assert points(marks) == BUT_A
    assert words in marks.parts["99a"].words


def test_a_broken_own_cell_costs_nothing(course, hand_in, monkeypatch):
    monkeypatch.setattr(running, "SECONDS_FOR_OWN_CELLS", 1.0)
    notebook = notebook_with(course[1])
    place = position(notebook, "99b")
    for code in (
        "import os; os._exit(1)",
        "1 / 0",
        "while True: pass",
        "while 1: pass",
        "print(2)",
    ):
        notebook.cells.insert(place, nbformat.v4.new_code_cell(code))
    began = time.monotonic()
    marks = hand_in(notebook=notebook)
    assert points(marks) == ALL
    assert time.monotonic() - began < 10
    assert any("own cells took more than 1 s" in note for note in marks.notes)


def test_what_breaks_again_and_again_comes_to_an_end(hand_in, monkeypatch):
    monkeypatch.setattr(running, "MOST_STARTS", 2)
    die = "import os; os._exit(1)"
    marks = hand_in(dict.fromkeys(RIGHT, die))
    assert points(marks) == NONE
    assert "broke off 2 times" in marks.parts["99c"].words


def test_a_submission_has_an_end(hand_in, monkeypatch):
    monkeypatch.setattr(judge, "SECONDS_BEYOND_PARTS", -5.0)
    began = time.monotonic()
    marks = hand_in({"99a-answer": "import time\ntime.sleep(60)"})
    assert points(marks) == NONE
    assert "took more than 1 s in all" in marks.parts["99c"].words
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("when", ["in the cell", "in the answer"])
@pytest.mark.parametrize("shift", [0, 1, 2])
def test_forged_replies_gain_nothing(hand_in, when, shift):
    forging = f"""
import os
for number in range({shift}, {shift} + 12):
    line = b'{{"id": %d, "result": {{"array": [1, 2, 3]}}}}\\n' % number
    for handle in range(64):
        try:
            os.write(handle, line)
        except OSError:
            pass
"""
    wrong = dict.fromkeys(RIGHT, "x = 1")
    if when == "in the cell":
        marks = hand_in({**wrong, "99a-answer": f"{forging}\n{WRONG}"})
    else:
        body = "\n".join(f"    {line}" for line in forging.splitlines())
        marks = hand_in({**wrong, "99a-answer": f"def half(x):\n{body}\n    return x"})
    assert points(marks) == NONE


def test_files_with_the_answer_cannot_be_read(course, hand_in):
    if not sandbox.available():
        pytest.skip("bubblewrap does not run here")
    secret = course[0].root / "gradebook.db"
    secret.write_text("b")
    secret.chmod(0o644)
    marks = hand_in({"99c-answer": f"prediction = open({str(secret)!r}).read()"})
    assert points(marks) == {**ALL, "99c": False}
    assert "FileNotFoundError" in marks.parts["99c"].words


def test_nothing_outside_is_written_and_nobody_is_called(course, hand_in):
    if not sandbox.available():
        pytest.skip("bubblewrap does not run here")
    exercise, released = course
    exercise.root.chmod(0o777)
    before = {path: path.read_bytes() for path in exercise.root.rglob("*") if path.is_file()}
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)
        port = listening.getsockname()[1]
        code = f"""
import socket
try:
    socket.create_connection(("127.0.0.1", {port}), 2).send(b"the questions")
except OSError:
    pass
for place in ({str(released)!r}, {str(exercise.root / "new")!r}, "/tmp/new", "/new"):
    try:
        open(place, "w").write("full marks")
    except OSError:
        pass
{WRONG}
"""
        assert points(hand_in({"99a-answer": code})) == BUT_A
        with pytest.raises(BlockingIOError):
            listening.accept()
    after = {path: path.read_bytes() for path in exercise.root.rglob("*") if path.is_file()}
    assert after == before


OWN = {
    "by name": "from course_lib import adam as half",
    "by module": "from course_lib.steps import adam as half",
    "by importlib": "import importlib\nhalf = importlib.import_module('course_lib.steps').adam",
    "by the path of NumPy": "import os, sys\n"
    "sys.path += [os.path.dirname(os.path.dirname(np.__file__)), '..', '/judge', '/course']\n"
    "sys.meta_path[:] = sys.meta_path[:3]\nimport course_lib.steps\nhalf = course_lib.steps.adam",
    "by the solutions": "from solutions.ex99_tiny import half",
    "by the catalogue": "from grading.exercise import load\nhalf = load('ex99').solution['half']",
}


@pytest.mark.parametrize("code", OWN.values(), ids=OWN)
def test_the_courses_own_method_earns_nothing(hand_in, code):
    if not sandbox.available():
        pytest.skip("bubblewrap does not run here")
    assert points(hand_in({"99a-answer": code})) == BUT_A


def test_changed_cells_points_and_order_change_no_mark(course, hand_in):
    notebook = notebook_with(course[1])
    for cell in notebook.cells:
        cell.metadata.setdefault("nbgrader", {}).update(points=1000, locked=False, grade=True)
        cell.outputs = "right" if cell.cell_type == "code" else None
    notebook.cells[position(notebook, "99b-given")].source = "def share(t):\n    return 1"
    notebook.cells[position(notebook, "setup")].source = "import os; os._exit(0)"
    notebook.cells[position(notebook, "99a")].source = "import os; os._exit(0)"
    notebook.cells.reverse()
    notebook.metadata = {"kernelspec": 5}
    marks = hand_in(notebook=notebook)
    assert points(marks) == ALL
    assert "the cell 99b-given was changed; the released one counts" in marks.notes


def test_a_deleted_answer_is_missed_and_the_others_count(course, hand_in):
    notebook = notebook_with(course[1])
    for name in ("99a-answer", "99c", "setup"):
        del notebook.cells[position(notebook, name)]
    marks = hand_in(notebook=notebook)
    assert points(marks) == BUT_A
    assert "half is not defined" in marks.parts["99a"].words
    assert "the cell 99a-answer is missing" in marks.notes


def test_an_outdated_release_is_said_to_miss_its_cells(course, hand_in):
    notebook = notebook_with(course[1])
    for cell in notebook.cells:
        cell.metadata.get("nbgrader", {}).update(grade_id="old")
    marks = hand_in(notebook=notebook)
    assert [note for note in marks.notes if "answer is missing" in note]


@pytest.mark.parametrize("content", [b"", b'{"cells": [', "é".encode("latin-1"), b"{}"])
def test_what_is_no_notebook_gets_a_reason_in_every_part(course, tmp_path, content):
    path = tmp_path / "<b>a 'name' & more.ipynb"
    path.write_bytes(content)
    marks = mark(*course, path, 7)
    assert points(marks) == NONE
    assert all("The file is" in one.words for one in marks.parts.values())


def test_solutions_handed_in_as_a_link_earn_nothing(course, tmp_path):
    solved, link = tmp_path / "solved.ipynb", tmp_path / "link.ipynb"
    solved.write_text(json.dumps(notebook_with(course[1])))
    link.symlink_to(solved)
    assert points(mark(*course, solved, 7)) == ALL
    assert points(mark(*course, link, 7)) == NONE


@pytest.mark.parametrize(
    "text",
    ["exp(" * 6 + "x" + ")" * 6, "tan(exp(exp(exp(exp(x)))))", "10^50^50^50", "x/0", "(" * 99],
)
def test_an_expression_cannot_keep_the_judge_busy(text):
    began = time.monotonic()
    assert difference(response({"result": {"expr": text}})["result"], {"expr": "x"})
    assert time.monotonic() - began < 5


def test_without_a_sandbox_the_mark_is_the_same_and_the_warning_is_there(hand_in, monkeypatch):
    monkeypatch.setattr(sandbox, "available", lambda: False)
    marks = hand_in()
    assert points(marks) == ALL
    assert marks.notes == [sandbox.WARNING]


TRAIN = """
class Referee:
    '''Least squares with a budget of gradients.'''

    def __init__(self, question, rng):
        self.X, self.y = rng.normal(size=(20, 3)), rng.normal(size=20)
        self.left = question["left"]

    def loss(self, theta, index=slice(None)):
        return np.mean((self.X[index] @ theta - self.y[index]) ** 2) / 2

    def reply(self, request):
        index = slice(None) if request["index"] is None else decode(request["index"])
        theta = decode(request["theta"])
        if request["ask"] == "value":
            return self.loss(theta, index)
        X, y = self.X[index], self.y[index]
        if self.left < len(y):
            return {"error": "the budget is spent"}
        self.left -= len(y)
        return encode(X.T @ (X @ theta - y) / len(y))

    def result(self, theta):
        best = np.linalg.lstsq(self.X, self.y)[0]
        return max(0.0, float(self.loss(decode(theta)) - self.loss(best)))


def trainings(rng):
    start, seed = encode(np.zeros(3)), {"rng": 5}
    budget = {"n": 20, "dim": 3, "left": 2000, "says": "a budget of 2000"}
    return [{"how": "train", "theta": start, "rng": seed, **budget}]


PARTS["99d"] = Part(
    asks="train",
    questions=trainings,
    mistakes={},
    expected={"between": [0.0, 1e-4]},
    seconds=3.0,
    referee=Referee,
)
"""
HONEST = """
def train(f, theta, rng):
    while f.left >= f.n // 2:
        g = f.batch(rng.permutation(f.n)[:10]).grad(theta) if f.left < 100 else f.grad(theta)
        theta = theta - 0.4 * g * (f.left > 100)
    return theta
"""
UNTRAINED = {
    "no training": ("return theta", "is not the value"),
    "more than the budget": ("while True: theta = theta - 0.01 * f.grad(theta)", "budget is spent"),
    "a budget of one's own": (
        "f._budget['left'] = f._question['left'] = 10**9\n"
        "    for _ in range(300): theta = theta - 1e-3 * f.grad(theta)\n    return theta",
        "budget is spent",
    ),
    "a result of one's own": ("return {'between': [0, 1]}", "TypeError"),
    "a wrong shape": ("return np.zeros(7)", "cannot be measured"),
    "a forged theta": (
        "f._ask({'ask': 'grad', 'theta': {'made': 'os.system'}, 'index': None})\n"
        "    return f._ask({'ask': 'result', 'theta': 1, 'index': 2})",
        "",
    ),
    "no index": ("return f.batch([10**6]).grad(theta)", "IndexError"),
    "endless requests": ("while True: f(theta)", "within 3 s"),
    "requests without waiting": (
        "send = f._ask.__self__.send\n"
        "    while True: send({'ask': 'value', 'theta': 0, 'index': None})",
        "within 3 s",
    ),
}


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    catalogue = CATALOGUE.replace("import encode,", "import decode, encode,") + TRAIN
    return write_exercise(
        tmp_path_factory.mktemp("training"), catalogue, part_99d_answer="def train(): ..."
    )


def trained(training, code, tmp_path):
    path = tmp_path / "training.ipynb"
    path.write_text(json.dumps(notebook_with(training[1], {**RIGHT, "99d-answer": code})))
    return mark(*training, path, 7).parts["99d"]


def test_a_training_within_the_budget_earns_its_part(training, tmp_path):
    told = trained(training, HONEST, tmp_path)
    assert told.is_right, told.words


@pytest.mark.parametrize(("code", "words"), UNTRAINED.values(), ids=UNTRAINED)
def test_the_budget_is_the_judges(training, tmp_path, code, words):
    told = trained(training, f"def train(f, theta, rng):\n    {code}", tmp_path)
    assert not told.is_right
    assert words in told.words


@pytest.mark.parametrize("name", ["ask", "theta", "index"])
def test_a_referee_sees_plain_data_only(name):
    class Referee:
        left = 5

        def reply(self, request):
            return 1.0

    request = {"ask": "value", "theta": {"array": [1.0]}, "index": None}
    assert judge.reply(Referee(), request) == {"value": 1.0, "left": 5}
    forged = {**request, name: {"made": "notebooks.build", "with": {}}}
    assert "error" in judge.reply(Referee(), forged)


def test_the_hidden_tests_agree_with_the_judge(training, monkeypatch, capsys):
    monkeypatch.setattr(hidden, "load", lambda name: training[0])
    names: dict[str, object] = {"np": np}
    exec(HONEST, names)
    for name, answer in (("99a", lambda x: x / 2), ("99c", "b"), ("99d", names["train"])):
        hidden.judge(name, answer)
    assert capsys.readouterr().out.count("right") == 3
    for name, wrong in (("99a", lambda x: x), ("99c", "a"), ("99d", lambda f, theta, rng: theta)):
        with pytest.raises(NotYet, match="not yet"):
            hidden.judge(name, wrong)
    with pytest.raises(ValueError, match="name='99x' is no part of ex99_tiny"):
        hidden.judge("99x", 1)
