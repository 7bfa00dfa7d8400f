"""Optimization in deep learning: every method of the lecture, as its formula.

Names load on first use, so ``import course_lib`` costs next to nothing and SymPy and
matplotlib wait until something needs them.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
