"""The data: made once, kept, the same everywhere, and cut without loss."""

import random

import numpy as np
import pytest

from course_lib import data


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "user_cache_dir", lambda name: str(tmp_path / name))
    return tmp_path / "course-lib" / "mnist1d.npz"


def test_mnist1d_is_kept_and_mended(cache, monkeypatch):
    first = data.mnist1d()
    assert cache.exists()
    made = data._make_mnist1d
    monkeypatch.setattr(data, "_make_mnist1d", lambda: pytest.fail("it is kept"))
    again = data.mnist1d()
    monkeypatch.setattr(data, "_make_mnist1d", made)
    for harm in (b"", b"nonsense", cache.read_bytes()[:5000]):
        cache.write_bytes(harm)
        mended = data.mnist1d()
        for one, other, third in zip(first, again, mended, strict=True):
            np.testing.assert_array_equal(one.X, other.X)
            np.testing.assert_array_equal(one.X, third.X)
    assert [file.name for file in cache.parent.iterdir()] == ["mnist1d.npz"]


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "course-lib").write_text("a file where the folder should be")
    monkeypatch.setattr(data, "user_cache_dir", lambda name: str(tmp_path / name))
    train, test = data.mnist1d()
    assert (len(train.y), len(test.y)) == (4000, 1000)


def test_making_it_leaves_the_random_numbers_of_others_alone(cache):
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    data.mnist1d()
    after = random.random(), np.random.random()  # noqa: NPY002
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    assert after == (random.random(), np.random.random())  # noqa: NPY002


def test_other_numbers_are_refused(cache, monkeypatch):
    X, y = data._make_mnist1d()
    X[7, 3] += 0.01
    monkeypatch.setattr(data, "_make_mnist1d", lambda: (X, y))
    with pytest.raises(RuntimeError, match="other numbers"):
        data.mnist1d()
    assert not cache.exists()


def test_a_split_loses_nothing_and_is_no_order():
    whole = data.Examples(np.arange(10.0)[:, None], np.arange(10))
    rest, part = data.split(whole, 3, np.random.default_rng(0))
    assert sorted([*rest.y, *part.y]) == list(range(10))
    assert (rest.X[:, 0] == rest.y).all()
    assert part.y.tolist() != [7, 8, 9]
    with pytest.raises(ValueError, match="size=10 leaves nothing of the n=10"):
        data.split(whole, 10, np.random.default_rng(0))
