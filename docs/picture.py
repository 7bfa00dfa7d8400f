"""Make the picture of the README from the real thing: ``python -m docs.picture``."""

import tempfile
from pathlib import Path

from course_lib.plots import compact
from tests.jupyterlab import browser, course_copy, open_lesson, run_all, served

TARGET = Path(__file__).with_name("gradient_descent.png")


def main() -> None:
    """Open lesson 02, run it, reach the goal with the slider's number box, take the picture."""
    with (
        tempfile.TemporaryDirectory() as folder,
        browser(1180, 980) as page,
        served(course_copy(Path(folder))) as url,
    ):
        open_lesson(page, url, "02_gradient_descent")
        run_all(page)
        heading = page.locator("h2:has-text('Your turn')")
        cell = page.locator(".jp-Cell:has(.course-stage)").first
        cell.locator("input[type=number]").first.fill("0.175")
        cell.locator("input[type=number]").first.press("Enter")
        cell.locator("[role=status]:has-text('Goal reached')").wait_for()
        heading.evaluate("heading => heading.scrollIntoView()")
        page.wait_for_timeout(1000)
        TARGET.write_bytes(compact(page.screenshot()))


if __name__ == "__main__":
    main()
