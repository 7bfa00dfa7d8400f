"""What nbgrader leaves in a released notebook, and students do not need."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

__all__ = ["Unsealed"]


class Unsealed(NbGraderPreprocessor):  # type: ignore[misc]
    """Take out what the notebook with solutions was made from.

    It changes with the library, and each change would reach students as a new version.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Return ``nb`` without the hashes of its text and of its content."""
        nb.metadata.pop("course", None)
        return nb, resources
