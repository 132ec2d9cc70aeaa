"""Asserts on the lab `spirals`: run after its last cell, with all its names."""

import numpy as np


def three(make, turns=1.0):
    """Test accuracy of three seeds for networks from `make(rng)`."""
    found = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x, d, x_new, d_new = load(rng, turns=turns)
        net = make(rng)
        train(net, x, d, rng)
        found.append(accuracy(net, x_new, d_new))
    return np.array(found)


def three_frozen(learning_rate, scatter):
    """Test accuracy, last loss and largest |b2| of three seeds with only the output layer trained."""
    found = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x, d, x_new, d_new = load(rng)
        net = mlp(32, rng)
        if scatter:
            net[0].params["b"] = rng.uniform(-2, 2, 32)
        E = train(net[-1:], forward(net[:-1], x), d, rng, learning_rate=learning_rate)
        found.append((accuracy(net, x_new, d_new), E, np.abs(net[-1].params["b"]).max()))
    return np.array(found)


# Data and linear classifier
assert x_train.shape == (600, 2), f"600 samples to train on, got {x_train.shape}"
assert x_test.shape == (300, 2), f"300 samples to test on, got {x_test.shape}"
assert np.allclose(x_train.mean(axis=0), 0), "the training data have mean 0"
assert np.allclose(x_train.std(axis=0), 1), "the training data have standard deviation 1"
assert linear_gradient < 1e-6, f"the linear classifier is at its minimum, got a gradient of {linear_gradient}"
assert 0.8 * np.log(3) < linear_loss < np.log(3), f"its loss is a little below ln 3, got {linear_loss}"
assert linear_accuracy < 0.45, f"its accuracy is about 1/3, got {linear_accuracy}"

# The MLP, its gradients and the mistake made on purpose
assert count == 195, f"2-32-3 has 195 parameters, got {count}"
shapes_of_layers = [{name: p.shape for name, p in layer.params.items()} for layer in layers]
assert shapes_of_layers == [{"W": (2, 32), "b": (32,)}, {}, {"W": (32, 3), "b": (3,)}], shapes_of_layers
assert forward(layers[:2], x_train).shape == (600, 32), "the hidden layer is (N, 32)"
assert forward(layers, x_train).shape == (600, 3), "the output is (N, 3)"
assert [a.shape for a in by_formula] == [(2, 32), (32,), (32, 3), (3,)], "each gradient has the shape of its parameter"
assert all(np.allclose(a, b) for a, b in zip(by_formula, by_layers, strict=True)), "the formulas agree with the layers"
assert np.abs(u1).min() > 1e-4, "no sample of the gradient check is near the kink of ReLU"
assert set(errors) == {"W1", "b1", "W2", "b2"}, f"every parameter is checked, got {set(errors)}"
assert max(errors.values()) < 1e-6, f"the gradients are right: {errors}"
assert min(careless_errors["W1"], careless_errors["b1"]) > 0.1, f"the mistake is found in layer 1: {careless_errors}"
assert max(careless_errors["W2"], careless_errors["b2"]) < 1e-6, f"layer 2 is not touched by it: {careless_errors}"

# Training by hand: loss, decision regions, lines, the plane of the output
assert len(history) == 100, f"100 epochs, got {len(history)}"
assert min(history[:8]) < linear_loss, f"below the linear classifier within a few epochs: {history[:8]}"
assert history[-1] < 0.2 * linear_loss, f"the loss ends below a fifth of it, got {history[-1]}"
before = forward(snapshots[0], x_test)
assert np.allclose(forward(snapshots[0], 2 * x_test), 2 * before), "before training u(2x) = 2 u(x)"
assert list(snapshots) == [0, 5, 20, 100], f"layers of four moments are kept, got {list(snapshots)}"
assert on_the_way[0] + 0.2 < on_the_way[5] < on_the_way[20] < on_the_way[100] + 0.02, f"accuracy rises: {on_the_way}"
assert on_the_way[20] > 0.8, f"after 20 epochs there is a spiral: {on_the_way}"
assert on_the_way[100] > 0.9, f"after 100 epochs the arms are followed: {on_the_way}"
assert feet[0].max() == 0, "before training all lines pass through the origin"
assert np.median(feet[100]) > 0.2, f"training moves them away, got a median of {np.median(feet[100])}"
same_class = np.mean(sector(q) == classifier(layers)(x_test))
assert same_class > 0.99, f"the sectors are the decisions of softmax, got {same_class}"
from_origin = np.linalg.norm(q, axis=1)
q_wrong, q_right = (np.median(from_origin[rows]) for rows in (sector(q) != d_test, sector(q) == d_test))
assert q_wrong < q_right, f"points of different classes mix near the origin only: {q_wrong} and {q_right}"

# Three seeds, mistakes, widths, learning rates
accuracies = np.array(results["MLP"])
assert accuracies.shape == (3,), f"three seeds, got {accuracies.shape}"
assert accuracies.mean() > 0.93, f"the MLP tells the arms apart: {accuracies}"
assert accuracies.min() > 0.85, f"with every seed: {accuracies}"
assert accuracies.max() < 1, f"but not all of the points: {accuracies}"
for kind in ("linear", "frozen"):
    assert np.mean(results[kind]) < 0.45, f"{kind} stays near 1/3: {results[kind]}"
calm, wild = three_frozen(0.1, scatter=False).mean(axis=0), three_frozen(0.5, scatter=False).mean(axis=0)
assert calm[1] < np.log(3) < wild[1], f"frozen, the loss is below ln 3 at rate 0.1 and not at 0.5: {calm}, {wild}"
assert calm[2] < 0.4, f"b2 stays near 0 with a frozen hidden layer: {calm}"
assert wrong[near].sum() > wrong[~near].sum(), f"most mistakes are at the centre: {wrong[near].sum()} of {wrong.sum()}"
width_means = by_width.mean(axis=1)
assert max(width_means[:2]) < 0.75, f"widths 2 and 4 are not enough: {width_means}"
assert min(width_means[2:]) > 0.82, f"8 is the first above 80 %: {width_means}"
assert abs(width_means[4] - width_means[3]) < 0.03, f"16 and 32 hardly differ: {width_means}"
slow, good, fast = (np.mean(rates[rate], axis=0) for rate in (0.05, 0.5, 5.0))
assert 0.75 < slow[0] < good[0] - 0.03, f"0.05 is behind after 100 epochs: {slow}"
assert slow[2] < 1, f"0.05 kills no unit: {slow}"
assert fast[0] < 0.5, f"5 ends near a random guess: {fast}"
assert 0.9 < fast[1] < 2, f"5 ends with a loss near ln 3, and finite: {fast}"
assert fast[2] >= 24, f"5 kills most of the 32 units: {fast}"
assert good[2] < 2, f"0.5 does not: {good}"
rng = np.random.default_rng(0)
x, d, x_new, d_new = load(rng)
patient = mlp(32, rng)
train(patient, x, d, rng, learning_rate=0.05, epochs=400)
assert accuracy(patient, x_new, d_new) > 0.92, "at rate 0.05 more epochs catch up"

# Things to try
without_relu = three(lambda rng: [Linear(2, 32, rng=rng, init=he), Linear(32, 3, rng=rng)])
assert without_relu.mean() < 0.45, f"try 1: without ReLU no more than a linear classifier: {without_relu}"
scattered = three_frozen(0.1, scatter=True)[:, 0]
assert 0.7 < scattered.mean() < accuracies.mean() - 0.03, f"try 2: above 70 %, below the MLP: {scattered}"


def deep(rng):
    first, middle = Linear(2, 32, rng=rng, init=he), Linear(32, 32, rng=rng, init=he)
    return [first, ReLU(), middle, ReLU(), Linear(32, 3, rng=rng)]


two_turns, two_turns_deep = three(lambda rng: mlp(32, rng), turns=2.0), three(deep, turns=2.0)
assert 0.38 < two_turns.mean() < 0.6, f"try 3: about a half with two turns: {two_turns}"
assert two_turns_deep.mean() > two_turns.mean() + 0.1, f"try 3: a second layer adds 10 points: {two_turns_deep}"
size = sum(p.size for layer in deep(np.random.default_rng(0)) for p in layer.params.values())
assert size == 1251, f"try 3: 1,251 parameters, got {size}"

print(
    f"linear {np.mean(results['linear']):.3f}, frozen {np.mean(results['frozen']):.3f}, MLP {accuracies.mean():.3f} "
    f"(SD {accuracies.std(ddof=1):.3f}, worst {accuracies.min():.3f}), gradients within {max(errors.values()):.0e}, "
    f"dead at rate 5: {fast[2]:.1f} of 32\n"
    f"widths {np.round(width_means, 3).tolist()}, no ReLU {without_relu.mean():.3f}, "
    f"scattered {scattered.mean():.3f}, two turns {two_turns.mean():.3f} and {two_turns_deep.mean():.3f}"
)
