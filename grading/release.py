"""Pack what students get: ``python -m grading.release`` writes ``dist/optimization-students.zip``.

Lessons, exercises and the library, with all that ``make lab`` needs; no solutions, no hidden tests,
no grader. Made twice, it is the same to the byte.
"""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

from course_lib.workspace import write

__all__ = ["bundle", "files"]

FOLDER = "optimization"
# What students need; of everything else nothing is packed.
KEPT = ("course_lib/", "docs/", "exercises/", "notebooks/")
ALONE = (
    "CHANGELOG.md", "LICENSE", "LICENSE-TEXT", "Makefile", "README.md", "constraints.txt",
    "conftest.py", "environment.yml", "pyproject.toml",
)  # fmt: skip
INSTRUCTORS = ("docs/grading.md",)


def files(root: Path) -> list[str]:
    """Return the names of what is packed, in order: files that git knows, and no others.

    Raises ``ValueError`` with one sentence where ``root`` is no git checkout.
    """
    listing = ["git", "ls-files", "-z"]
    try:
        done = subprocess.run(listing, cwd=root, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise ValueError(f"{root} is no git checkout; a release holds what git knows") from None
    names = sorted(filter(None, done.stdout.decode().split("\0")))
    return [
        name
        for name in names
        if (name in ALONE or name.startswith(KEPT))
        and name not in INSTRUCTORS
        and (root / name).is_file()
    ]


def bundle(root: Path) -> bytes:
    """Return the zip file that students get."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name in files(root):
            info = zipfile.ZipInfo(f"{FOLDER}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, (root / name).read_bytes())
    return packed.getvalue()


def main() -> int:
    """Run the command line; the course is the current folder."""
    target = Path("dist") / f"{FOLDER}-students.zip"
    try:
        data = bundle(Path.cwd())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    write(target, data)
    print(f"{target}: {len(data) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
