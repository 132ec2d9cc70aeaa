"""What docs/labs/cnn.py claims, checked after its last cell."""

import numpy as np

order = ["Conv2d", "ReLU", "MaxPool2d", "Conv2d", "ReLU", "MaxPool2d", "Flatten", "Linear"]
assert [type(layer).__name__ for layer in model.layers] == order, "the network has other layers"
assert x_train.shape == (600, 1, 8, 8), f"training images {x_train.shape}"
assert x_test.shape == (1197, 1, 8, 8), f"test images {x_test.shape}"
shapes, passed = [], x_test[:7]
for layer in model.layers:
    passed = layer(passed)
    shapes.append(passed.shape[1:])
assert shapes[5:] == [(16, 2, 2), (64,), (10,)], f"shapes from the second pooling on: {shapes[5:]}"
total = sum(w.size for w in model.params.values())
assert total == sum(sizes) == sum(formula) < 2000, f"{total} parameters, counted {sizes}, by formula {formula}"
assert max(sizes) == sizes[3], "the second convolution does not have the most parameters"

assert at_zero["0.b"] > 1e-2, f"no kink at 0.b: relative error {at_zero['0.b']:.0e}"
others = {name: error for name, error in at_zero.items() if name != "0.b"}
assert len(others) == 5, f"arrays checked besides 0.b: {list(others)}"
assert max(others.values()) < 1e-6, f"gradients besides 0.b: {others}"
assert off_zero.keys() == at_zero.keys(), f"arrays checked off the kink: {list(off_zero)}"
assert max(off_zero.values()) < 1e-6, f"gradients off the kink: {off_zero}"

for name in ("600 none", "600 shift", "100 none", "100 shift", "600 flip"):
    assert scores[name].shape == (5, 3), f"{name} has no three scores for five seeds"
    assert len(models[name]) == 5, f"{name} has {len(models[name])} models"
fit, clean, moved = ({name: values[:, k] for name, values in scores.items()} for k in range(3))
assert fit["600 none"].mean() > 98, f"training accuracy without shifts {fit['600 none']}"
assert clean["600 none"].mean() > 94, f"test without shifts {clean['600 none']}"
assert clean["600 none"].min() > 91, f"test without shifts {clean['600 none']}"
assert (clean["600 none"] - moved["600 none"]).mean() > 30, "one pixel takes 30 points or less"
assert moved["600 shift"].mean() > 86, f"moved, with shifts {moved['600 shift']}"
assert moved["600 shift"].min() > 80, f"moved, with shifts {moved['600 shift']}"
assert (moved["600 shift"] - moved["600 none"]).min() > 15, "shifts in training do not mend every seed"
assert (clean["600 shift"] - moved["600 shift"]).mean() < 6, "with shifts, moved is not close to test"
assert (clean["600 shift"] - clean["600 none"]).mean() < 0, "test rose with shifts"
assert (fit["600 shift"] - fit["600 none"]).mean() < -1, "training accuracy did not fall with shifts"
assert moved["100 shift"].mean() > moved["600 none"].mean() + 8, "moved: 100 with shifts do not beat 600 without"
assert clean["600 none"].mean() > clean["100 shift"].mean() + 5, "test: 600 without shifts do not beat 100 with"
assert (clean["100 shift"] - clean["100 none"]).mean() < 1.5, "of 100 images, shifts raised test"
assert (moved["100 shift"] - moved["100 none"]).mean() > 15, "in the figure, shifts of 100 images do not lie high"
assert (clean["600 none"] - clean["100 none"]).mean() > 3, "600 images do not lie to the right of 100"
assert (clean["600 shift"] - clean["100 shift"]).mean() > 3, "600 images with shifts do not lie to the right of 100"

assert (clean["600 flip"] - clean["600 none"]).mean() < -1, "flips did not lower test"
extra = by_digit["600 flip"] - by_digit["600 none"]
assert extra.argmax() == 3, f"3 did not gain the most mistakes from flips: {extra}"
assert extra[6] < extra[3] / 2, f"6 gained as many mistakes from flips as 3: {extra}"
assert mirrored["600 flip"] > mirrored["600 none"] + 25, f"mirrored {mirrored}"

assert before.shape == after.shape == (8, 1, 3, 3), f"filters {before.shape}, {after.shape}"
assert cosines.min() > 0.5, f"cosines {cosines.round(2)}"
assert np.median(cosines) > 0.8, f"cosines {cosines.round(2)}"
assert np.mean((before < 0) == (after < 0)) > 0.7, "most signs of the filters are not where they were"
assert growth.mean() > 1.1, f"lengths {growth.round(2)}"
assert [m.shape for m in maps] == [(8, 8, 8), (16, 4, 4)], "feature maps of other shapes"
assert all(0.3 < np.mean(m == 0) < 0.85 for m in maps), "zeros in the feature maps are not about half"

assert y.shape == (1197, 10), f"y is {y.shape}"
assert np.allclose(y.sum(axis=1), 1), "the probabilities of an image do not add up to 1"
assert wrong[0].sum() == mistakes.size, "the table by seeds and the model of seed 0 disagree"
assert 30 < mistakes.size < 150, f"{mistakes.size} mistakes"
assert min(np.bincount(d_test)) > 100, "fewer test images of a digit than told"
assert max(np.bincount(d_test)) < 135, "more test images of a digit than told"
pairs = np.bincount(10 * d_test[mistakes] + predicted[mistakes], minlength=100)
assert np.sort(pairs)[-9:].sum() > 0.5 * mistakes.size, "a tenth of the pairs does not hold half of the mistakes"
assert len(set(wrong.argmax(axis=1))) > 1, "the same digit has the most mistakes for all seeds"
assert any(low <= 6 and high >= 15 for low, high in zip(wrong.min(axis=0), wrong.max(axis=0), strict=True)), (
    f"no digit with few and many mistakes {wrong}"
)
assert share > 0.5, f"1, 3, 8 and 9 have {share:.2f} of the mistakes"

assert np.median(top[mistakes]) < 0.8, "mistakes are not less certain"
assert np.median(top[hits]) > 0.95, "right answers are not certain"
assert (top[mistakes] < np.quantile(top[hits], 0.25)).mean() > 0.6, "low probabilities do not catch most mistakes"
assert np.sum((d_test[worst] >= 8) & (predicted[worst] == 3)) > 3, "3 for an 8 or 9 is not often among the worst"
assert top[worst[0]] > 0.85, "the worst mistake is not a certain one"
assert np.all(np.diff(top[worst]) <= 0), "the worst mistakes are not in order"
assert worst.size == unsure.size == 10, "not ten images each"
assert np.all(d_test[worst] != predicted[worst]), "worst holds right answers"
assert np.all(d_test[unsure] == predicted[unsure]), "unsure holds mistakes"
assert top[unsure].max() < 0.6, "the least certain right answers are certain"

ink = [x_test[group].mean() for group in (mistakes, hits)]
assert abs(ink[0] / ink[1] - 1) < 0.1, f"ink {ink}"
near = [far[group].mean() for group in (mistakes, hits)]
assert 3 * near[1] < near[0] < 0.4, f"nearest is another digit: {near}"
shared = [other[group].mean() for group in (mistakes, hits)]
assert 2 * shared[1] < shared[0] < 0.5, f"wrong without shifts, too: {shared}"
assert lookup[0] > max(clean["600 none"].mean(), clean["600 shift"].mean()) + 0.5, f"lookup {lookup}"
assert abs(lookup[1:].mean() - moved["600 none"].mean()) < 10, f"lookup, moved {lookup[1:].mean():.1f}"
assert lookup[1:].mean() < moved["600 shift"].mean() - 15, f"lookup, moved {lookup[1:].mean():.1f}"

for name in ("600 none", "600 shift"):
    print(f"{name}: test {clean[name].mean():.1f} (worst {clean[name].min():.1f})", end="  ")
    print(f"moved {moved[name].mean():.1f} (worst {moved[name].min():.1f}) %")
print(f"gradients {max(off_zero.values()):.0e}  lookup {lookup[0]:.1f} %  mistakes {mistakes.size}")
