"""Every test keeps Jupyter, IPython and matplotlib out of the user's own folders."""

import os
from pathlib import Path

from course_lib import lab

os.environ.update(lab.folders(Path(__file__).parent))
