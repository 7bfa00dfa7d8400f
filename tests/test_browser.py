"""Lesson 02 in a real JupyterLab, driven as a student drives it."""

import re

import pytest
from playwright.sync_api import expect

from tests.jupyterlab import (
    NEEDS_CHROMIUM,
    browser,
    course_copy,
    new_picture,
    open_lesson,
    picture,
    run_all,
    served,
)

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Yield the first page of the lab; what the console complains of is on ``page.complaints``."""
    root = course_copy(tmp_path_factory.mktemp("course"))
    with browser() as page, served(root) as url:
        open_lesson(page, url, "02_gradient_descent")
        yield page


def explorer(page, heading):
    """Return the first explorer below a heading, in view."""
    title = page.locator(f".jp-Notebook h2:has-text('{heading}')")
    title.scroll_into_view_if_needed()
    return page.locator(
        f".jp-Cell:has(h2:has-text('{heading}')) ~ .jp-Cell:has(.course-stage)"
    ).first


def test_before_a_run_the_page_has_stills_trusted_questions_and_no_pop_up(page):
    page.locator("#prediction-02-first input").first.wait_for(state="attached")
    page.locator("img[src^='data:image/png']").first.wait_for(state="attached")
    page.locator(".course-q math").first.wait_for(state="attached")
    assert page.locator(".jp-Dialog, .Toastify__toast").count() == 0


def test_a_prediction_is_kept_and_met_again(page):
    page.locator("#prediction-02-first label").nth(2).click()
    status = page.locator("#prediction-02-first [role=status]")
    assert "Kept" in status.text_content()
    answers = page.locator("#revealed-02-first details")
    answers.first.scroll_into_view_if_needed()
    assert answers.nth(2).get_attribute("open") is not None
    assert "course-q-chosen" in answers.nth(2).get_attribute("class")
    assert answers.nth(1).get_attribute("open") is None


def test_the_lesson_runs_top_to_bottom_without_an_error(page):
    run_all(page)
    assert page.locator(".jp-mod-error, [data-mime-type*='stderr']").count() == 0
    box = page.locator("#prediction-02-first input").nth(2)
    box.scroll_into_view_if_needed()
    assert box.is_checked()


def test_the_slider_moves_the_picture_by_keyboard_and_by_mouse(page):
    cell = explorer(page, "Your turn")
    handle = cell.locator(".noUi-handle").first
    handle.scroll_into_view_if_needed()
    seen = [picture(cell)]

    def has_changed():
        seen.append(new_picture(cell, seen[-1]))

    handle.focus()
    page.keyboard.press("ArrowRight")
    has_changed()
    page.keyboard.press("End")
    has_changed()
    assert "Diverging" in cell.locator("[role=status]").text_content()
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 100, box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()
    has_changed()


def test_the_goal_lights_up_and_the_box_survives_nonsense(page):
    cell = explorer(page, "Your turn")
    number = cell.locator("input[type=number]").first
    status = cell.locator("[role=status]")
    number.fill("0.18")
    number.press("Enter")
    cell.locator("[role=status]:has-text('✔ Goal reached')").wait_for()
    number.fill("")
    number.press("Enter")
    number.fill("-5")
    number.press("Enter")
    cell.locator("[role=status]:has-text('○ Goal')").wait_for()
    number.fill("9999")
    number.press("Enter")
    cell.locator("[role=status]:has-text('Diverging')").wait_for()
    for _ in range(2):
        cell.locator("button:has-text('Reset')").click()
    cell.locator("[role=status]:has-text('1.06')").wait_for()
    assert number.input_value() == "0.02"
    assert "Error" not in status.text_content()


def test_a_click_or_a_drag_in_the_picture_moves_the_start_and_reset_brings_it_back(page):
    cell = explorer(page, "Your turn")
    target = cell.locator(".course-stage-target")
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    across, down = (cell.locator("input[type=number]").nth(n) for n in (1, 2))
    assert (across.input_value(), down.input_value()) == ("-4", "2")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 4)
    page.mouse.down()
    cell.locator("[role=status]:has-text('50 steps: J = 2.29e-09')").wait_for()
    assert abs(float(across.input_value())) < 0.05
    assert abs(float(down.input_value()) - 1.5) < 0.05
    page.mouse.move(box["x"] + 1.5 * box["width"], box["y"] + box["height"] / 4, steps=5)
    page.mouse.up()
    expect(across).to_have_value("5")
    cell.locator("button:has-text('Reset')").click()
    expect(across).to_have_value("-4")


def test_the_steps_can_be_walked_and_played(page):
    cell = explorer(page, "Your turn")
    handle = cell.locator(".widget-hslider:has-text('step') .noUi-handle")
    handle.scroll_into_view_if_needed()
    handle.focus()
    page.keyboard.press("Home")
    cell.locator("[role=status]:has-text('Step 0 of 50')").wait_for()
    page.keyboard.press("ArrowRight")
    cell.locator("[role=status]:has-text('Step 1 of 50')").wait_for()
    play = cell.locator(".widget-play button").first
    play.click()
    walking = re.compile(r"Step ([3-9]|[1-4]\d) of 50")
    cell.locator("[role=status]").filter(has_text=walking).wait_for()
    play.click()
    handle.focus()
    page.keyboard.press("End")
    cell.locator("[role=status]:has-text('50 steps: J')").wait_for()


def test_while_dragging_the_newest_value_wins_and_none_waits(page):
    cell = explorer(page, "Your turn")
    handle = cell.locator(".noUi-handle").first
    handle.scroll_into_view_if_needed()
    handle.focus()
    page.keyboard.press("Home")
    cell.locator("[role=status]:has-text('J = 4.96')").wait_for()
    cell.locator(".course-stage canvas").evaluate(
        "canvas => { window.frames_seen = 0; const pen = canvas.getContext('2d');"
        " const draw = pen.drawImage.bind(pen);"
        " pen.drawImage = (...how) => { draw(...how); window.frames_seen += 1; }; }"
    )
    handle.evaluate(
        "handle => { for (let n = 0; n < 200; n++) handle.dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true})); }"
    )
    cell.locator("[role=status]:has-text('Diverging')").wait_for(timeout=5_000)
    page.wait_for_timeout(500)
    assert cell.locator("input[type=number]").first.input_value() == "0.25"
    assert 1 <= page.evaluate("window.frames_seen") < 20


def test_nothing_of_ours_complained(page):
    assert page.complaints == []
