# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] lang="ja"
# ---
# description: 小さな CNN を組み立てて手書き数字で学習し、平行移動の損得を5つの種で測り、誤りを画像と数で調べる実習
# ---
#
# # 手書き数字の CNN：データ拡張と誤りの分析 {#cnn-lab}
#
# パラメータが2千に満たない CNN を組み立て、勾配を確かめ、手書き数字600枚で学習します。データ拡張が何を変え、何を変えないかを5つの種で測り、最後に、1つのモデルの誤りを画像で見て、誤りに共通するものを数で調べます。先に[畳み込み](../vision/convolution.md)、[プーリング](../vision/pooling.md)、[データ拡張](../vision/data-augmentation.md)の章を読んでください。式の導出はそちらにあります。
#
# 予想を求められたら、自分の答えを決めてからセルを実行してください。答えはセルの後に折りたたんであります。
#
# この実習だけの記号です。
#
# | 記号 | 意味 |
# | --- | --- |
# | $n$ | テストに使う画像の数 |
# | $g$, $\hat{g}$ | 逆伝播の勾配、中心差分 |
# | $h$ | 中心差分の刻み幅 |
#
# ## データを分ける {#data}
#
# 8×8の画像を、$(N, 1, 8, 8)$ の配列で受け取ります。1はチャンネルの数です。訓練に600枚、テストに残りの1,197枚を使います。訓練がふつうより少ないのは、学習を短くし、調べる誤りを増やすためです。テストが多ければ、$n$ 枚で測った正解率 $p$ の標準誤差も小さくなります。
#
# $$
# \mathrm{SE} = \sqrt{\frac{p (1 - p)}{n}}
# $$
# <!-- formula: standard-error -->
#
# `split` は、分割に使った乱数生成器も返します。初期値と学習の順序も同じ生成器から引くので、種を変えると3つとも変わります。
#
# %% [markdown] lang="en"
# ---
# description: A small CNN on handwritten digits, what shifts win and cost over five seeds, and its mistakes as images and numbers
# ---
#
# # A CNN on the digits: augmentation and error analysis {#cnn-lab}
#
# In this lab you build a CNN of fewer than two thousand parameters, check its gradients and train it on 600 handwritten digits. You measure over five seeds what data augmentation changes and what it does not. Then you look at the mistakes of one model and find out by counting what they have in common. Read the chapters on [convolution](../vision/convolution.md), [pooling](../vision/pooling.md) and [data augmentation](../vision/data-augmentation.md) first; the formulas are derived there.
#
# When you are asked for a prediction, settle on an answer before you run the cell. The answer is folded away after it.
#
# These symbols belong to this lab alone.
#
# | Symbol | Meaning |
# | --- | --- |
# | $n$ | number of test images |
# | $g$, $\hat{g}$ | gradient of the backward pass, central difference |
# | $h$ | step of the central difference |
#
# ## Split the data {#data}
#
# The 8×8 images come as an array of shape $(N, 1, 8, 8)$, where the 1 is the number of channels. 600 images are for training and the other 1,197 for testing. That is less training data than usual: training is short, and there are more mistakes to study. A large test set also keeps the standard error of an accuracy $p$, measured on $n$ images, small.
#
# $$
# \mathrm{SE} = \sqrt{\frac{p (1 - p)}{n}}
# $$
# <!-- formula: standard-error -->
#
# `split` also returns the random generator it used. The initial weights and the order of training are drawn from the same generator, so another seed changes all three.
#
# %%
import matplotlib.pyplot as plt
import numpy as np

from dlnotes.datasets import digits, train_test_split
from dlnotes.plotting import samples

x, d = digits()


def split(seed):
    rng = np.random.default_rng(seed)
    return rng, *train_test_split(x, d, test_size=1197, rng=rng)


_, x_train, d_train, x_test, d_test = split(0)
print("train", x_train.shape, d_train.shape)
print("test ", x_test.shape, d_test.shape)
print(f"pixels from {x.min():.0f} to {x.max():.0f}, {x.dtype}")

ten = [np.flatnonzero(d_train == k)[0] for k in range(10)]  # the first of each digit
plt.figure(figsize=(6.4, 3.2))
samples(x_train[ten], labels=d_train[ten], columns=5)
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: ten-digits | 訓練画像から、0から9を1枚ずつ。8×8画素で、上下の端まで線があり、左右には余白がある。 -->
#
# 端に触れる線も、左右の余白も、後で効いてきます。
#
# ## 組み立てる {#build}
#
# 3×3の畳み込み、ReLU、2×2の最大プーリングを2回重ね、平坦化して全結合層につなぎます。セルは、層ごとの出力の形とパラメータ数を書き出します。畳み込み層と全結合層のパラメータ数は、順に次のとおりです（[畳み込みの章](../vision/convolution.md#forward)）。$F$ はフィルタの一辺、$D$ は全結合層に届く特徴量の数、$K$ はクラスの数です。
#
# $$
# C_{out} (C_{in} F^2 + 1), \qquad (D + 1) K
# $$
# <!-- formula: layer-parameters -->
#
# **予想 1.** フィルタは8個と16個、パディングは1です。全結合層に届く特徴量は何個ですか。パラメータが最も多いのはどの層ですか。
#
# %% [markdown] lang="en"
# <!-- figure: ten-digits | One training image of each digit from 0 to 9, 8×8 pixels each. The strokes reach the top and bottom edges; there are margins on the left and right. -->
#
# Both the strokes at the edges and the margins will matter later.
#
# ## Build the network {#build}
#
# A 3×3 convolution, ReLU and 2×2 max pooling, twice; then the maps are flattened and go into a fully connected layer. The cell prints the output shape and the number of parameters of each layer. For a convolutional and a fully connected layer the number is, in this order ([chapter on convolution](../vision/convolution.md#forward)). $F$ is the side of a filter, $D$ the number of features that reach the fully connected layer, $K$ the number of classes.
#
# $$
# C_{out} (C_{in} F^2 + 1), \qquad (D + 1) K
# $$
# <!-- formula: layer-parameters -->
#
# **Prediction 1.** There are 8 and 16 filters, with padding 1. How many features reach the fully connected layer? Which layer has the most parameters?
#
# %%
from dlnotes.convolution import Conv2d, MaxPool2d
from dlnotes.initializers import he
from dlnotes.layers import Flatten, Linear, ReLU, Sequential


def cnn(rng):
    return Sequential(
        Conv2d(1, 8, 3, padding=1, init=he, rng=rng),
        ReLU(),
        MaxPool2d(2),
        Conv2d(8, 16, 3, padding=1, init=he, rng=rng),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Linear(64, 10, init=he, rng=rng),
    )


model = cnn(np.random.default_rng(0))
z, sizes = x_train[:1], []
print(f"input      {z.shape}")
for layer in model.layers:
    z = layer(z)
    sizes.append(sum(p.size for p in layer.params.values()))
    print(f"{type(layer).__name__:10} {z.shape!s:14} {sizes[-1]:5} parameters")
formula = [8 * (1 * 3**2 + 1), 16 * (8 * 3**2 + 1), (64 + 1) * 10]
print(f"in all {sum(sizes)}, by the formulas {sum(formula)}")

# %% [markdown] lang="ja"
# ??? question "予想 1 の答え"
#
#     特徴量は64個です。プーリングのたびに一辺が半分になって2×2になり、それが16枚あります。パラメータが最も多いのは2つ目の畳み込み層です。フィルタが8チャンネルにまたがるので、1個に72<!-- = 8*3*3 -->の重みがあります。
#
# ## 勾配を確かめる {#gradients}
#
# 学習の前に、逆伝播の勾配 $g$ を中心差分 $\hat{g}$ と比べます。画像は3枚です。`numerical_gradient` は、パラメータを1つずつ $\pm h$ だけ動かして損失 $E$ を測ります。要素が80個より多い配列では、初めの80個を調べます。
#
# $$
# \hat{g} = \frac{E(w + h) - E(w - h)}{2h}
# $$
# <!-- formula: central-difference -->
#
# 誤差は、重みやバイアスの配列ごとに、差の最大を $|g|$ の最大で割って表します。
#
# $$
# \text{error} = \frac{\max |\hat{g} - g|}{\max |g|}
# $$
# <!-- formula: gradient-error -->
#
# **予想 2.** 逆伝播の実装は正しいものとします。それでも、6つの配列のうち1つは一致しません。どれでしょうか。手がかりは、上の図の余白と、バイアスの初期値が0であることです。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 1"
#
#     64 features. Each pooling halves the side, down to 2×2, and there are 16 such maps. The second convolution has the most parameters: its filters reach through 8 channels, so each has 72<!-- = 8*3*3 --> weights.
#
# ## Check the gradients {#gradients}
#
# Before training, compare the gradient $g$ from the backward pass with the central difference $\hat{g}$, on three images. `numerical_gradient` moves one parameter at a time by $\pm h$ and measures the loss $E$. Of an array with more than 80 entries, the first 80 are checked.
#
# $$
# \hat{g} = \frac{E(w + h) - E(w - h)}{2h}
# $$
# <!-- formula: central-difference -->
#
# For each array of weights or biases, the error is the largest difference divided by the largest $|g|$.
#
# $$
# \text{error} = \frac{\max |\hat{g} - g|}{\max |g|}
# $$
# <!-- formula: gradient-error -->
#
# **Prediction 2.** Take it that the backward pass is right. Even so, one of the six arrays will not agree. Which one? Two hints: the margins in the figure above, and the biases, which start at 0.
#
# %%
from dlnotes.gradients import numerical_gradient
from dlnotes.layers import SoftmaxWithLoss


def relative_errors(model, x, d):
    loss, errors = SoftmaxWithLoss(), {}

    def E(name, w, first):  # with other values in the first places of w
        rest = w.ravel()[len(first) :]
        model.params[name] = np.concatenate([first, rest]).reshape(w.shape)
        return loss.forward(model.forward(x), d)

    loss.forward(model.forward(x), d)
    model.backward(loss.backward())
    for name, w in model.params.items():
        g = model.grads[name].ravel()[:80]
        g_hat = numerical_gradient(lambda v, name=name, w=w: E(name, w, v), w.ravel()[:80])
        model.params[name] = w
        errors[name] = np.abs(g_hat - g).max() / np.abs(g).max()
    return errors


at_zero = relative_errors(model, x_train[:3], d_train[:3])
for name, error in at_zero.items():
    print(f"{name} {model.params[name].shape!s:14} error {error:.6f}")

# %% [markdown] lang="ja"
# ??? question "予想 2 の答え"
#
#     1つ目の畳み込み層のバイアス `0.b` です。余白では窓の9画素がどれも0で、バイアスも0なので、総入力はちょうど0、つまり ReLU の[折れ目](../training/backpropagation.md#kink)にあります。中心差分は左右の傾き1と0の平均を取り、逆伝播は0を使います。ほかの配列の値を少し動かしても、余白の総入力は0のままです。
#
# この説明が正しければ、`0.b` を0から離すだけで、6つとも一致するはずです。実装はそのままで、もう一度測ります。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 2"
#
#     `0.b`, the bias of the first convolution. In the margins all nine pixels of a window are 0, and so is the bias. The pre-activation is exactly 0, at the [kink](../training/backpropagation.md#kink) of ReLU. The central difference averages the slopes 1 and 0 of the two sides; the backward pass uses 0. Small changes to the other arrays leave the pre-activation in the margins at 0.
#
# If this explanation is right, all six will agree as soon as `0.b` is moved away from 0. Leave the layers as they are and measure again.
#
# %%
model.params["0.b"] = 0.1 * np.random.default_rng(2).standard_normal(8)
off_zero = relative_errors(model, x_train[:3], d_train[:3])
for name, error in off_zero.items():
    print(f"{name} error {error:.6f}")

# %% [markdown] lang="ja"
# 今度は、どの配列の誤差も小数第6位まで0で、残るのは丸め誤差だけです。この勾配で学習に進みます。
#
# ## 変形なしで学習する {#train}
#
# `Trainer` に Adam を渡し、10エポック学習します。測る正解率は3つです。`train` は訓練画像、`test` はテスト画像、`moved` は右、下、左、上に1画素ずつ動かしたテスト画像で、4通りの平均です。`+-` の後は、5つの種の標準偏差です。
#
# **予想 3.** 畳み込みは同じフィルタをどの位置にも使い、プーリングは窓の中の最大値を取ります。たった1画素で、`moved` は `test` よりどれほど下がるでしょうか。
#
# %% [markdown] lang="en"
# This time all errors are 0 to six decimal places; nothing is left but rounding errors. On to training with these gradients.
#
# ## Train without augmentation {#train}
#
# A `Trainer` with Adam trains for 10 epochs. Three accuracies are measured: `train` on the training images, `test` on the test images, and `moved` on the test images moved by one pixel to the right, down, left and up, averaged over the four. The number after `+-` is the standard deviation over five seeds.
#
# **Prediction 3.** A convolution uses the same filter everywhere, and pooling takes the largest value in its window. How far does a single pixel bring `moved` below `test`?
#
# %%
from tqdm import tqdm

from dlnotes.augmentation import translate
from dlnotes.optimizers import Adam
from dlnotes.training import Trainer, accuracy

sides = [(0, 1), (1, 0), (0, -1), (-1, 0)]  # right, down, left, up


def train(seed, augment=None, images=600, epochs=10):
    rng, x_train, d_train, x_test, d_test = split(seed)
    x_train, d_train = x_train[:images], d_train[:images]
    model, loss, optimizer = cnn(rng), SoftmaxWithLoss(), Adam(0.01)
    options = {"batch_size": 30, "rng": rng, "augment": augment, "progress": False}
    trainer = Trainer(model, loss, optimizer, **options)
    trainer.fit(x_train, d_train, epochs=epochs, train_accuracy=False)
    fit, test = accuracy(model, x_train, d_train), accuracy(model, x_test, d_test)
    moved = [accuracy(model, translate(x_test, side), d_test) for side in sides]
    return model, [100 * fit, 100 * test, 100 * np.mean(moved)]


def five_seeds(name, **settings):
    runs = [train(seed, **settings) for seed in tqdm(range(5), desc=name, leave=False)]
    models[name] = [model for model, _ in runs]
    scores[name] = np.array([score for _, score in runs])  # (5, 3): seeds, measures
    mean, sd = scores[name].mean(axis=0), scores[name].std(axis=0, ddof=1)
    columns = zip(measures, mean, sd)
    print(f"{name:10}", *(f"{what} {m:5.1f} +- {s:3.1f}  " for what, m, s in columns))


measures, models, scores = ("train", "test", "moved"), {}, {}
five_seeds("600 none")

# %% [markdown] lang="ja"
# ??? question "予想 3 の答え"
#
#     `moved` は `test` より30ポイント以上も低くなります。入力がずれると、畳み込み層の出力も同じだけずれます。ずれは消えません。プーリングが消すのは、最大値が窓の中にとどまるずれだけです。そのうえ、最後の全結合層の重みは位置ごとに別です（[データ拡張の章の実験3](../vision/data-augmentation.md#experiment-robustness)）。
#
# !!! note "設定をどう決めたか"
#
#     フィルタの数、学習率、エポック数は、いくつか試し、テストの正解率も見て決めました。そのため、正解率そのものは少し甘い見積もりです。差のほうを見てください。
#
# ## 変形を目で確かめる {#look}
#
# データ拡張は、使う前に画像で見ます。`shift` は、画像ごとに、縦と横に $-1$、0、1画素のどれかだけ動かします。はみ出した画素は捨て、空いた場所は0にします（[変形の式](../vision/data-augmentation.md#transformations)）。
#
# 図の1段目は元の画像、2段目と3段目は `shift` の結果です。4段目は別の変形です。何をしたものでしょうか。どの数字がまだ読めますか。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 3"
#
#     `moved` is more than 30 points below `test`. When its input moves, the output of a convolutional layer moves by as much; the shift does not go away. Pooling removes it only where the largest value stays within its window. And the fully connected layer at the end has different weights for each place ([experiment 3 of the chapter on data augmentation](../vision/data-augmentation.md#experiment-robustness)).
#
# !!! note "How the settings were chosen"
#
#     Number of filters, learning rate and number of epochs come from a few trials that also looked at the test accuracy. The accuracies themselves are therefore a little too good. Look at the differences.
#
# ## Look at the transformations {#look}
#
# Look at an augmentation before you use it. `shift` moves each image by $-1$, 0 or 1 pixel down and likewise to the right. Pixels that leave the image are dropped, and empty places become 0 ([formula](../vision/data-augmentation.md#transformations)).
#
# In the figure, the first row shows the originals, the second and third row the results of `shift`. The fourth is another transformation. Which one? Which digits can you still read?
#
# %%
from dlnotes.augmentation import flip, shift


def shifted(x, rng):
    return shift(x, 1, rng=rng)


def flipped(x, rng):
    return flip(x, rng=rng)  # half of the images


rng, images = np.random.default_rng(0), x_train[ten]
rows = [images, shifted(images, rng), shifted(images, rng), images[..., ::-1]]
plt.figure(figsize=(6.4, 2.8))
samples(np.concatenate(rows), columns=10)
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: transformed | 1段目は0から9の元の画像、2段目と3段目はそれを最大1画素ずらしたもの、4段目は左右反転したもの。ずらした数字はどれも読める。反転した2、3、5、6、7は元の数字として読めない。 -->
#
# 4段目は左右反転です。読めなくなった数字を元のラベルで教えるとどうなるかは、後で測ります。
#
# ## 平行移動で学習する {#shift}
#
# 種と更新の回数はそのままで、`augment` に平行移動を加えます。
#
# **予想 4.** `moved` は上がるでしょう。では、ずれていないテスト画像の `test` は、上がるでしょうか、下がるでしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: transformed | The first row holds the digits from 0 to 9, the second and third the same moved by up to one pixel, the fourth their mirror images. All that were moved can be read. The mirrored 2, 3, 5, 6 and 7 cannot be read as what they were. -->
#
# The fourth row is flipped left to right. What happens if unreadable digits are taught under their old labels is measured below.
#
# ## Train with shifts {#shift}
#
# Same seeds, same number of updates; the shifts, passed as `augment`, are all that is new.
#
# **Prediction 4.** `moved` will surely rise. What about `test`, where no image is shifted: will it rise or fall?
#
# %%
five_seeds("600 shift", augment=shifted)
change = scores["600 shift"] - scores["600 none"]
for what, values in zip(measures, change.T):
    print(f"{what:5} shift minus none, seeds 0 to 4:", *(f"{v:+5.1f}" for v in values))

# %% [markdown] lang="ja"
# ??? question "予想 4 の答え"
#
#     `moved` はどの種でも大きく上がり、`test` に近づきました。一方の `test` は上がらず、平均では下がりました。「データ拡張は正解率を上げる」は、ここでは当てはまりません。`train` も下がったので、これは過学習ではなく[未学習](../glossary.md#underfitting)です。同じパラメータ数と更新の回数で、9通りの位置を覚えなければなりません。テスト画像はずれていないので、その見返りもありません。
#
# ## 訓練画像を減らす {#few}
#
# データ拡張は画像が少ないときに役立つ、とよく言われます。訓練画像を100枚に減らし、25エポック学習します。更新は100回です。
#
# **予想 5.** 平行移動で学習した100枚のモデルと、変形なしで学習した600枚のモデルを比べます。`test` ではどちらが勝ちますか。`moved` ではどうですか。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 4"
#
#     `moved` rises a lot for every seed and comes close to `test`. But `test` does not rise; on average it falls. "Augmentation raises accuracy" does not hold here. As `train` falls too, this is not overfitting but [underfitting](../glossary.md#underfitting): with as many parameters and updates as before, the network has to learn nine positions. And as the test images are not shifted, it gets nothing in return.
#
# ## Fewer training images {#few}
#
# Augmentation is often said to help when images are few. Cut the training images to 100 and train for 25 epochs, which makes 100 updates.
#
# **Prediction 5.** Compare the models trained on 100 images with shifts and those trained on 600 images without. Which are better on `test`? And on `moved`?
#
# %%
five_seeds("100 none", images=100, epochs=25)
five_seeds("100 shift", images=100, epochs=25, augment=shifted)

fig, ax = plt.subplots(figsize=(6.4, 4.6))
styles = {"600 none": "C0o", "600 shift": "C1o", "100 none": "C0^", "100 shift": "C1^"}
for name, style in styles.items():
    _, test, moved = scores[name].T
    ax.plot(test, moved, style, label=name)
ax.set_xlabel("test (%)")
ax.set_ylabel("moved by 1 pixel (%)")
ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False)
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: tradeoff | 横軸がテスト画像、縦軸が1画素動かしたテスト画像の正解率。丸は600枚、三角は100枚の訓練画像で、点は種。平行移動で学習した2つの群は上に、変形なしの2つの群は下にある。600枚は100枚より右にある。 -->
#
# ??? question "予想 5 の答え"
#
#     `moved` では平行移動の100枚が勝ち、`test` では変形なしの600枚が勝ちます。図の上下はおもに平行移動で、左右はおもに枚数で決まっています。平行移動はずれについての知識を足しますが、新しい筆跡は足しません。100枚どうしでも、平行移動で `test` は上がらず、下がりました。[データ拡張の章の実験2](../vision/data-augmentation.md#experiment-cnn)で見た小さな得は、画像の半分だけをずらし、もっと長く学習したときのものです。
#
# ## ラベルを壊す変形 {#flip}
#
# 反例として、画像の半分を左右反転し、元のラベルのまま学習します。セルは、5つの種の誤りを数字ごとに合計します。`mirrored` は、全部を左右反転したテスト画像を、元のラベルで採点した正解率です。
#
# **予想 6.** 反転していないテスト画像で、誤りが最も増えるのはどの数字でしょうか。`mirrored` はどうなるでしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: tradeoff | Accuracy on the test images on the horizontal axis, on the test images moved by one pixel on the vertical axis. Circles stand for 600 training images, triangles for 100; each point is a seed. The two groups trained with shifts are at the top, the two without at the bottom. 600 images are to the right of 100. -->
#
# ??? question "Answer to prediction 5"
#
#     On `moved` the 100 images with shifts win, on `test` the 600 without. In the figure, up or down depends mostly on the shifts, left or right mostly on the number of images. Shifts add knowledge about position, but no new handwriting. Nor did they raise `test` for the 100 images: it fell. For the small gain in [experiment 2 of the chapter on data augmentation](../vision/data-augmentation.md#experiment-cnn), only half of the images were shifted, and training was longer.
#
# ## A transformation that breaks labels {#flip}
#
# As a counterexample, flip half of the images left to right and keep their labels. The cell adds up the mistakes of the five seeds, digit by digit. `mirrored` is the accuracy when all test images are flipped and judged by their old labels.
#
# **Prediction 6.** On test images that are not flipped, which digit will gain the most mistakes? And what happens to `mirrored`?
#
# %%
five_seeds("600 flip", augment=flipped)


def count_mistakes(name, mirror=False):
    counts = np.zeros((5, 10), dtype=int)  # seeds, digits
    for seed, model in enumerate(models[name]):
        _, _, _, images, digit = split(seed)
        if mirror:
            images = images[..., ::-1]
        wrong = model(images).argmax(axis=1) != digit
        counts[seed] = np.bincount(digit[wrong], minlength=10)
    return counts


def row(name, values):
    print(f"{name:10}", *(f"{v:4}" for v in values))


by_digit, mirrored = {}, {}
row("digit", range(10))
for name in ("600 none", "600 flip"):
    by_digit[name] = count_mistakes(name).sum(axis=0)
    row(name, by_digit[name])
for name in by_digit:
    mirrored[name] = 100 * (1 - count_mistakes(name, mirror=True).sum() / (5 * d_test.size))
    print(f"{name}: mirrored {mirrored[name]:.0f} %")

# %% [markdown] lang="ja"
# ??? question "予想 6 の答え"
#
#     この表では3で、1もそれに近く増えています。3と5は、互いの鏡像と形を取り合ったと考えられますが、この表だけでは決められません。取り合いなら、どちらが負けるかは種しだいです。6の鏡像も6ではないのに、6の誤りは3ほど増えません。似た数字がほかにないからでしょう。`mirrored` は大きく上がります。壊れたラベルで教え、同じ壊れたラベルで採点したからです。変形を選び間違えても、テストを同じように変形すれば、成績は良く見えます。
#
# ## フィルタを比べる {#filters}
#
# ここからは、平行移動で学習した種0のモデルを調べます。まず、1つ目の畳み込み層の8個のフィルタを、学習の前後で比べます。$W_m$ と $W'_m$ は、$m$ 番目のフィルタの前と後です。余弦が1なら、模様は同じで大きさだけが違います。無関係な2つのフィルタなら、余弦は0の周りに散らばります。
#
# $$
# \cos_m = \frac{\langle W_m, W'_m \rangle}{\lVert W_m \rVert \, \lVert W'_m \rVert}
# $$
# <!-- formula: filter-cosine -->
#
# **予想 7.** 余弦は0と1のどちらに近いでしょうか。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 6"
#
#     In this table, the 3, with the 1 not far behind. Probably 3 and 5 compete, each with the mirror image of the other, but this table alone cannot settle that; and if they do, which of them loses depends on the seeds. A mirrored 6 is no 6 either, and yet 6 gains far fewer mistakes than 3, perhaps because no other digit looks like its mirror image. `mirrored` rises a lot, because the broken labels that were taught are also the ones used for judging. A badly chosen transformation looks good on a test that is transformed the same way.
#
# ## Compare the filters {#filters}
#
# The rest of the lab studies one model: seed 0, trained with shifts. Start with the eight filters of its first convolution, before and after training. $W_m$ and $W'_m$ are filter $m$ before and after. If the cosine is 1, the pattern is the same and only the size differs; for two unrelated filters it would scatter around 0.
#
# $$
# \cos_m = \frac{\langle W_m, W'_m \rangle}{\lVert W_m \rVert \, \lVert W'_m \rVert}
# $$
# <!-- formula: filter-cosine -->
#
# **Prediction 7.** Are the cosines nearer to 0 or to 1?
#
# %%
from dlnotes.plotting import filters

rng, *_ = split(0)
before = cnn(rng).params["0.W"]  # where training started, (8, 1, 3, 3)
model = models["600 shift"][0]
after = model.params["0.W"]
lengths = [np.linalg.norm(W.reshape(8, 9), axis=1) for W in (before, after)]
cosines = (before * after).sum(axis=(1, 2, 3)) / (lengths[0] * lengths[1])
growth = lengths[1] / lengths[0]
print("cosine of before and after:  ", *(f"{c:.2f}" for c in cosines))
print("length after, before being 1:", *(f"{r:.2f}" for r in growth))

fig, axes = plt.subplots(2, 1, figsize=(6.4, 5.4))
limit = np.abs([before, after]).max()
for ax, W, name in zip(axes, (before, after), ("before", "after")):
    filters(W, columns=4, limit=limit, ax=ax)
    ax.set_title(f"{name} training", loc="left")
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: filters-trained | 8個のフィルタの学習前と学習後。横線は負の重み。学習後は色が強くなるが、正負の並びの多くは学習前と同じ。 -->
#
# ??? question "予想 7 の答え"
#
#     1の近くです。フィルタは長くなりましたが、模様の多くは初期値のものです。「学習すると、輪郭を探すフィルタが現れる」とよく説明されますが、この小さな CNN でははっきりしません（[畳み込みの章の実験4](../vision/convolution.md#experiment-filters)）。フィルタの絵から、何を学んだかを読み取りすぎないでください。
#
# ## 特徴マップを見る {#maps}
#
# テスト画像の3を1枚通し、2つの ReLU の出力を描きます。1つ目は8枚の8×8、2つ目は16枚の4×4です。背景と同じ色の画素が0です。どのマップが、元の数字のどの部分に反応しているかを探してください。
#
# %% [markdown] lang="en"
# <!-- figure: filters-trained | The eight filters before and after training. A dash marks a negative weight. After training the colours are stronger, but most signs are where they were before. -->
#
# ??? question "Answer to prediction 7"
#
#     To 1. The filters have grown, but the patterns are mostly those they started with. "Training brings out edge filters" is a common account; in this small CNN that is not clear ([experiment 4 of the chapter on convolution](../vision/convolution.md#experiment-filters)). Do not read too much into pictures of filters.
#
# ## Look at the feature maps {#maps}
#
# Send a 3 from the test images through the network and draw the output of each ReLU: eight maps of 8×8 from the first, 16 maps of 4×4 from the second. Pixels in the colour of the background are 0. Which map responds to which part of the digit?
#
# %%
from dlnotes.plotting import feature_maps

image = x_test[d_test == 3][:1]
z, maps = image, []
for layer in model.layers:
    z = layer(z)
    if isinstance(layer, ReLU):
        maps.append(z[0])
        print(f"after ReLU {z[0].shape!s:11} zeros {100 * np.mean(z == 0):.0f} %")

fig, axes = plt.subplots(3, 1, figsize=(6.4, 4.2), height_ratios=(1.5, 1, 2.1))
samples(image, limits=(0, 1), ax=axes[0])
feature_maps(maps[0], columns=8, ax=axes[1])
feature_maps(maps[1], columns=8, ax=axes[2])
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: maps-of-a-three | 上は入力の3。中段は1つ目の ReLU の後の8枚で、線の一部や片側の縁だけに色が付く。下の2段は2つ目の ReLU の後の16枚で、4×4のところどころに色が付き、3の形は読み取れない。 -->
#
# 2つ目の層では、もう数字の形は読めません。どちらの層でも、値の多くは ReLU で0になりました。
#
# ## 混同行列とクラスごとの正解率 {#confusion}
#
# 次に、正解率を数字ごとに分けます。各行の `+-` は、最初の式の標準誤差です。1つの数字のテスト画像は100枚から130枚ほどなので、数ポイントの違いは、画像の選び方だけで生じます。誤りのない行の `0.0` は小さすぎます。$n$ 枚で誤りが0でも、本当の誤りの割合は $3/n$ ほどまでありえます。
#
# %% [markdown] lang="en"
# <!-- figure: maps-of-a-three | At the top, the 3 that goes in. In the middle, the eight maps after the first ReLU: in each, only parts of the strokes or one edge of them stand out. The two rows below are the 16 maps of 4×4 after the second ReLU, with values here and there, in which no 3 can be made out. -->
#
# In the second layer the digit can no longer be read. In both, ReLU has set many of the values to 0.
#
# ## Confusion matrix and accuracy by class {#confusion}
#
# Now split the accuracy up by digit. The `+-` in each line is the standard error, by the first formula of this lab. There are only some 100 to 130 test images of each digit, so the choice of images alone makes a few points of difference. The `0.0` of a line without mistakes is too small: with none on $n$ images, the true share of mistakes may still be about $3/n$.
#
# %%
from dlnotes.plotting import confusion_matrix

predicted = model(x_test).argmax(axis=1)
for k in range(10):
    right = predicted[d_test == k] == k
    p, n = right.mean(), right.size
    se = np.sqrt(p * (1 - p) / n)
    print(f"digit {k}: {right.sum():3} of {n} right, {100 * p:5.1f} +- {100 * se:.1f} %")
print("mistakes:", (predicted != d_test).sum(), "of", d_test.size)

plt.figure(figsize=(6.4, 5.6))
confusion_matrix(d_test, predicted)
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: confusion-seed-0 | 種0のモデルの混同行列。行は正解の数字、列はモデルの答え。ほとんどの画像が対角線、つまり正解にある。誤りは散らばらず、いくつかの組に集まる。 -->
#
# 正解率の低い数字が見つかると、その数字の訓練画像を増やしたくなります。
#
# **予想 8.** その前に、ほかの種のモデルでも数えます。誤りの最も多い数字は、5つの種で同じでしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: confusion-seed-0 | Confusion matrix of the model of seed 0. Rows are the true digits, columns the answers. Most images are on the diagonal, that is, right. Mistakes are not spread evenly but gather in a few pairs. -->
#
# Having found the digit with the lowest accuracy, one is tempted to collect more training images of it.
#
# **Prediction 8.** Before that, count the mistakes of the other seeds. Is the digit with the most mistakes the same for all five?
#
# %%
wrong = count_mistakes("600 shift")  # (5, 10): seeds, digits
row("digit", range(10))
for seed in range(5):
    row(f"seed {seed}", wrong[seed])
row("sum", wrong.sum(axis=0))
print("digit with the most mistakes, seeds 0 to 4:", *wrong.argmax(axis=1))
share = wrong[:, [1, 3, 8, 9]].sum() / wrong.sum()
print(f"1, 3, 8 and 9: {100 * share:.0f} % of all mistakes")

# %% [markdown] lang="ja"
# ??? question "予想 8 の答え"
#
#     同じではありません。ある種ではほとんど誤らず、別の種では20枚前後も誤る数字があります。種が違ってもテスト画像の多くは共通なので、おもな原因は、訓練画像の選び方や初期値の偶然です。1つの混同行列から「難しい数字」を決めてはいけません。言えるのは、5つを合わせると、1、3、8、9の4つで誤りの半分を超えたことまでです。
#
# ## 誤りを画像で見る {#mistakes}
#
# 種0のモデルに戻ります。[ソフトマックス関数](../glossary.md#softmax-function)で、答えの確率も求めます。図の上は、誤りのうち確率の高い順に10枚で、文字は「正解 → 答え、確率」です。下は、正解のうち確率の低い順に10枚です。人なら迷わない画像は、どれでしょうか。同じ組の誤りが、何枚も並んでいませんか。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 8"
#
#     It is not. Some digits have hardly a mistake for one seed and about twenty for another. As two seeds share most of their test images, the main cause is chance in training: which images were used and where the weights started. Do not name the hard digits from one confusion matrix. All that can be said is that over the five seeds 1, 3, 8 and 9 together make more than half of the mistakes.
#
# ## Look at the mistakes {#mistakes}
#
# Back to the model of seed 0. [Softmax](../glossary.md#softmax-function) gives the probability of each answer. The upper part of the figure shows the ten mistakes with the highest probability, labelled "digit → answer, probability". The lower part shows the ten right answers with the lowest. Which images would not make you hesitate? Does the same pair turn up again and again?
#
# %%
y = SoftmaxWithLoss().output(model(x_test))  # (1197, 10)
top = y.max(axis=1)  # the probability of the answer
mistakes, hits = np.flatnonzero(predicted != d_test), np.flatnonzero(predicted == d_test)
for name, group in (("mistakes", mistakes), ("right", hits)):
    print(f"{name:8} median probability of the answer {np.median(top[group]):.2f}")

fig, axes = plt.subplots(2, 1, figsize=(6.4, 7.0))
worst = mistakes[np.argsort(-top[mistakes])][:10]
names = [rf"{d_test[n]} $\to$ {predicted[n]}, {top[n]:.2f}" for n in worst]
samples(x_test[worst], labels=names, columns=5, limits=(0, 1), ax=axes[0])
axes[0].set_title("wrong, and most certain", loc="left")
unsure = hits[np.argsort(top[hits])][:10]
names = [f"{d_test[n]}, {top[n]:.2f}" for n in unsure]
samples(x_test[unsure], labels=names, columns=5, limits=(0, 1), ax=axes[1])
axes[1].set_title("right, and least certain", loc="left")
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: wrong-and-unsure | 上の2段は、確率の高い誤り10枚と、その正解、答え、確率。形の崩れた数字と、人には読める数字が混じる。下の2段は、正解のうち確率の低い10枚。 -->
#
# 上の段には、8や9を3と答えた誤りが何枚もあります。確率の中央値は、誤りのほうがずっと低くなっています。確率の低い答えを人に回せば、誤りの多くを拾えますが、上の段の先頭のように、高い確率で誤る画像は残ります。
#
# ## 誤りに共通するもの {#common}
#
# 画像を見て思いついた理由は、数えて確かめます。候補は3つです。
#
# 1. インクの量の違い：画素の平均を比べます。
# 2. 似た訓練画像の不足：画素の差の2乗和が最も小さい訓練画像を探し、別の数字かどうかを見ます。
# 3. このモデルだけの不運：同じ分割を変形なしで学習したモデルも誤るかどうかを見ます。
#
# 差の2乗和は、右辺で計算します。
#
# $$
# \lVert x - x' \rVert^2 = \lVert x \rVert^2 - 2 \, x \cdot x' + \lVert x' \rVert^2
# $$
# <!-- formula: squared-distance -->
#
# **予想 9.** 誤った画像のうち、最も近い訓練画像が別の数字であるものは、半分を超えるでしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: wrong-and-unsure | The upper two rows are the ten mistakes of highest probability, with digit, answer and probability; misshapen digits are among them, and some that people can read. The lower two rows are the ten right answers of lowest probability. -->
#
# In the upper part, an 8 or a 9 is taken for a 3 several times. The median probability is much lower for mistakes. If answers of low probability went to a person, many mistakes would be caught, but those made with a high probability, such as the first in the figure, would remain.
#
# ## What the mistakes have in common {#common}
#
# Images suggest reasons; count before you believe them. There are three candidates.
#
# 1. The amount of ink is different. Compare the mean of the pixels.
# 2. No training image is similar. Find the one with the smallest sum of squared differences of pixels, and see whether it is another digit.
# 3. This one model was unlucky. See whether the model trained without shifts on the same split does, too.
#
# The cell computes the right-hand side.
#
# $$
# \lVert x - x' \rVert^2 = \lVert x \rVert^2 - 2 \, x \cdot x' + \lVert x' \rVert^2
# $$
# <!-- formula: squared-distance -->
#
# **Prediction 9.** Is the nearest training image another digit for more than half of the mistakes?
#
# %%
def nearest(images, known):
    a, b = images.reshape(len(images), -1), known.reshape(len(known), -1)
    squares = (a**2).sum(axis=1)[:, None] - 2 * a @ b.T + (b**2).sum(axis=1)
    return squares.argmin(axis=1)  # for each image, where the nearest stands in known


far = d_train[nearest(x_test, x_train)] != d_test
other = models["600 none"][0](x_test).argmax(axis=1) != d_test
for name, group in (("mistakes", mistakes), ("right", hits)):
    print(f"{name}: {group.size} images, mean of the pixels {x_test[group].mean():.3f}")
    print(f"    nearest training image is another digit: {100 * far[group].mean():4.1f} %")
    print(f"    the model without shifts is wrong:       {100 * other[group].mean():4.1f} %")

# %% [markdown] lang="ja"
# ??? question "予想 9 の答え"
#
#     超えません。正解した画像よりは高い割合ですが、ほとんどの誤りでは、最も近い訓練画像が同じ数字でした。手がかりは訓練データにあったのに、この CNN は使えなかったことになります。インクの量は、ほとんど変わりません。変形なしのモデルは、同じ画像を、正解した画像より高い割合で誤るので、誤りやすい画像は確かにあります。それでも、誤りの大半は、変形なしのモデルなら正しく答えます。
#
# それなら、最も近い訓練画像のラベルをそのまま答えにしてはどうでしょう。学習するパラメータは1つもありません。
#
# **予想 10.** この方法の正解率は、`test` で CNN を上回るでしょうか。`moved` ではどうですか。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 9"
#
#     It is not. The share is higher than among the right answers, but for most of the mistakes the nearest training image is of the same digit. The clue was in the training data, and this CNN could not use it. The amount of ink hardly differs. The model without shifts gets these images wrong more often than those that were right, so some images really are easy to mistake. Still, the model without shifts gets most of them right.
#
# Then why not simply answer with the label of the nearest training image? That takes no parameters and no training.
#
# **Prediction 10.** Is this method more accurate than the CNNs on `test`? And on `moved`?
#
# %%
lookups = []
for seed in range(5):
    _, known, labels, images, digit = split(seed)
    offsets = [(0, 0), *sides]
    answers = [labels[nearest(translate(images, by), known)] for by in offsets]
    lookups.append([100 * np.mean(a == digit) for a in answers])
lookup = np.mean(lookups, axis=0)  # (5,): in place, and the four sides
print(f"nearest    test {lookup[0]:.1f}  moved {lookup[1:].mean():.1f}")
for name in ("600 none", "600 shift"):
    _, test, moved = scores[name].mean(axis=0)
    print(f"{name:10} test {test:.1f}  moved {moved:.1f}")

# %% [markdown] lang="ja"
# ??? question "予想 10 の答え"
#
#     `test` では、どちらの CNN も上回ります。位置のそろった8×8の数字では、600枚との画素の差だけで足りるからです。`moved` では、変形なしの CNN と同じほど弱く、平行移動で学習した CNN に大きく負けます。
#
# !!! note "何枚の話か"
#
#     調べた誤りは、1つのモデルの百数十枚なので、割合の標準誤差は数ポイントあります。また、5つの種のテスト画像は多くが共通で、5つの独立な実験ではありません。ここで見た誤りをもとにモデルを直したら、このテスト画像ではもう実力を測れません。直す前に、新しいテスト画像を取り分けておく必要があります。
#
# ## 試すこと {#try}
#
# どれも、先に予想してから、書き換えたセルとその後のセルを実行してください。
#
# **1.** 平行移動の代金を減らします。`shifted` の後に `def half(x, rng): return np.where(rng.random((len(x), 1, 1, 1)) < 0.5, shifted(x, rng), x)` を足し、「平行移動で学習する」のセルの `augment=shifted` を `augment=half` に替えます。`test` と `moved` はどう変わりますか。
#
# ??? question "1 の答え"
#
#     `train` も `test` も、失った分の半分ほどを取り戻します。`moved` は、全部をずらしたときより数ポイント低いだけです。毎回、画像の半分が元のままなので、ずれていない画像も前より多く学べます。代金は、平行移動の量で決まっていました。
#
# **2.** 端で失われるインクをなくします。最初のセルの `x, d = digits()` の次に `x = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))` を足します。10×10はプーリングで5×5、2×2になるので、ネットワークは変えずに動きます。`600 none` の `moved` は、`test` に追いつくでしょうか。
#
# ??? question "2 の答え"
#
#     追いつきません。1画素のずれに弱いおもな理由は、[端でインクが切れる](../vision/data-augmentation.md#pitfall-border)ことではなく、学んでいない位置だということです。一方、`600 shift` では、`moved` と `test` の差がほとんどなくなります。残っていた差は、上下にずれて切れた線のためでした。
#
# **3.** ラベルを引き写す方法にも、データ拡張を使います。最後のセルで `split(seed)` の次の行に `known, labels = np.concatenate([translate(known, (s, t)) for s in (-1, 0, 1) for t in (-1, 0, 1)]), np.tile(labels, 9)` を足します。
#
# ??? question "3 の答え"
#
#     `moved` が `test` とほぼ同じ高さまで上がり、この実習のどの CNN よりも高くなります。`test` は下がりません。手元の画像を9倍にするだけで、限られたパラメータに詰め込むわけではないからです。代わりに、1枚答えるたびに5,400<!-- = 9*600 -->枚との差を計算します。手の込んだ方法が勝つとは限りません。新しい課題では、まずこのような簡単な方法と比べてください。
# %% [markdown] lang="en"
# ??? question "Answer to prediction 10"
#
#     On `test` it beats both CNNs: for 8×8 digits that are all in the same place, differences of pixels from 600 images are enough. On `moved` it is as weak as the CNN without shifts, and far behind the CNN trained with them.
#
# !!! note "How many images this is about"
#
#     The mistakes are those of one model, between one and two hundred, so their shares have a standard error of a few points. Nor are the five seeds five independent experiments, as they have most of their test images in common. And if you mend the model by what you saw here, these test images no longer measure how good it is. Set new ones aside before you do.
#
# ## Things to try {#try}
#
# Predict first, then run the changed cell and those after it.
#
# **1.** Lower the price of the shifts. Below `shifted`, add `def half(x, rng): return np.where(rng.random((len(x), 1, 1, 1)) < 0.5, shifted(x, rng), x)`, and in the cell of "Train with shifts" replace `augment=shifted` by `augment=half`. How do `test` and `moved` change?
#
# ??? question "Answer to 1"
#
#     `train` and `test` win back about half of what they had lost. `moved` is only a few points lower than when all images were shifted. With half of the images left as they are each time, the network learns more from unshifted ones. The price depended on how much was shifted.
#
# **2.** Do away with the ink that is lost at the edges. In the first cell, add `x = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))` after `x, d = digits()`. Pooling takes 10×10 to 5×5 and to 2×2, so the network works as it is. Does the `moved` of `600 none` catch up with `test`?
#
# ??? question "Answer to 2"
#
#     It does not. The main reason for the weakness is not [ink cut off at the edge](../vision/data-augmentation.md#pitfall-border) but positions that were never learned. For `600 shift`, however, the difference between `moved` and `test` nearly vanishes: what was left of it came from strokes cut off at the top and bottom.
#
# **3.** Augment the method that copies labels. In the last cell, after the line with `split(seed)`, add `known, labels = np.concatenate([translate(known, (s, t)) for s in (-1, 0, 1) for t in (-1, 0, 1)]), np.tile(labels, 9)`.
#
# ??? question "Answer to 3"
#
#     `moved` rises to nearly the height of `test`, above every CNN in this lab, and `test` does not fall. It only keeps nine times as many images; nothing has to be squeezed into a fixed number of parameters. In return, each answer takes a comparison with 5,400<!-- = 9*600 --> images. The more elaborate method need not be the better one. On a new task, compare with a simple one like this first.
