"""Every lesson in a real JupyterLab: it runs, and each of its live pictures does what it should."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.jupyterlab import (
    NEEDS_CHROMIUM,
    ROOT,
    browser,
    course_copy,
    new_picture,
    open_lesson,
    picture,
    run_all,
    served,
    settle,
)

pytestmark = NEEDS_CHROMIUM
LIVE = ".jp-CodeCell:has(.course-stage)"
LESSONS = [path.stem for path in sorted(Path(ROOT, "notebooks").glob("*.ipynb"))]

# For each live picture of a lesson, in order: what to set so that its goal is reached. None: the
# formula must be changed, which no slider can do.
WINNING = {
    "00_start_here": [
        {"lr": 0.01},
        {"start x": 3.5, "start y": -1},
        {"batch": 15, "epochs": 3},
        {"lr": 0.095},
        {"weight": 4, "bias": -8},
    ],
    "01_loss_surfaces": [{"angle": 22}, {"kappa": 100, "place": 45}, {"h": 1e-5}],
    "02_gradient_descent": [{"lr": 0.18}, {"lr": 0.0019}, {"start x": 0, "start y": -0.5}, None],
    "03_armijo_line_search": [{"beta": 0.1, "c": 0.01}, {"fixed: lr": 0.01}],
    "04_newton_armijo": [
        {"x": 0.6},
        {"c": 0.2, "beta": 0.5},
        {"tau": 50},
        {"loss": "Himmelblau", "fixed: lr": 0.013},
    ],
    "05_sgd": [{"lr": 0.3, "decay": 0.05}],
    "06_mini_batches": [{"B": 40, "lr": 0.3}, {"doublings": 5, "lr": 2}],
    "07_momentum": [
        {"lr": 0.0953, "beta": 0.6, "kappa": 30},
        {"lr": 0.033, "beta": 0.68},
        {
            "momentum: lr": 0.001,
            "momentum: beta": 0.95,
            "nesterov: lr": 0.001,
            "nesterov: beta": 0.95,
        },
    ],
    "08_adagrad": [{"angle": 0, "lr": 2}, {"lr": 0.4}],
    "09_rmsprop": [{"memory": 8}, {"gamma": 0.9, "lr": 0.06}, {"lr": 0.025}],
    "10_adadelta": [{"rho": 0.2, "eps": 5e-5}, {"eps": 3e-5}, {"eps": 1e-6}],
    "11_adam": [
        {"beta2": 0.98},
        {"step": 10},
        {"beta1": 0.8, "lr": 0.3},
        {"C": 2.5, "beta2": 0.7},
        {"lr": 0.03},
        {"adagrad: lr": 1, "rmsprop: lr": 0.03, "adadelta: lr": 5, "adam: lr": 0.1},
    ],
    "12_schedules": [
        {"start": 0.4, "quarter": 0.1, "half": 0.05, "late": 0.01, "end": 0.003},
        {"lr": 5, "warm": 35},
        {"lr": 0.25, "warm": 0.1, "final": 0.4},
        {"pick": 1.5, "steps": 60},
    ],
    "13_batch_norm": [{"start": 0, "step": 200}, {"lr": 2, "depth": 8, "batch": 100}],
    "14_choosing": [
        {"gd: lr": 0.015, "momentum: lr": 0.01, "adam: lr": 0.1},
        {"problem": 1, "library": 2, "tuned": 1},
        {"low": 0.1, "high": 100, "k": 1},
    ],
    "15_case_study": [{"old": 0}, {"target": 80}],
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Yield a browser, and the address of a lab on a copy of the course."""
    root = course_copy(tmp_path_factory.mktemp("course"))
    with browser() as first, served(root) as url:
        yield first.context.browser, url


@pytest.fixture(scope="module", params=LESSONS)
def lesson(request, lab):
    """Yield the name of a lesson and the page on which it has run."""
    chromium, url = lab
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    open_lesson(page, url, request.param)
    run_all(page)
    yield request.param, page
    page.close()


def live_pictures(page) -> list[Locator]:
    """Return the cells that have a live picture."""
    return page.locator(LIVE).all()


def number_box(cell: Locator, name: str) -> Locator:
    """Return the number box beside the slider of that name."""
    label = cell.page.locator(f".widget-label:text-is('{name}')")
    return cell.locator(".widget-hbox", has=label).last.locator("input[type=number]")


def enter(box: Locator, number: object) -> None:
    """Type into a number box and press Enter."""
    box.fill(str(number))
    box.press("Enter")


def reset(cell: Locator) -> None:
    """Press Reset twice, once the kernel has answered what was typed before."""
    settle(cell.page)
    for _ in range(2):
        cell.locator("button:has-text('Reset')").click()


def test_it_runs_top_to_bottom_and_shows_every_picture(lesson):
    name, page = lesson
    assert page.locator(".jp-mod-error, [data-mime-type*='stderr']").count() == 0
    expect(page.locator(LIVE)).to_have_count(len(WINNING[name]))
    for cell in live_pictures(page):
        cell.locator(".course-stage").scroll_into_view_if_needed()
        page.wait_for_function(
            "stage => stage.querySelector('img').naturalWidth > 300"
            " && stage.querySelector('canvas').width > 300",
            arg=cell.locator(".course-stage").element_handle(),
        )


def test_keys_and_mouse_move_every_picture(lesson):
    _, page = lesson
    for cell in live_pictures(page):
        handle = cell.locator(".noUi-handle").first
        handle.scroll_into_view_if_needed()
        handle.focus()
        page.keyboard.press("Home")
        page.wait_for_timeout(300)
        shown = picture(cell)
        page.keyboard.press("End")
        shown = new_picture(cell, shown)
        box = handle.bounding_box()
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] / 2, middle)
        page.mouse.down()
        page.mouse.move(box["x"] - 90, middle, steps=6)
        page.mouse.up()
        new_picture(cell, shown)


def test_boxes_survive_nonsense_and_reset_brings_everything_back(lesson):
    _, page = lesson
    for cell in live_pictures(page):
        status = cell.locator("[role=status]")
        reset(cell)
        expect(status).not_to_contain_text("✔")
        page.wait_for_timeout(300)
        said = status.text_content()
        for box in cell.locator(".widget-hbox input[type=number]").all():
            before = box.input_value()
            for nonsense in ("", "-1e99", "1e99", "0.123456789123"):
                enter(box, nonsense)
            settle(page)
            expect(status).not_to_contain_text("Error")
            reset(cell)
            expect(box).to_have_value(before)
        expect(status).to_have_text(said)


def test_every_goal_is_open_at_first_and_lights_up(lesson):
    title, page = lesson
    for cell, numbers in zip(live_pictures(page), WINNING[title], strict=True):
        status = cell.locator("[role=status]")
        expect(status).to_contain_text("○ Goal")
        for name, value in (numbers or {}).items():
            if name == "loss":
                cell.locator("select").select_option(value)
            else:
                enter(number_box(cell, name), value)
        if numbers is not None:
            expect(status).to_contain_text("✔ Goal reached")
        reset(cell)
        expect(status).to_contain_text("○ Goal")


def test_lists_and_clocks_work(lesson):
    _, page = lesson
    for cell in live_pictures(page):
        status, choice = cell.locator("[role=status]"), cell.locator("select")
        if choice.count():
            shown = picture(cell)
            choice.select_option(index=1)
            shown = new_picture(cell, shown)
            choice.select_option(label="your own formula …")
            formula = cell.locator(".widget-text:has-text('J =') input")
            alert = cell.locator("[role=alert]")
            enter(formula, "x^2 + ((")
            expect(alert).to_contain_text("is not a formula I can read")
            enter(formula, "x^2 + 3*y^2 + x*y")
            expect(alert).to_have_count(0)
            new_picture(cell, shown)
        for clock in cell.locator(".widget-toggle-button").all():
            clock.click()
        settle(page)
        expect(status).not_to_contain_text("Error")
        reset(cell)
        expect(status).to_contain_text("○ Goal")


def test_nothing_of_ours_complained(lesson):
    _, page = lesson
    assert page.complaints == []
