"""Every test keeps to the course's own folders, and draws the same examples every time."""

import os
from pathlib import Path

from hypothesis import settings

from course_lib import lab
from course_lib.environment import NO_PROGRESS, ONE_THREAD

os.environ.update(lab.folders(Path(__file__).parent) | ONE_THREAD | NO_PROGRESS)
settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")
