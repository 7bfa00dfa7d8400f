"""A picture in two sheets: a background that is drawn once, and a layer that moves over it."""

from __future__ import annotations

import io
from collections.abc import Iterable
from importlib.resources import files
from typing import Any, NamedTuple

import anywidget
import numpy as np
import traitlets
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from .plots import compact

__all__ = ["Layer", "Picture", "Stage"]

COMPRESSION = 1


class Layer(NamedTuple):
    """The moving artists as a PNG, cut to where they are, and where its upper left corner lies."""

    png: bytes
    left: int
    top: int


class Picture:
    """A figure of which only some artists move: a background, and a transparent layer over it.

    >>> from course_lib.plots import figure
    >>> fig, ax = figure()
    >>> (dot,) = ax.plot([0], [0], "o")
    >>> picture = Picture(fig, [dot])
    >>> dot.set_data([1], [1])
    >>> png, left, top = picture.layer()
    >>> [Image.open(io.BytesIO(sheet)).mode for sheet in (picture.background, png)]
    ['RGB', 'RGBA']
    """

    def __init__(self, figure: Any, artists: Iterable[Artist]) -> None:
        self.figure = figure
        self.artists = sorted(artists, key=lambda artist: artist.get_zorder())
        FigureCanvasAgg(figure)
        self.canvas = figure.canvas
        for artist in self.artists:
            artist.set_animated(True)
        self.canvas.draw()
        figure.set_layout_engine("none")
        self.background = _png(self._pixels().convert("RGB"))

    def layer(self) -> Layer:
        """Return the moving artists where they are now."""
        renderer = self.canvas.get_renderer()
        renderer.clear()
        for artist in self.artists:
            artist.draw(renderer)
        pixels = self._pixels()
        box = pixels.getchannel("A").getbbox() or (0, 0, 1, 1)
        return Layer(_png(pixels.crop(box)), *box[:2])

    def still(self) -> bytes:
        """Return both sheets in one small picture, for places where nothing moves."""
        whole = _image(self.background).convert("RGBA")
        png, *corner = self.layer()
        whole.alpha_composite(_image(png), tuple(corner))
        return compact(_png(whole))

    def area(self, ax: Axes) -> list[float]:
        """Return where an axes lies: left, top, right and bottom, as fractions of the picture."""
        box = ax.get_position()
        return [box.x0, 1 - box.y1, box.x1, 1 - box.y0]

    def locate(self, ax: Axes, across: float, down: float) -> tuple[float, float]:
        """Return the coordinates in an axes of a place, given in fractions of the picture."""
        place = self.figure.transFigure.transform((across, 1 - down))
        x, y = ax.transData.inverted().transform(place)
        return float(x), float(y)

    def _pixels(self) -> Image.Image:
        return Image.fromarray(np.asarray(self.canvas.buffer_rgba()))


class Stage(anywidget.AnyWidget):
    """Shows a picture in the page, and tells where it is pointed at.

    ``layer`` is a `Layer`. ``alt`` describes the picture in words. Inside ``area`` (left, top,
    right, bottom, as fractions) the place of a click or a drag arrives in ``pointed`` (across,
    down, and when).
    """

    _esm = files("course_lib").joinpath("assets", "stage.js").read_text(encoding="utf-8")
    _css = files("course_lib").joinpath("assets", "stage.css").read_text(encoding="utf-8")

    background = traitlets.Bytes(b"").tag(sync=True)
    layer: Any = traitlets.Tuple().tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)
    area: Any = traitlets.List([]).tag(sync=True)
    pointed: Any = traitlets.List([]).tag(sync=True)


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="png", compress_level=COMPRESSION)
    return buffer.getvalue()


def _image(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))
