"""Questions in exported pages and slides: no kernel, no network, and still answered."""

import nbformat
import pytest
from nbconvert import HTMLExporter, SlidesExporter

from tests.jupyterlab import NEEDS_CHROMIUM, ROOT, browser

pytestmark = NEEDS_CHROMIUM
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def page():
    """Yield a page that reaches nothing outside this machine."""
    with browser() as page:
        page.route("http*://**", lambda route: route.abort())
        yield page


@pytest.mark.parametrize("exporter", [HTMLExporter, SlidesExporter])
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_questions_work_in_an_exported_page(page, lesson, exporter, tmp_path):
    target = tmp_path / "lesson.html"
    body, _ = exporter().from_notebook_node(nbformat.read(lesson, as_version=4))
    target.write_text(body, encoding="utf-8")
    page.goto(target.as_uri(), wait_until="domcontentloaded")

    for question in page.locator(".course-q[id^=question-]").all():
        for answer in question.locator("details").all():
            answer.locator("summary").evaluate("summary => summary.click()")
            assert answer.locator("p").text_content().startswith(("Yes.", "Not quite."))
            assert answer.evaluate("answer => answer.open")
    for prediction in page.locator(".course-q[id^=prediction-]").all():
        choices = prediction.locator("input")
        choices.last.evaluate("input => input.click()")
        assert "Kept" in prediction.locator("[role=status]").text_content()
        name = prediction.get_attribute("data-course-q")
        revealed = page.locator(f"#revealed-{name} details")
        assert "course-q-chosen" in revealed.last.get_attribute("class")
        assert revealed.count() == choices.count()
    assert page.locator(".course-q math").count() > 0
    assert all("$" not in text for text in page.locator(".course-q").all_inner_texts())
