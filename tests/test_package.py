"""The package: every public name is there, in whatever order modules load."""

import importlib
import inspect
import subprocess
import sys

import course_lib

CHECK = """
import course_lib.{first}, course_lib, inspect
for name in course_lib.__all__:
    value = getattr(course_lib, name)
    assert inspect.ismodule(value) == (name in {modules}), name
"""


def test_public_names_do_not_depend_on_what_was_imported_first():
    modules = [n for n in course_lib.__all__ if inspect.ismodule(getattr(course_lib, n))]
    for first in ("explorer", "steps"):
        code = CHECK.format(first=first, modules=modules)
        subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_function_has_a_docstring_with_an_example():
    for name in course_lib.__all__:
        value = getattr(course_lib, name)
        if not inspect.isfunction(value) or name in ("right", "wrong"):
            continue
        assert ">>>" in (value.__doc__ or ""), name
        module = importlib.import_module(value.__module__)
        assert name in module.__all__
