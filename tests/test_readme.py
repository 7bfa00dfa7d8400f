"""The README says what is so: its figures were measured and its example runs."""

import ast
import json
import re

from benchmarks.bench import EPOCHS, MARK, PROBLEMS, README, RESULTS, STEPS, table
from benchmarks.choosing import lesson

TEXT = README.read_text(encoding="utf-8")
MEASURED = json.loads(RESULTS.read_text(encoding="utf-8"))
LESSONS = README.parent / "sources" / "lessons"


def test_the_figures_are_the_ones_that_were_measured():
    _, quoted, _ = TEXT.split(MARK)
    assert quoted == table(MEASURED)


def quoted(lesson, name):
    """Return the dictionary of that name in the text of a lesson."""
    text = (LESSONS / lesson).read_text(encoding="utf-8")
    (found,) = re.findall(rf"^{name} = (\{{.*?\}})$", text, flags=re.DOTALL | re.MULTILINE)
    return ast.literal_eval(found)


def test_the_times_in_the_lessons_are_the_ones_that_were_measured():
    epochs = {int(name.removeprefix("B = ")): ms for name, ms in MEASURED[EPOCHS].items()}
    assert quoted("06_mini_batches.md", "epoch_ms") == epochs
    steps = {
        problem: {name: float(f"{1000 * ms:.2g}") for name, ms in MEASURED[STEPS + problem].items()}
        for problem in PROBLEMS
    }
    assert quoted("14_choosing.md", "step_us") == steps


def test_a_step_of_every_method_is_measured_on_every_problem_of_the_lesson():
    problems, methods = lesson()["problems"], lesson()["methods"]
    assert tuple(problems) == PROBLEMS
    for name, problem in problems.items():
        asked = {*methods, "gd_armijo", *(["newton"] if hasattr(problem.f, "hess") else [])}
        assert asked <= MEASURED[STEPS + name].keys()


def test_the_example_runs_and_prints_what_it_says(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    (promised,) = re.findall(r"print\(sweep.*?# (.*)", example)
    assert capsys.readouterr().out.splitlines()[-1] == promised


def test_the_map_of_the_course_links_the_lessons_there_are():
    lessons = sorted(p.name for p in (README.parent / "notebooks").glob("*.ipynb"))
    assert re.findall(r"\(notebooks/(.*?)\)", TEXT) == lessons
