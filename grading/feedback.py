"""The pages that students get back. Nothing that a student wrote runs in one, or in formgrader."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import bleach
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.apps import NbGrader
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from .gradebook import configuration

__all__ = ["Harmless", "clean", "markdown", "page"]

TAGS = bleach.ALLOWED_TAGS | {
    *("p", "br", "hr", "div", "span", "pre", "del", "sub", "sup", "img"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "dl", "dt", "dd"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
SHOWN = {"text/plain", "image/png", "image/jpeg"}
LONGEST = 20_000
LANGUAGE = {"name": "python", "pygments_lexer": "ipython3"}


def clean(page: str) -> str:
    """Return HTML with what could run, load or send anything made plain text.

    >>> clean('<b onclick="f()">hi</b> <img src="http://x.org/a.png"><script>f()</script>')
    '<b>hi</b> <img>&lt;script&gt;f()&lt;/script&gt;'
    """
    return str(bleach.clean(page, TAGS, _is_allowed, protocols={"http", "https", "mailto", "data"}))


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name == "src":
        return tag == "img" and PICTURE.fullmatch(value) is not None
    if name == "href":
        return tag == "a" and not value.strip().lower().startswith("data:")
    return name in {"alt", "title", "class", "align"}


@pass_context
def markdown(context: Context, source: str) -> str:
    """Return the harmless page of a text in Markdown, of a student or of an instructor."""
    attachments = context.get("cell", {}).get("attachments", {})
    try:
        if len(source) > LONGEST:
            raise ValueError("too long to read")
        return clean(
            MarkdownWithMath(IPythonRenderer(False, attachments=attachments)).render(source)
        )
    except Exception:  # a text made to break the renderer, or a picture that is not there
        return f"<pre>{html.escape(source)}</pre>"


class Harmless(Preprocessor):
    """Leave of a notebook what a page can show without running it."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Return ``nb`` without outputs and metadata that a page would run."""
        nb.metadata = NotebookNode(language_info=NotebookNode(LANGUAGE))
        for cell in nb.cells:
            kept = {"nbgrader"} & set(cell.metadata)
            cell.metadata = NotebookNode({name: cell.metadata[name] for name in kept})
            for output in cell.get("outputs", ()):
                if "data" in output:
                    output.data = NotebookNode(
                        {kind: data for kind, data in output.data.items() if kind in SHOWN}
                    )
                    output.metadata = NotebookNode()
        return nb, resources


def page(root: Path, name: str, student: str) -> str:
    """Return the page that ``student`` gets back for the exercise ``name``.

    It is nbgrader's, made of the notebook in ``autograded/`` and of what is in the gradebook.
    """
    exporter, db_url = _exporter(root)
    path = root / "autograded" / student / name / f"{name}.ipynb"
    about = {"student": student, "assignment": name, "notebook": name, "db_url": db_url}
    resources = {"unique_key": name, "output_files_dir": f"{name}_files", "nbgrader": about}
    made, _ = exporter.from_filename(str(path), resources=resources)
    return str(made)


@lru_cache(maxsize=1)
def _exporter(root: Path) -> tuple[Any, str]:
    app = NbGrader(config=configuration(root))
    converter = GenerateFeedback(coursedir=CourseDirectory(parent=app), parent=app)
    exporter = converter.exporter_class(parent=converter, config=converter.config)
    for step in converter.preprocessors:
        exporter.register_preprocessor(step)
    return exporter, converter.coursedir.db_url
