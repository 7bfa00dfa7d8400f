"""nbgrader's settings: the course's folders, and pages in which nothing of a student's runs."""

import os
import sys
from pathlib import Path

# What is named below, and the hidden tests of the exercises, are in the package grading beside it.
root = str(Path(__file__).resolve().parent)
if root not in sys.path:
    sys.path.insert(0, root)
if root not in (known := os.environ.get("PYTHONPATH", "").split(os.pathsep)):
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (root, *known)))

from nbgrader.converters import GenerateAssignment  # noqa: E402

from grading.unsealed import Unsealed  # noqa: E402

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "optimization"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("write me")'}
c.GenerateAssignment.preprocessors = [*GenerateAssignment().preprocessors, Unsealed]
c.ExportApp.plugin_class = "grading.gradebook.Table"
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {"markdown2html": "grading.feedback.markdown"}
c.HTMLExporter.preprocessors = ["grading.feedback.Harmless"]
