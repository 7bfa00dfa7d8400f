"""The README says what is so: its figures were measured and its example runs."""

import json
import re

from benchmarks.bench import MARK, README, RESULTS, table

TEXT = README.read_text(encoding="utf-8")


def test_the_figures_are_the_ones_that_were_measured():
    _, quoted, _ = TEXT.split(MARK)
    assert quoted == table(json.loads(RESULTS.read_text(encoding="utf-8")))


def test_the_example_runs_and_prints_what_it_says(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    (promised,) = re.findall(r"print\(sweep.*?# (.*)", example)
    assert capsys.readouterr().out.splitlines()[-1] == promised


def test_the_map_of_the_course_links_the_lessons_there_are():
    lessons = sorted(p.name for p in (README.parent / "notebooks").glob("*.ipynb"))
    assert re.findall(r"\(notebooks/(.*?)\)", TEXT) == lessons
