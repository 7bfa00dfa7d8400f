"""nbgrader's settings: the course's folders, and what an unwritten answer says."""

import os
from pathlib import Path

# The hidden tests of the exercises import the package grading of this folder.
root = str(Path(__file__).resolve().parent)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "optimization"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("write me")'}
