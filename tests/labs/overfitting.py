def average(name, part):
    return results[name][columns.index(part)].mean()


tests = {name: average(name, "test") for name in order}
validations = {name: average(name, "validation") for name in order}

# The split: each image in one part at most, each part with its own labels, wrong ones where they belong
assert [len(data[part][0]) for part in columns] == [200, 200, 500], "parts of another size"
kept_x, x = x, np.arange(len(x))  # split deals out numbers of images
for seed in seeds:
    parts = split(np.random.default_rng(seed))
    rows = np.concatenate([parts[part][0] for part in columns])
    assert len(set(rows.tolist())) == len(rows), f"seed {seed}: an image stands in two parts, or twice"
    for part, low, high in (("train", 20, 34), ("validation", 18, 36), ("test", 0, 0)):
        numbers, given_labels, true_labels = parts[part]
        assert np.array_equal(true_labels, d[numbers]), f"seed {seed}: {part} has the labels of other images"
        wrong = 100 * np.mean(given_labels != true_labels)
        assert low <= wrong <= high, f"seed {seed}: {wrong:.1f} % of the labels of {part} are wrong"
x = kept_x
assert parameters == 65 * 80 + 81 * 80 + 81 * 10, f"{parameters} parameters"
assert all(rows.shape == (3, 5) for rows in results.values()), "not three parts by five seeds"

# The gradient of the penalized loss; the check must see that a term is missing; Trainer follows that gradient
for name, (right, wrong) in errors.items():
    assert right < 1e-6, f"{name}: relative error {right:.1e} of the gradient of the penalized loss"
    assert (wrong > 1e-2) == name.endswith("W"), f"{name}: relative error {wrong:.1e} without lambda W"
model = network(np.random.default_rng(0))
start, expected = dict(model.params), gradient(0.03)
checked = Trainer(model, loss, Momentum(0.05), batch_size=20, rng=np.random.default_rng(0), weight_decay=0.03)
checked.fit(few, labels, epochs=1, train_accuracy=False)
for name, before in start.items():
    step = (before - model.params[name]) / 0.05
    assert np.allclose(step, expected[name], rtol=1e-6, atol=1e-9), f"{name}: Trainer takes another step"

# Right labels: learned by heart, and nothing falls
clean_val, noisy_val, noisy_loss = clean[:, :, 1, 1].mean(0), noisy[:, :, 1, 1].mean(0), noisy[:, :, 1, 0].mean(0)
assert clean.shape == noisy.shape == (5, epochs, 2, 2), f"curves of shape {clean.shape}, {noisy.shape}"
assert clean[:, -1, 0, 1].min() > 98, f"clean labels: training accuracy {clean[:, -1, 0, 1]}"
assert clean_val[-1] > clean_val.max() - 1.5, f"clean labels: validation falls to {clean_val[-1]:.1f} %"
assert clean_val[9] > clean_val.max() - 6, f"clean labels: validation still rises after epoch 10, {clean_val[9]:.1f} %"
clean_gap, noisy_gap = (runs[:, -1, 0, 1].mean() - runs[:, -1, 1, 1].mean() for runs in (clean, noisy))
assert 3 < clean_gap < 12, f"clean labels: the gap is {clean_gap:.1f} points"

# Redrawn labels: learned by heart, and validation pays
assert noisy[:, -1, 0, 1].mean() > 96, f"redrawn labels: training accuracy {noisy[:, -1, 0, 1]}"
assert noisy[:, -1, 0, 1].min() > 90, f"redrawn labels: training accuracy {noisy[:, -1, 0, 1]}"
assert noisy_val[-1] < noisy_val.max() - 4, f"redrawn labels: validation does not fall, {noisy_val[-1]:.1f} %"
passed = int(np.argmax(noisy[:, :, 0, 1].mean(0) > 73)) + 1
assert 5 <= passed <= 20, f"redrawn labels: training passes 73 % in epoch {passed}"
assert noisy_gap > 3 * clean_gap, f"redrawn labels: the gap is {noisy_gap:.1f}, with clean labels {clean_gap:.1f}"
assert noisy_loss.argmin() < 20, f"redrawn labels: smallest validation loss in epoch {noisy_loss.argmin() + 1}"
assert noisy_loss[-1] > 1.4 * noisy_loss.min(), "redrawn labels: validation loss does not rise"
rise, fall = noisy_loss[-1] / noisy_loss.min() - 1, 1 - noisy_val[-1] / noisy_val.max()
assert rise > 2 * fall, f"redrawn labels: the loss rises by {rise:.2f}, the accuracy falls by {fall:.2f}"
assert memorized.min() > 95, f"random labels: training accuracy {memorized}"
assert 4 < np.mean(recognized) < 16, f"random labels: {recognized} of the validation images recognized"
assert 4 < tests["random labels"] < 16, f"random labels: test accuracy {tests['random labels']:.1f}"

# Weight decay: chosen inside the range, too strong ruins training, all layers end at one length
chosen = [E_val[:, seed].argmin() for seed in seeds]
assert all(0 < k < 3 for k in chosen), f"lambda chosen at an end of the range: {chosen}"
assert a[-1].mean() < 40, f"lambda 0.1: training accuracy {a[-1].mean():.1f}"
assert a[0].mean() > a[1].mean() > a[2].mean() > a[3].mean(), "training accuracy does not fall with lambda"
assert max(a_val[1:3].mean(axis=1)) > max(a_val[[0, 3]].mean(axis=1)) + 3, f"validation: {a_val.mean(axis=1)}"
free, decayed = lengths.mean(axis=1)
assert (decayed < free / 2).all(), f"lengths {free} without, {decayed} with weight decay"
assert decayed.max() < 1.15 * decayed.min(), f"lengths with weight decay differ: {decayed}"
assert free[2] < 0.7 * free[:2].min(), f"without weight decay the last layer is not the shortest: {free}"
for runs, low, high in ((by_decay[0], 0, 0.4), (by_decay[2], 0.6, 1)):
    near = np.mean([np.mean(np.abs(list(weights(net).values())[k]).ravel() < 0.05) for _, net in runs for k in (0, 1)])
    assert low <= near <= high, f"{100 * near:.0f} % of the weights of the first two layers are within 0.05 of 0"
widths = [w.std() for w in weights(by_decay[2][0][1]).values()]
assert widths[2] > 2 * max(widths[:2]), f"with weight decay the last histogram is not the widest: {widths}"

# Dropout and eval(), early stopping
lost = remembered - forgotten
assert lost.min() > 3, f"eval() forgotten costs {lost}"
gained = validations["dropout"] - validations["none"]
assert lost.mean() > gained / 2, f"eval() forgotten costs {lost.mean():.1f} of the {gained:.1f} points gained"
assert 35 < np.mean(changed) < 60, f"two passes differ for {changed} % of the images"
assert average("dropout", "train") < 90, "dropout learns by heart"
assert np.mean([last for _, last in stops]) < epochs / 2, f"early stopping: {stops}"
assert all(last - kept == 10 for kept, last in stops), f"early stopping: patience is not ten epochs, {stops}"
restored = measure(models["early stopping"], "validation", column=0)
smallest = [noisy[seed, : stops[seed][1], 1, 0].min() for seed in seeds]
assert np.allclose(restored, smallest, rtol=1e-3), f"early stopping: loss {restored}, smallest {smallest}"

# Two at once: held back more than by either, below 73 %
both, single = average("decay, dropout", "train"), min(average("dropout", "train"), a[1].mean())
assert 60 < both < 73, f"decay and dropout: training accuracy {both:.1f}"
assert a[1].mean() > 78, f"decay 0.01: training accuracy {a[1].mean():.1f}"
assert 69 < average("dropout", "train") < 78, f"dropout: training accuracy {average('dropout', 'train'):.1f}"
assert both < single - 2, f"training accuracy {both:.1f} with decay and dropout, {single:.1f} with one"
assert validations["decay, dropout"] > a_val[1].mean() + 3, "decay and dropout: no better than the weak decay"
assert abs(validations["decay, dropout"] - validations["dropout"]) < 4, "decay and dropout: no tie with dropout"

# The table
three = ("weight decay", "dropout", "early stopping")
for name in (*three, "noise", "shift", "decay, dropout"):
    margin = 3 if name == "shift" else 6
    assert tests[name] > tests["none"] + margin, f"{name}: test {tests[name]:.1f}, none {tests['none']:.1f}"
    assert tests[name] < tests["clean"] - 1.5, f"{name}: test {tests[name]:.1f}, clean {tests['clean']:.1f}"
    assert average(name, "train") < tests[name] - 3, f"{name}: training is not below test"
    assert validations[name] > validations["none"] + margin / 2, f"{name}: validation does not rise"
for name in ("clean", "none"):
    assert average(name, "train") > tests[name] + 3, f"{name}: training is not above test"
for name in three:
    share = (tests[name] - tests["none"]) / (tests["clean"] - tests["none"])
    assert share > 0.4, f"{name} wins back {share:.2f} of what was lost"
    worst = results[name][2].min()
    assert worst > results["none"][2].max(), f"{name}: the worst seed, {worst:.1f}, is no better than none"
spread = np.ptp([tests[name] for name in three])
assert spread < 5, f"weight decay, dropout and early stopping differ by {spread:.1f} points"
assert tests["noise"] > max(tests[name] for name in three), f"noise is not ahead: {tests}"
lead = tests["noise"] - max(tests[name] for name in three)
assert lead < results["noise"][2].std(ddof=1), f"noise is ahead by more than the spread, {lead:.1f}"
assert validations["noise"] > max(validations[name] for name in three) - 0.5, f"validation against noise: {validations}"
for ahead in (tests, validations):
    assert ahead["noise"] > ahead["shift"] + 2, f"noise is not ahead of shift: {ahead}"
for name in ("clean, decay", "clean, dropout"):
    assert abs(tests[name] - tests["clean"]) < 2, f"{name}: test {tests[name]:.1f}, clean {tests['clean']:.1f}"
redrawn_rows = [name for name in order if "clean" not in name and name != "random labels"]
misfit = [abs(validations[name] - (0.7 * tests[name] + 3)) for name in redrawn_rows]
assert max(misfit) < 4.5, f"validation is not 0.7 test + 3: {dict(zip(redrawn_rows, misfit, strict=True))}"

best_rows = {name: f"{tests[name]:.1f} +- {results[name][2].std(ddof=1):.1f}" for name in ("clean", "none", *three)}
print("test accuracy over five seeds:", ", ".join(f"{name} {text}" for name, text in best_rows.items()))
print(
    f"gradient: relative error {max(right for right, _ in errors.values()):.0e}; random labels: {memorized.mean():.1f}",
    end="",
)
print(f" % learned, {tests['random labels']:.1f} % of the test; eval() forgotten: {-lost.mean():.1f} points")
