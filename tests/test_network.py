"""Networks: their gradients, one pass for many, and what torch computes."""

import json

import numpy as np
import pytest

from course_lib import adam, batches, run
from course_lib.network import BatchNorm, Conv1d, Dense, Dropout, Flatten, Network, ReLU
from tests.references.make_network_gradients import (
    CNN,
    LABELS,
    MLP,
    ROWS,
    SIGNALS,
    STORED,
    point,
    torch_value_and_grad,
)
from tests.references.make_network_gradients import NETS as TORCH_NETS

NETS = {
    "MLP": Network(MLP, ROWS, LABELS),
    "MLP, penalised": Network(MLP, ROWS, LABELS, l2=0.1),
    "MLP with batch norm": Network(
        (Dense(7), BatchNorm(), ReLU(), Dense(6), BatchNorm(), ReLU()), ROWS, LABELS
    ),
    "CNN": Network(CNN, SIGNALS, LABELS, l2=0.01),
    "CNN with batch norm and dropout": Network(
        (Conv1d(4, 5, 2, 1), BatchNorm(), ReLU(), Conv1d(3, 3, 1, 1), BatchNorm(), ReLU(),
         Dropout(0.3), Flatten(), Dropout(0.2), Dense(5)), SIGNALS, LABELS,
    ),
}  # fmt: skip


@pytest.fixture(params=NETS.values(), ids=NETS)
def net(request):
    return request.param


def test_derivatives_agree_with_differences(net):
    rng = np.random.default_rng(2)
    for f in (net, net.batch(np.arange(9)), net.batch([[3, 1, 2]] * 2)):
        shape = (2, net.dim) if f.y.ndim == 2 else (net.dim,)
        for seed in range(3):
            theta = np.broadcast_to(point(net, seed), shape)
            d = rng.normal(size=net.dim)
            h = 1e-6
            slope = (f(theta + h * d) - f(theta - h * d)) / (2 * h)
            np.testing.assert_allclose(f.grad(theta) @ d, slope, rtol=2e-6, atol=1e-8)


def test_many_networks_are_the_networks_one_by_one(net):
    theta = np.stack([[point(net, 3 * i + j) for j in range(3)] for i in range(2)])
    for f in (net, net.batch([5, 2, 7, 1])):
        for compute in (f, f.grad, f.accuracy, f.probabilities):
            alone = np.array([[compute(one) for one in row] for row in theta])
            np.testing.assert_allclose(compute(theta), alone, rtol=1e-10, atol=1e-13)


def test_each_of_several_runs_has_its_own_batch(net):
    theta = np.stack([[point(net, 3 * i + j) for j in range(3)] for i in range(2)])
    index = np.random.default_rng(0).integers(net.n, size=(3, 6))
    if any(isinstance(part, Dropout) for part in net.parts):
        pytest.skip("a batch of several runs drops other numbers")
    for name in ("__call__", "grad", "accuracy"):
        one_by_one = [getattr(net.batch(row), name)(theta[:, s]) for s, row in enumerate(index)]
        found = getattr(net.batch(index), name)(theta)
        np.testing.assert_allclose(found, np.stack(one_by_one, axis=1), rtol=1e-10, atol=1e-13)


def test_float32_is_near_and_returns_float32(net):
    small = Network(net.parts[:-1], net.X, net.y, l2=net.l2, dtype=np.float32)
    theta = point(net)
    assert small.grad(theta).dtype == small(theta).dtype == np.float32
    np.testing.assert_allclose(small.grad(theta), net.grad(theta), rtol=2e-3, atol=2e-5)


@pytest.mark.parametrize("name", ["MLP", "CNN"])
def test_without_batch_norm_batches_of_an_epoch_add_up_to_the_whole(name):
    net, theta = NETS[name], point(NETS[name])
    parts = [net.batch(np.arange(first, min(first + 5, 24))) for first in range(0, 24, 5)]
    mean = sum(part.n * part.grad(theta) for part in parts) / 24
    np.testing.assert_allclose(mean, net.grad(theta), atol=1e-12)
    np.testing.assert_allclose(sum(part.n * part(theta) for part in parts) / 24, net(theta))


def test_with_batch_norm_they_do_not():
    net, theta = NETS["MLP with batch norm"], point(NETS["MLP with batch norm"])
    parts = [net.batch(np.arange(first, first + 4)) for first in range(0, 24, 4)]
    mean = np.mean([part.grad(theta) for part in parts], axis=0)
    assert np.linalg.norm(mean - net.grad(theta)) > 0.1 * np.linalg.norm(net.grad(theta))


def test_a_batch_of_one_is_all_zero_after_batch_norm():
    net = Network((Dense(4), BatchNorm()), ROWS, LABELS)
    one = net.batch([3])
    names = net.unflatten(one.grad(point(net)))
    assert np.abs(names["0 W"]).max() == np.abs(names["1 gain"]).max() == 0
    assert np.abs(names["1 shift"]).max() > 0


def test_weights_before_batch_norm_have_no_scale():
    net = NETS["MLP with batch norm"]
    theta = point(net)
    scaled = theta.copy()
    for name in ("0 W", "0 b"):
        net.unflatten(scaled)[name][...] *= 7
    assert net(scaled) == pytest.approx(net(theta), rel=1e-4)
    W, dW = (net.unflatten(a)["0 W"] for a in (theta, net.grad(theta)))
    b, db = (net.unflatten(a)["0 b"] for a in (theta, net.grad(theta)))
    assert abs((W * dW).sum() + (b * db).sum()) < 1e-4 * np.linalg.norm(dW) * np.linalg.norm(W)


def test_statistics_are_means_over_batches_and_unbiased():
    net = Network((BatchNorm(), Dense(4), BatchNorm()), ROWS, LABELS)
    theta = point(net)
    found = net.statistics(theta, size=6)
    parts = ROWS.reshape(4, 6, 5)
    np.testing.assert_allclose(found[0].mean, ROWS.mean(0))
    np.testing.assert_allclose(found[0].variance, parts.var(1, ddof=1).mean(0))
    whole = net.statistics(theta)
    np.testing.assert_allclose(whole[0].variance, ROWS.var(0, ddof=1))
    eps_free = [net.probabilities(theta, whole), net.probabilities(theta)]
    np.testing.assert_allclose(*eps_free, atol=0.05)  # 24/23 of the variance is all the difference


def test_evaluation_of_one_example_needs_the_statistics_of_others():
    net = NETS["MLP with batch norm"]
    theta = point(net)
    statistics = net.statistics(theta, 8)
    alone = net.on(ROWS[:1], LABELS[:1]).probabilities(theta, statistics)
    together = net.probabilities(theta, statistics)
    np.testing.assert_allclose(alone[0], together[0], rtol=1e-12)
    with pytest.raises(ValueError, match="is evaluation"):
        net._forward(net._parameters(theta), statistics)[1][1](np.zeros((24, 7)))


def test_dropout_keeps_the_mean_and_is_off_in_evaluation():
    net = Network((Dropout(0.25),), np.ones((400, 50)), np.zeros(400), classes=2)
    theta = np.zeros(net.dim)
    net.unflatten(theta)["1 W"][:, 0] = 1
    kept = net.batch(np.arange(400))._forward(net._parameters(theta))[0][:, 0]
    assert kept.mean() == pytest.approx(50, rel=0.02)
    assert kept.std() == pytest.approx(np.sqrt(50 * 0.25 / 0.75), rel=0.15)
    assert (net._forward(net._parameters(theta))[0][:, 0] == 50).all()
    again = net.batch(np.arange(400))._forward(net._parameters(theta))[0][:, 0]
    np.testing.assert_array_equal(kept, again)
    other = net.batch(np.arange(400)[::-1])._forward(net._parameters(theta))[0][:, 0]
    assert (kept != other).any()


def test_views_and_starts():
    net = NETS["CNN with batch norm and dropout"]
    theta = net.start(np.random.default_rng(0))
    parts = net.unflatten(theta)
    assert list(parts)[:4] == ["0 W", "0 b", "1 gain", "1 shift"]
    assert sum(part.size for part in parts.values()) == net.dim
    parts["0 b"][...] = 9
    assert (theta == 9).sum() == 4
    wide = Network((Dense(2000),), np.zeros((1, 50)), [0], classes=2)
    W = wide.unflatten(wide.start(np.random.default_rng(0)))["0 W"]
    assert W.var() == pytest.approx(2 / 50, rel=0.02)


def test_methods_train_it():
    net = NETS["CNN with batch norm and dropout"]
    theta = net.start(np.random.default_rng(0))
    deal = batches(net.n, 8, np.random.default_rng(0))
    trace = run(adam, net, theta, 150, batches=deal, lr=0.02, record=["loss"], every=50)
    assert trace.loss[-1] < 0.3 < trace.loss[0]
    assert net.accuracy(trace.end) > 0.9


@pytest.mark.parametrize("name", TORCH_NETS)
@pytest.mark.filterwarnings("ignore")
def test_torch_computes_the_same(name):
    torch = pytest.importorskip("torch", reason="pip install -r benchmarks/peers.txt")
    net, theta = TORCH_NETS[name], point(TORCH_NETS[name])
    value, grad = torch_value_and_grad(torch, net, theta)
    np.testing.assert_allclose(net(theta), value, rtol=1e-12)
    np.testing.assert_allclose(net.grad(theta), grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", TORCH_NETS)
def test_the_gradient_is_the_one_that_torch_once_computed(name):
    net, theta = TORCH_NETS[name], point(TORCH_NETS[name])
    stored = json.loads(STORED.read_text(encoding="utf-8"))[name]
    np.testing.assert_allclose(net(theta), stored["value"], rtol=1e-9)
    np.testing.assert_allclose(net.grad(theta), stored["gradient"], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("put Flatten", lambda: Network((Conv1d(2, 3), Dense(2)), SIGNALS, LABELS)),
        (
            "needs inputs of shape .places, channels.",
            lambda: Network((Conv1d(2, 3),), ROWS, LABELS),
        ),
        ("wider than its input of 12", lambda: Network((Conv1d(2, 13),), SIGNALS, LABELS)),
        ("units=0 must be a whole number", lambda: Network((Dense(0),), ROWS, LABELS)),
        ("share=1 must be below 1", lambda: Network((Dropout(1.0),), ROWS, LABELS)),
        ("X has shape", lambda: Network((), np.zeros(5), np.zeros(5))),
        ("y has shape", lambda: Network((), ROWS, LABELS[:3])),
        ("y must hold classes", lambda: Network((), ROWS, LABELS - 1)),
        ("y=2 is no class", lambda: Network((), ROWS, LABELS, classes=2)),
        ("theta has shape", lambda: NETS["MLP"](np.zeros(3))),
        ("size=1 must be from 2", lambda: NETS["MLP"].statistics(point(NETS["MLP"]), 1)),
        ("size=25 must be from 2", lambda: NETS["MLP"].statistics(point(NETS["MLP"]), 25)),
        ("index=24 is no example", lambda: NETS["MLP"].batch([24])),
    ],
)
def test_bad_input_gets_one_sentence(words, call):
    with pytest.raises((ValueError, TypeError), match=words) as told:
        call()
    assert "\n" not in str(told.value)
