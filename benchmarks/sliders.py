"""How fast a picture follows its slider, in one page of a real JupyterLab, beside what else draws.

All contenders show the same run of gradient descent: its path on level sets, and its loss.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import numpy as np
from playwright.sync_api import Page

from tests.jupyterlab import browser, course_copy, open_lesson, run_all, served

ROUNDS, WARM_UP, PAUSE_MS, AT_REST_MS = 40, 5, 400, 2000

SETUP = """
import ipywidgets as widgets, numpy as np
from course_lib import explore, functions, gd, logarithmic, run
from course_lib.plots import contours, path
f, start, steps, rate = functions.quadratic(10), (-4, 2), 50, logarithmic(0.005, 0.19, 0.02)
def slider():
    return widgets.SelectionSlider(options=[(f"{x:g}", x) for x in rate.stops()], value=0.02)
def draw(fig, lr):
    left, right = fig.subplots(1, 2)
    trace = run(gd, f, start, steps, lr=lr)
    contours(left, f)
    line, _ = path(left, trace.theta)
    (loss,) = right.semilogy(trace.loss)
    right.set(ylim=(1e-16, 1e3), xlabel="step", title="loss")
    return line, loss
"""
EMPTY = """
control, answer = slider(), widgets.HTML("ready")
def reply(change):
    answer.value = f"{change['new']:g}"
control.observe(reply, names="value")
widgets.VBox([control, answer])
"""
OURS = "explore(gd, f, start, steps, lr=rate)"
INTERACT = """
%matplotlib inline
import matplotlib.pyplot as plt
def picture(lr):
    draw(plt.figure(figsize=(10, 4.2)), lr)
    plt.show()
widgets.interact(picture, lr=slider());
"""
IPYMPL = """
%matplotlib widget
import matplotlib.pyplot as plt
fig = plt.figure(figsize=(10, 4.2))
line, loss = draw(fig, 0.02)
control = slider()
def move(change):
    trace = run(gd, f, start, steps, lr=change["new"])
    line.set_data(*trace.theta.T)
    loss.set_ydata(trace.loss)
    fig.canvas.draw_idle()
control.observe(move, names="value")
display(control, fig.canvas)
"""
CONTENDERS = {
    "an empty widget round trip": EMPTY,
    "explore": OURS,
    "interact, inline matplotlib": INTERACT,
    "ipympl": IPYMPL,
}
# Press a key on the slider of a cell; the answer is how long its output took to show something new.
PRESS = """
(cell) => new Promise((resolve, reject) => {
  const begin = performance.now(), handle = cell.querySelector('.noUi-handle');
  const done = () => {
    observer.disconnect();
    cell.removeEventListener('load', done, true);
    cell.removeEventListener('painted', done);
    resolve(performance.now() - begin);
  };
  const observer = new MutationObserver(done);
  const words = cell.querySelector('.widget-html-content');
  const picture = cell.querySelector('canvas, .jp-OutputArea-output img');
  if (picture) {
    cell.addEventListener('load', done, true);
    cell.addEventListener('painted', done);
  } else observer.observe(words, { childList: true, characterData: true, subtree: true });
  handle.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
  setTimeout(() => reject(new Error('no new picture within 10 s')), 10_000);
})
"""
# A canvas tells nobody that it was painted on; this makes it tell.
TELL_OF_PAINTING = """
const paint = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (...how) {
  paint.apply(this, how);
  this.canvas.dispatchEvent(new Event('painted', { bubbles: true }));
};
"""


def follow() -> dict[str, float]:
    """Time key press to new picture: the median and the 95th percentile of each contender."""
    return {
        f"{name}, {share}": float(np.percentile(ms, int(share[1:])))
        for name, ms in _measured().items()
        for share in ("p50", "p95")
    }


def _measured() -> dict[str, list[float]]:
    """Press a key for one contender after another, again and again, with the page at rest."""
    with _opened(CONTENDERS.values()) as page:
        cells = page.locator(".jp-CodeCell").all()[1:]
        for cell in cells:
            cell.locator(".noUi-handle").first.wait_for()
        page.wait_for_timeout(AT_REST_MS)  # ipympl's canvas is slow to come
        taken: dict[str, list[float]] = {name: [] for name in CONTENDERS}
        for turn in range(WARM_UP + ROUNDS):
            for name, cell in zip(CONTENDERS, cells, strict=True):
                ms = cell.evaluate(PRESS)
                page.wait_for_timeout(PAUSE_MS)
                if turn >= WARM_UP:
                    taken[name].append(ms)
    return taken


@contextmanager
def _opened(sources: Iterable[str]) -> Iterator[Page]:
    """Yield a page of JupyterLab with a notebook of these cells, run."""
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in (SETUP, *sources)]
    with tempfile.TemporaryDirectory() as folder, browser(1280, 2400) as page:
        root = course_copy(Path(folder))
        target = root / "work" / "lessons" / "bench.ipynb"
        lesson = nbformat.read(root / "notebooks" / "00_start_here.ipynb", as_version=4)
        lesson.cells = cells
        nbformat.write(lesson, target)
        page.add_init_script(TELL_OF_PAINTING)
        with served(root) as url:
            open_lesson(page, url, target.stem)
            run_all(page)
            yield page
