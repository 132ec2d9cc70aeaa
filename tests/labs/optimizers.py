"""What docs/labs/optimizers.py claims; runs in its kernel after the last cell."""

assert list(kinds) == names == ["SGD", "Momentum", "AdaGrad", "Adam"], list(kinds)

# data, network, gradients
assert x_train.shape == (1297, 1, 8, 8), x_train.shape
assert x_test.shape == (500, 1, 8, 8), x_test.shape
assert np.bincount(d_train, minlength=10).min() > 100, "a class is rare in the training data"
assert sum(w.size for w in model.params.values()) == 2410, "the network has another size"
assert all(np.log(10) < E < 3.0 for E in first_losses), f"first losses are not a little above ln 10: {first_losses}"
worst_gradient = max(errors.values())
assert len(errors) == 6, f"expected x, four parameters and the loss, got {list(errors)}"
assert worst_gradient < 1e-6, f"relative error of a gradient: {worst_gradient}"

# the loop, the Trainer and the function are the same training
again = train_one(SGD(0.3), 0, 15)[0]
assert len(losses) == len(again.loss) == 15, "the first run has another length"
assert loss_gap < 1e-8, f"losses of loop and Trainer differ by {loss_gap}"
assert share_gap < 0.003, f"accuracies of loop and Trainer differ by {share_gap}"
assert np.max(np.abs(again.loss - losses)) < 1e-8, "train_one is another training than the loop"
assert losses[-1] < losses[0] / 5, f"the first run did not learn: {losses}"
assert shares["test"][5:].mean() < shares["train"][5:].mean(), "test accuracy of the first run is above training"
assert test_shares[-1] > 0.92, f"test accuracy of the first run: {test_shares[-1]}"

# too small and too large look alike, and the dead units tell them apart
updates = {len(E) for E in batch_losses.values()}
assert updates == {8 * 16}, f"updates in 8 epochs: {updates}"
for eta in (0.003, 3.0):
    ends = [np.mean(batch_losses[eta, seed][-16:]) for seed in range(5)]
    assert max(abs(E - np.log(10)) for E in ends) < 0.3, f"the loss at {eta} does not end near ln 10: {ends}"
slow = [np.mean(batch_losses[0.003, seed][:16]) - np.mean(batch_losses[0.003, seed][-16:]) for seed in range(5)]
assert min(slow) > 0.02, f"the loss at 0.003 does not fall, even slowly: {slow}"
assert max(max(batch_losses[3.0, seed]) for seed in range(5)) > 3, "no jump at 3.0"
assert np.isfinite([batch_losses[3.0, seed] for seed in range(5)]).all(), "the loss at 3.0 diverges"
assert all(len(history) == 8 for history in dead.values()), "dead units are counted after each epoch"
dead_large = [dead[3.0, seed] for seed in range(5)]
dead_other = [dead[eta, seed][-1] for eta in (0.003, 0.3) for seed in range(5)]
assert np.min(dead_large) > 65, f"dead units at 3.0 (%): {dead_large}"
assert np.mean(dead_large, axis=0).min() > 80, f"dead units at 3.0 (%), mean of seeds: {dead_large}"
assert all(np.all(np.diff(history) >= 0) for history in dead_large), f"dead units come back: {dead_large}"
assert max(dead_other) < 30, f"dead units at smaller rates (%): {dead_other}"
assert max(shares_tried[3.0, seed] for seed in range(5)) < 25, "3.0 learns"
assert min(shares_tried[0.3, seed] for seed in range(5)) > 88, "0.3 does not learn"
assert np.mean(batch_losses[0.3, 0][-16:]) < 0.3, "the loss at 0.3 does not fall below 0.3"

# the sweep: each method wins at some common rate, and each has a good rate of its own inside the table
at = dict(zip(rates.tolist(), winners, strict=True))
assert (at[0.01], at[0.1], at[1.0], at[3.0]) == ("Adam", "Momentum", "SGD", "AdaGrad"), at
at_3 = dict(zip(names, sweep[:, -1], strict=True))
assert at_3["AdaGrad"] < 2.1, f"AdaGrad has not come down at 3.0: {at_3}"
assert min(at_3[name] for name in names if name != "AdaGrad") > 2.2, f"another method learns at 3.0: {at_3}"
inner = sweep.argmin(axis=1)
assert ((inner > 0) & (inner < len(rates) - 1)).all(), f"a best rate lies at the edge: {best}"
assert sweep.min(axis=1).max() < 0.25, f"lowest loss of each: {sweep.min(axis=1)}"
assert sweep[:, 2].max() > 3 * sweep[:, 2].min(), "a common rate of 0.1 shows no difference"
assert best["SGD"] > 9 * best["Adam"], best

# five seeds: the losses end apart, the accuracies do not
means = {name: accuracies[name].mean() for name in names}
worst = min(accuracies[name].min() for name in names)
final = {name: np.median(curves[name][:, -1]) for name in names}
assert all(a.shape == (5,) for a in accuracies.values()), "accuracies of five seeds"
assert min(means.values()) > 95.5, means
assert worst > 93, f"worst accuracy: {worst}"
assert max(means.values()) - min(means.values()) < 1.5, f"the accuracies differ: {means}"
assert min(train_right[name].mean() for name in names) > 98.5, train_right
assert final["AdaGrad"] > 5 * final["Adam"], final
assert final["AdaGrad"] == max(final.values()), final
assert final["Adam"] == min(final.values()), final
assert rises["AdaGrad"] < 1.1, rises
assert min(rises[name] for name in ("SGD", "Momentum", "Adam")) > 1.1, rises
assert tests["SGD"][:, 0].mean() < 78, f"the first point of SGD is inside the panel: {tests['SGD'][:, 0]}"

# epochs needed: who is last depends on the goal
epochs_to = {name: needed[name].mean(axis=1) for name in names}  # goals 0.5, 0.1, 0.02
others = [name for name in names if name != "SGD"]
assert epochs_to["SGD"][0] > max(epochs_to[name][0] for name in others) + 0.5, epochs_to
assert all(epochs_to["Adam"][k] < min(epochs_to[name][k] for name in names[:3]) for k in (1, 2)), epochs_to
assert epochs_to["AdaGrad"][2] > max(epochs_to[name][2] for name in names if name != "AdaGrad"), epochs_to
assert max(row.mean() for row in needed_94.values()) < 10, f"epochs to 94 %: {needed_94}"

# mistakes: shared by all four, about as much as by four SGD networks
assert (test_rows[0] == start(0)[2]).all(), "the rows of the test data of seed 0"
assert 8 < mistakes.mean() < 22, f"mistakes of each: {mistakes}"
assert together.min() >= 2, f"images that all four get wrong, by seed: {together}"
assert unrelated.max() < 0.05, "independent mistakes would be shared, too"
assert shared > 0.35, f"share of the mistakes that are common: {shared}"
assert shared_sgd > 0.35, f"the same for four SGD networks: {shared_sgd}"
assert abs(shared - shared_sgd) < 0.25, (shared, shared_sgd)
assert agreed > 0.5, f"share of common mistakes with the same answer: {agreed}"
assert len(rows) >= 15, f"different images that all four get wrong: {len(rows)}"

summary = "  ".join(f"{name} {spread(accuracies[name])}" for name in names)
print(f"test accuracy over 5 seeds (%): {summary}  worst {worst:.1f}")
print(f"gradients {worst_gradient:.0e}  dead at 3.0 {np.mean(dead_large):.0f} %  shared mistakes {shared:.2f}")
