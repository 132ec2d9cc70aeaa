"""What docs/labs/ten-layers.py claims; runs in its kernel after the last cell."""


def near(a, b, tolerance):
    return bool(np.all(np.abs(np.asarray(a) / b - 1) < tolerance))


# the function and its options
for batch_norm, size in ((False, 9 * (64 * 64 + 64) + 650), (True, 9 * (64 * 64 + 128) + 650)):
    built = ten_layers(he, rng=np.random.default_rng(0), batch_norm=batch_norm)
    found = sum(p.size for p in built.params.values())
    assert found == size, f"batch norm {batch_norm}: {found} parameters, expected {size}"
    assert sum(isinstance(layer, Linear) for layer in built.layers) == L == 10, "not ten layers with weights"
    assert built(x[:7]).shape == (7, 10), "wrong shape of the output"
for name, initial in starts.items():
    sd = ten_layers(initial, rng=np.random.default_rng(0)).params["0.W"].std()
    assert near(sd, formulas[name], 0.05), f"{name}: SD of W {sd}, formula {formulas[name]}"

# activations: layer 9 against layer 1
for name, s in formulas.items():
    ratio = shown[f"{name}, layer 9"].std() / shown[f"{name}, layer 1"].std()
    expected = np.sqrt(n * s**2 / 2) ** 8
    assert 1 / 4 < ratio / expected < 4, f"{name}: SD of layer 9 over layer 1 is {ratio:.3g}, formula {expected:.3g}"
assert shown["0.01, layer 5"].max() < 1e-3 < 0.1 < shown["He, layer 9"].std(), "the histograms look otherwise"

# gradients without batch norm: level over the layers, apart by orders of magnitude
heights = {name: np.array(dW) for name, (_, _, _, dW) in plain.items()}
for name, dW in heights.items():
    assert len(dW) == 10, f"{name}: {len(dW)} gradients"
    assert dW.max() / dW.min() < 10, f"{name}: norms of dW from {dW.min():.2g} to {dW.max():.2g}"
assert heights["0.01"].max() < 1e-10 * heights["He"].min(), "0.01 is not ten orders below He"
assert heights["1"].min() > 1e6 * heights["He"].max(), "1 is not six orders above He"
assert plain["0.01"][1][0] > 1e8 * plain["0.01"][1][-1], "z of 0.01 does not shrink towards the output"
assert plain["0.01"][2][-1] > 1e8 * plain["0.01"][2][0], "delta of 0.01 does not shrink towards the input"

# the factor per layer
relu, tanh = factors["ReLU"], factors["tanh"]
ratios = relu / formula["ReLU"]
assert near(ratios, ratios[:, :1], 1e-6), "the factors of ReLU are not parallel to the formula"
assert near(relu.mean(axis=0), formula["ReLU"], 0.1), "the factors of ReLU are not those of the formula"
assert near(crossing.mean(), np.sqrt(2 / n), 0.1), f"ReLU keeps its size at {crossing.mean():.4f}"
assert near(tanh[:, :4].mean(axis=0), formula["tanh"][:4], 0.1), "tanh does not follow the formula at small s"
assert near(tanh[:, -4:], 1, 0.15), f"the factors of tanh at large s are not near 1: {tanh[:, -4:]}"

# which of them trains
assert final["He"].mean() > 75, f"He: {final['He']}"
assert final["He"].min() > 50, f"He, worst seed: {final['He'].min()}"
assert final["Glorot"].mean() < min(65, final["He"].mean() - 15), f"Glorot: {final['Glorot']}"
assert final["Glorot"].mean() > curves["Glorot"][:, 0].mean() + 5, "the curve of Glorot does not rise"
assert final["Glorot"].std(ddof=1) > 4, f"the seeds of Glorot do not differ widely: {final['Glorot']}"
assert curves["0.01"].max() < 20, f"0.01 trains: {curves['0.01']}"
assert np.ptp(curves["0.01"], axis=1).max() < 6, "the accuracy of 0.01 moves"

trainer, train, test = prepare(0.01, 0)
W_before = trainer.model.params["8.W"]
trainer.fit(*train, epochs=1, train_accuracy=False)
assert near(trainer.model.params["8.W"], W_before, 1e-6), "the weights of 0.01 move"
assert np.abs(trainer.model.params["18.b"]).max() > 1e-3, "the biases of the output layer of 0.01 stand still"
assert len(np.unique(trainer.model(test[0]).argmax(axis=1))) == 1, "0.01 tells classes apart"

# batch norm: the scale does not matter to z, delta and dW, but to the share of an update
for quantity in (1, 2, 3):
    values = np.array([normalized[name][quantity][:9] for name in ("0.01", "0.1", "1")])
    assert (values.max(axis=0) / values.min(axis=0)).max() < 1.5, f"the lines are apart: {values}"
assert np.ptp(normalized["0.1"][1]) < 0.1, f"RMS of z is not level: {normalized['0.1'][1]}"
assert near(growth, np.sqrt(np.pi / (np.pi - 1)), 0.06), f"growth of delta per layer: {growth}"
jump = normalized["0.1"][2][0] / normalized["0.1"][2][1]
assert jump > 1.8, f"delta grows by {jump:.2f} only at layer 1"
assert normalized["0.1"][3][0] > 1.5 * normalized["0.1"][3][8], "dW is not larger towards the input"
shares = [
    normalized[name][3][4] / np.linalg.norm(ten_layers(s, rng=np.random.default_rng(0)).params["8.W"])
    for name, s in (("0.01", 0.01), ("0.1", 0.1), ("1", 1.0))
]
assert near(shares[0] / shares[1], 10, 0.2), f"shares of an update: {shares}"
assert near(shares[1] / shares[2], 10, 0.2), f"shares of an update: {shares}"

# gradients of all parameters
assert len(report.errors) == 30, f"{len(report.errors)} gradients checked"
assert worst < 1e-6, f"relative error of a gradient: {worst}"
refused = ""
try:
    check_layer(careless(built), x[:20], rng=np.random.default_rng(1), method="directions")
except GradientError as refusal:
    refused = str(refusal)
assert refused.startswith("x at"), f"mean and SD taken for constants: {refused or 'accepted'}"

# the range that trains
plain_means, bn_means = without.mean(axis=1), with_bn.mean(axis=1)
assert plain_means[2] > 50, f"He without batch norm: {without[2]}"
assert plain_means[[0, 1, 3, 4]].max() < 20, f"without batch norm others than He train: {plain_means}"
assert diverged.tolist() == [0, 0, 0, 3, 3], f"diverged: {diverged}"
assert with_bn.min() > 30, f"with batch norm, worst run: {with_bn.min()}"
assert bn_means.argmax() == 1, f"with batch norm 0.1 is not the best: {bn_means}"
assert bn_means[1] > bn_means[0] + 5, f"with batch norm 0.01 is as good as 0.1: {bn_means}"
assert bn_means[1] > bn_means[2] + 2, f"with batch norm He is as good as 0.1: {bn_means}"
assert bn_means[1] > bn_means[3] + 20, f"with batch norm s = 1 is not slow: {bn_means}"

# running statistics lag
assert late.max() < 25, f"inference after epoch 1: {late}"
assert min(batch.mean(), refreshed.mean()) > 70, f"batch statistics: {batch}, refreshed: {refreshed}"
assert abs(refreshed.mean() - batch.mean()) < 6, f"refreshed: {refreshed}, batch statistics: {batch}"
assert near(before, 0.9**26 + (1 - 0.9**26) * after, 0.15), f"running variance {before:.3f}, refreshed {after:.3f}"
assert after < 0.9**26, f"the variance {after} is not below what is left of 1"

# eval() forgotten
spoiled_mean = spoiled.mean(axis=0)
assert spoiled_mean[0] > 85, f"inference: {spoiled[:, 0]}"
assert spoiled_mean[-1] < spoiled_mean[0] - 15, f"forgotten passes do little: {spoiled_mean}"
assert (np.diff(spoiled_mean[::5]) < 0).all(), f"the accuracy does not keep falling: {spoiled_mean}"
assert abs(repaired.mean() - spoiled_mean[0]) < 2, f"refreshed: {repaired}, before: {spoiled[:, 0]}"


# things to try, each with one seed
def tried(start, *, change=None, epochs=3, **options):
    trainer, train, test = prepare(start, 0, **options)
    if change:
        model = change(trainer.model)
        trainer = Trainer(model, SoftmaxWithLoss(), SGD(0.05), batch_size=32, rng=trainer.rng, progress=False)
    trainer.fit(*train, epochs=epochs, train_accuracy=False)
    return 100 * accuracy(trainer.model, *test)


def output_of_he(model):
    W = model.params["27.W"]
    model.params["27.W"] = np.sqrt(2 / n) / W.std() * W
    return model


by_tanh = {name: tried(initial, activation=Tanh, epochs=6) for name, initial in starts.items() if name != "0.01"}
assert min(by_tanh.values()) > 85, f"tanh: {by_tanh}"
assert by_tanh["Glorot"] < by_tanh["He"] + 4, f"tanh, Glorot is better: {by_tanh}"
stuck = tried(0.01, activation=Tanh, epochs=2)
assert stuck < 20, f"tanh, 0.01: {stuck}"
small, large = (tried(s, change=output_of_he, batch_norm=True) for s in (0.01, 1.0))
assert small > bn_means[0] + 5, f"0.01 with an output layer of He: {small}, without {bn_means[0]}"
assert large < bn_means[3] - 4, f"1 with an output layer of He: {large}, without {bn_means[3]}"
by_careless = [tried(grid_bn[i], change=careless, batch_norm=True) for i in (1, 2)]
assert min(by_careless) > 30, f"careless is no better than guessing: {by_careless}"
assert (by_careless < bn_means[[1, 2]] - 8).all(), f"careless is as good as the right gradient: {by_careless}"

print(
    "after 6 epochs:",
    *(f"{name} {a.mean():.1f} +- {a.std(ddof=1):.1f} (worst {a.min():.1f})" for name, a in final.items()),
)
print(f"without {plain_means.round(1)}, with batch norm {bn_means.round(1)}, worst gradient {worst:.1e}")
