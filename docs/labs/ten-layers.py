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
# description: 10層のネットワークで、重みの初期値、活性化関数、バッチ正規化を替え、層ごとの値と勾配、学習できる範囲、移動平均の遅れ、eval() の忘れを測る実習
# ---
#
# # 10層：重みの初期化とバッチ正規化 {#ten-layers}
#
# 重みを持つ層が10個の多層パーセプトロンに、手書き数字を学習させます。まず、層ごとの値と勾配を図にします。次に、学習できる重みの標準偏差の範囲を、バッチ正規化の有無で比べます。最後に、`model.eval()` を忘れると何が壊れるかを記録します。
#
# 先に[重みの初期化](../training/weight-initialization.md)と[バッチ正規化](../training/batch-normalization.md)の章を読んでください。式はそこで導いてあります。太字の「予想」には、セルを実行する前に答えてください。答えは、結果のすぐ後に折りたたんであります。
#
# 正解率の「+-」の後は、3つの種についての標準偏差です。種を変えると、データの分け方、初期値、学習の順序が同時に変わります。テスト画像は500枚なので、1.5ポイント未満の差は差とみなしません。
#
# この実習だけの記号です。
#
# | 記号 | 意味 |
# | --- | --- |
# | $s$ | 重みの初期値の標準偏差 |
# | $n$ | 中間層の幅 |
# | $r$ | $z$ の RMS が1層で何倍になるか |
# | $r_{\sigma^2}$, $m$ | 移動分散、更新のたびに混ぜる割合 |
#
# ## 10層を組み立てる {#build}
#
# `ten_layers` は、条件を1つずつ替えられるように書いた関数です。`start` は初期値で、数なら標準偏差 $s$、関数なら `dlnotes.initializers` のものを表します。画像は64画素で、9個の中間層の幅も $n = 64$ なので、出力層のほかは $n_{in} = n_{out} = n$ です。バッチ正規化は活性化関数の前に置き、直前の全結合層からバイアスを省きます（[問 1](../training/batch-normalization.md#questions)）。
#
# $$
# s_{\mathrm{Glorot}} = \sqrt{\frac{2}{n_{in} + n_{out}}}, \; s_{\mathrm{He}} = \sqrt{\frac{2}{n_{in}}}
# $$
# <!-- formula: initial-spreads -->
#
# バッチ正規化の章の $s$ と違い、この実習の $s$ は、いつも重みの初期値の標準偏差です。
#
# %% [markdown] lang="en"
# ---
# description: A lab on a ten-layer network, varying initial weights, activation and batch normalization, with values and gradients by layer, the range that trains, and a forgotten eval()
# ---
#
# # Ten layers: initialization and batch normalization {#ten-layers}
#
# In this lab a multilayer perceptron with ten layers of weights learns handwritten digits. You first plot values and gradients layer by layer. Then you measure which standard deviations of the initial weights can be trained, without and with batch normalization. At the end you record what breaks when `model.eval()` is forgotten.
#
# Read the chapters on [weight initialization](../training/weight-initialization.md) and [batch normalization](../training/batch-normalization.md) first; they derive the formulas. Answer each "prediction" in bold before you run the cell. The answer is folded, right after the result.
#
# What follows "+-" after an accuracy is the standard deviation over three seeds. A seed changes the split of the data, the initial values and the order of training alike. With 500 test images, less than 1.5 points does not count as a difference.
#
# These symbols belong to this lab alone.
#
# | Symbol | Meaning |
# | --- | --- |
# | $s$ | standard deviation of the initial weights |
# | $n$ | width of the hidden layers |
# | $r$ | factor of the RMS of $z$ for one layer |
# | $r_{\sigma^2}$, $m$ | running variance, share that each update mixes in |
#
# ## Build ten layers {#build}
#
# `ten_layers` is written so that one condition at a time can be changed. `start` gives the initial values: a number is the standard deviation $s$, a function is one of `dlnotes.initializers`. The images have 64 pixels and the nine hidden layers a width of $n = 64$, so $n_{in} = n_{out} = n$ in all layers but the output. Batch normalization stands before the activation function, and the fully connected layer before it goes without a bias ([question 1](../training/batch-normalization.md#questions)).
#
# $$
# s_{\mathrm{Glorot}} = \sqrt{\frac{2}{n_{in} + n_{out}}}, \; s_{\mathrm{He}} = \sqrt{\frac{2}{n_{in}}}
# $$
# <!-- formula: initial-spreads -->
#
# Unlike the $s$ of the chapter on batch normalization, the $s$ of this lab is always the standard deviation of the initial weights.
#
# %%
import matplotlib.pyplot as plt
import numpy as np

from dlnotes.datasets import digits
from dlnotes.initializers import glorot, he
from dlnotes.layers import Linear, ReLU, Sequential, SoftmaxWithLoss, Tanh
from dlnotes.normalization import BatchNorm

L, n = 10, 64  # layers with weights, width


def ten_layers(start, *, rng, activation=ReLU, batch_norm=False):
    how = {"init": start} if callable(start) else {"scale": start}
    layers = []
    for _ in range(L - 1):
        layers.append(Linear(n, n, rng=rng, bias=not batch_norm, **how))
        if batch_norm:
            layers.append(BatchNorm(n))
        layers.append(activation())
    return Sequential(*layers, Linear(n, 10, rng=rng, **how))


x, d = digits()
x = x.reshape(len(x), n)  # (1797, 64): the images have n pixels, too
starts = {"0.01": 0.01, "Glorot": glorot, "He": he}
formulas = {"0.01": 0.01, "Glorot": np.sqrt(2 / (n + n)), "He": np.sqrt(2 / n)}
for name, start in starts.items():
    W = ten_layers(start, rng=np.random.default_rng(0)).params["0.W"]
    print(f"{name:6s}  W {W.shape}, SD {W.std():.3f}, formula {formulas[name]:.3f}")
for batch_norm in (False, True):
    model = ten_layers(he, rng=np.random.default_rng(0), batch_norm=batch_norm)
    count = sum(p.size for p in model.params.values())
    print(f"batch norm {batch_norm!s:5s}  {len(model.layers)} entries of Sequential, {count} parameters")

# %% [markdown] lang="ja"
# $n_{in} = n_{out}$ なので、Glorot の標準偏差は Xavier の簡略形 $1/\sqrt{n}$ と同じです。バッチ正規化の有無で、パラメータの数はほとんど変わりません。
#
# ## 層ごとのアクティベーション {#activations}
#
# 学習の前に、500枚の画像を1度だけ通し、第1層、第5層、第9層の値 $z$ を比べます。
#
# **予想 1.** 第9層の標準偏差は、第1層の何倍になるでしょうか。0.01、Glorot、He のそれぞれについて答えてください。
#
# %% [markdown] lang="en"
# With $n_{in} = n_{out}$, the standard deviation of Glorot is $1/\sqrt{n}$, the simple form of Xavier. Batch normalization hardly changes the number of parameters.
#
# ## Activations, layer by layer {#activations}
#
# Before any training, send 500 images through once and compare the values $z$ of layers 1, 5 and 9.
#
# **Prediction 1.** By what factor does the standard deviation change from layer 1 to layer 9? Answer for 0.01, for Glorot and for He.
#
# %%
from dlnotes.plotting import activation_histograms


def forward(model, v):
    z = []
    for layer in model.layers:
        v = layer(v)
        if isinstance(layer, ReLU | Tanh):
            z.append(v)
    return z, v  # nine activations (N, 64) and the output before softmax (N, 10)


shown = {}
for name, start in starts.items():
    z, _ = forward(ten_layers(start, rng=np.random.default_rng(0)), x[:500])
    shown |= {f"{name}, layer {l}": z[l - 1] for l in (1, 5, 9)}
activation_histograms(shown, limits=(0, 1.5))
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: activation-histograms | ReLU の値の分布。行は初期値、列は第1層、第5層、第9層。0.01 は第5層でもう 0 の1本に潰れ、Glorot は層を追って縮み、He だけが第9層まで広がりを保つ。左端の高い棒は ReLU が 0 にした値。 -->
#
# ??? question "予想 1 の答え"
#
#     値の大きさ（RMS、二乗の平均の平方根）は、1層ごとに $s \sqrt{n / 2}$ 倍になります（[導出](../training/weight-initialization.md#forward)）。0.01では約0.057<!-- = 0.01*sqrt(64/2) -->倍なので、8層でおよそ $10^{-10}$ 倍です。Glorot では $1/\sqrt{2}$ 倍で、8層で $1/16$ です。He では1倍です。図の題にある SD の比と見比べてください。幅が64しかないので、He でも偶然のずれがあります。
#
# ## 層ごとの勾配 {#gradients}
#
# 次に、同じ500枚の損失 $E$ から逆伝播を1層ずつ手でたどり、$\delta = \partial E / \partial u$ と $dW = x^\top \delta$（$x$ はその層への入力）を集めます。大きすぎる例として $s = 1$ も加えます。
#
# **予想 2.** 初期値0.01では、第1層と第10層のどちらの $dW$ が小さいでしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: activation-histograms | Values after ReLU. Rows are initial values, columns are layers 1, 5 and 9. With 0.01, layer 5 has already collapsed into one bar at 0. With Glorot the values shrink from layer to layer, and only He keeps their spread up to layer 9. The tall bar on the left is what ReLU has set to 0. -->
#
# ??? question "Answer to prediction 1"
#
#     Each layer multiplies the size of the values (their RMS, the root of the mean square) by $s \sqrt{n / 2}$ ([derivation](../training/weight-initialization.md#forward)). For 0.01 that is about 0.057<!-- = 0.01*sqrt(64/2) -->, and over eight layers about $10^{-10}$. For Glorot it is $1/\sqrt{2}$, and over eight layers $1/16$. For He it is 1. Compare with the ratios of the SDs in the titles of the figure. A width of 64 is small, so even He deviates by chance.
#
# ## Gradients, layer by layer {#gradients}
#
# Next, walk the backward pass by hand from the loss $E$ of the same 500 images, layer by layer, and collect $\delta = \partial E / \partial u$ and $dW = x^\top \delta$, where $x$ is the input of the layer. As an example that is far too large there is also $s = 1$.
#
# **Prediction 2.** With 0.01, which $dW$ is smaller, that of layer 1 or that of layer 10?
#
# %%
def backward(model, v):
    delta, dW = [], []
    for layer in reversed(model.layers):
        if isinstance(layer, Linear):
            delta.append(v)
        v = layer.backward(v)
        if isinstance(layer, Linear):
            dW.append(layer.grads["W"])
    return delta[::-1], dW[::-1]  # of layers 1 to 10


def rms(v):
    return np.sqrt(np.mean(v**2))


def measure(model):
    loss = SoftmaxWithLoss()
    z, u = forward(model, x[:500])
    E = loss(u, d[:500])
    delta, dW = backward(model, loss.backward())
    sizes = [rms(v) for v in z], [rms(v) for v in delta], [np.linalg.norm(v) for v in dW]
    return E, *sizes


def draw(measured):
    fig, axes = plt.subplots(3, 1, figsize=(6.4, 7.2), sharex=True)
    for k, (name, (_, *curves)) in enumerate(measured.items()):
        for ax, curve in zip(axes, curves):
            style = f"C{k}" + ("o-", "s--", "^:", "v-.")[k]
            layers = range(1, len(curve) + 1)
            ax.semilogy(layers, curve, style, markersize=9 - 2 * k, label=name)
    for ax, ylabel in zip(axes, ("RMS of $z$", r"RMS of $\delta$", "norm of $dW$")):
        low, high = np.log10(ax.get_ylim())
        low, high = np.floor(low), np.ceil(high)
        ax.set(ylabel=ylabel, ylim=(10**low, 10 ** max(high, low + 2)))  # two decades or more
    axes[0].legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1))
    axes[2].set(xlabel="layer", xticks=range(1, L + 1))


plain = {}
for name, start in {**starts, "1": 1.0}.items():
    plain[name] = measure(ten_layers(start, rng=np.random.default_rng(0)))
print("        loss E   norm of dW: smallest, largest of the ten layers")
for name, (E, _, _, dW) in plain.items():
    print(f"{name:6s} {E:7.2g}   {min(dW):.0e}, {max(dW):.0e}")
draw(plain)
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: plain-pass | バッチ正規化なしの10層。上から z の RMS、δ の RMS、dW のノルムで、縦軸は対数。0.01 の z は層を追って落ち、δ は出力から入力へ向かって落ちる。積の dW は、どの初期値でも10層がほぼ同じ高さに並ぶ。高さは初期値によって20桁近く違う。 -->
#
# ??? question "予想 2 の答え"
#
#     どちらでもありません。$z$ は出力へ、$\delta$ は入力へ向かって同じ倍率で縮むので、積の $dW$ はどの層でも同じ桁です（理由は[実験2](../training/weight-initialization.md#experiment-gradients)）。ReLU とバイアス0のこのネットワークでは、入力側だけ勾配が消えることはなく、消えるなら10層そろって消えます。0.01の $dW$ は He より10桁以上小さく、$s = 1$ では6桁以上大きくなります。
#
# ## 大きさを保つ標準偏差を測る {#factor}
#
# $\sqrt{2/n}$ を、式ではなく測定から求めてみます。$s$ を変えながら、$z$ の RMS が1層あたり何倍になるかを、第1層から第9層までの8層で測ります（添字は層の番号）。
#
# $$
# r = \left( \frac{\mathrm{RMS}(z_9)}{\mathrm{RMS}(z_1)} \right)^{1/8}
# $$
# <!-- formula: growth-factor -->
#
# $$
# r_{\mathrm{ReLU}} = s \sqrt{\frac{n}{2}}, \quad r_{\tanh} \approx s \sqrt{n}
# $$
# <!-- formula: predicted-growth -->
#
# tanh関数の式は、$z \approx u$ とみなせるときのものです。
#
# **予想 3.** $s$ を1まで大きくしていくと、倍率 $r$ は ReLU と tanh関数でそれぞれどうなるでしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: plain-pass | Ten layers without batch normalization. From top to bottom: RMS of z, RMS of δ, norm of dW, all on logarithmic axes. With 0.01, z falls from layer to layer, and δ falls from the output to the input. Their product dW stands at nearly the same height in all ten layers, whatever the initial values. The heights differ by almost twenty orders of magnitude. -->
#
# ??? question "Answer to prediction 2"
#
#     Neither. $z$ shrinks towards the output and $\delta$ towards the input by the same factor, so their product $dW$ is of the same order in all layers (the reason is in [experiment 2](../training/weight-initialization.md#experiment-gradients)). In this network, with ReLU and biases at 0, the gradient does not vanish near the input alone: if it vanishes, it does so in all ten layers at once. The $dW$ of 0.01 is more than ten orders of magnitude below that of He, and that of $s = 1$ more than six above.
#
# ## Measure the scale that keeps the size {#factor}
#
# Now find $\sqrt{2/n}$ by measurement instead of the formula. For a range of $s$, measure by what factor one layer multiplies the RMS of $z$, over the eight layers from 1 to 9 (subscripts number the layers).
#
# $$
# r = \left( \frac{\mathrm{RMS}(z_9)}{\mathrm{RMS}(z_1)} \right)^{1/8}
# $$
# <!-- formula: growth-factor -->
#
# $$
# r_{\mathrm{ReLU}} = s \sqrt{\frac{n}{2}}, \quad r_{\tanh} \approx s \sqrt{n}
# $$
# <!-- formula: predicted-growth -->
#
# The formula of tanh holds where $z \approx u$.
#
# **Prediction 3.** As $s$ goes up to 1, what becomes of the factor $r$ with ReLU, and what with tanh?
#
# %%
scales = np.geomspace(0.01, 1, 9)
formula = {"ReLU": scales * np.sqrt(n / 2), "tanh": scales * np.sqrt(n)}
factors = {"ReLU": np.empty((3, 9)), "tanh": np.empty((3, 9))}  # (seeds, scales)
for activation, r in zip((ReLU, Tanh), factors.values()):
    for seed, i in np.ndindex(3, 9):
        model = ten_layers(scales[i], rng=np.random.default_rng(seed), activation=activation)
        z, _ = forward(model, x[:200])
        r[seed, i] = (rms(z[8]) / rms(z[0])) ** (1 / 8)
# the s where r = 1, between two of the scales
crossing = np.exp([np.interp(0, np.log(r), np.log(scales)) for r in factors["ReLU"]])

print("    s   ReLU: measured  formula   tanh: measured  formula")
for i in range(0, 9, 2):
    relu, tanh = (f"{r[:, i].mean():14.3f} {formula[k][i]:8.3f}" for k, r in factors.items())
    print(f"{scales[i]:5.3f}  {relu}   {tanh}")
print(f"ReLU: factor 1 at s = {crossing.mean():.3f} +- {crossing.std(ddof=1):.3f}, ", end="")
print(f"sqrt(2 / n) = {np.sqrt(2 / n):.3f}")

plt.figure()
plt.loglog(scales, factors["ReLU"].mean(axis=0), "C0o", label="ReLU, measured")
plt.loglog(scales, formula["ReLU"], "C0--", label=r"$s\,\sqrt{n / 2}$")
plt.loglog(scales, factors["tanh"].mean(axis=0), "C1s", label="tanh, measured")
plt.loglog(scales, formula["tanh"], "C1--", label=r"$s\,\sqrt{n}$")
plt.axhline(1, color="C2", linewidth=1)
plt.axvline(np.sqrt(2 / n), color="C2", linewidth=1, linestyle=":")
plt.text(np.sqrt(2 / n), 0.06, r" $s = \sqrt{2 / n}$", color="C2")
plt.xlabel("$s$")
plt.ylabel("factor per layer")
plt.legend()
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: factor-per-layer | 1層あたりの倍率と s。両軸とも対数。丸の ReLU は破線に沿ってまっすぐ上がり、縦の点線、つまり He の標準偏差のところで倍率 1 の横線を横切る。四角の tanh関数は、小さい s では破線に乗り、大きい s では 1 に張り付く。 -->
#
# ??? question "予想 3 の答え"
#
#     ReLU は式に沿ってどこまでも上がります。$c > 0$ なら $f(cu) = c f(u)$ なので、測定点は破線と正確に平行です。印字のとおり、倍率が1になる $s$ は $\sqrt{2/n}$ と1割も違いません。tanh関数が $s \sqrt{n}$ に従うのは、値が小さい間だけです。大きい $s$ では値が±1で頭打ちになり、倍率は1の近くに留まります。tanh関数の順伝播は、縮むことはあっても爆発しません。
#
# ## どれが学習するか {#training}
#
# 3つの初期値から6エポックずつ学習させます。訓練画像は832枚、SGD、学習率0.05、バッチサイズ32です。
#
# **予想 4.** テスト正解率が7割を超えるのはどれでしょうか。倍率 $r$ は、He で1、Glorot で $1/\sqrt{2}$ です。
#
# %% [markdown] lang="en"
# <!-- figure: factor-per-layer | The factor per layer against s, both axes logarithmic. The circles of ReLU rise straight along the dashed line and cross the horizontal line, factor 1, at the dotted vertical line, the standard deviation of He. The squares of tanh lie on their dashed line for small s and stick to 1 for large s. -->
#
# ??? question "Answer to prediction 3"
#
#     With ReLU it follows the formula as far as you like. As $f(cu) = c f(u)$ for $c > 0$, the measured points are exactly parallel to the dashed line. The printed $s$ where the factor is 1 is less than a tenth away from $\sqrt{2/n}$. Tanh follows $s \sqrt{n}$ only as long as the values are small. At a large $s$ they stop at ±1, and the factor stays close to 1. The forward pass of tanh may shrink, but it does not explode.
#
# ## Which of them trains? {#training}
#
# Train for 6 epochs from each of the three initial values, with 832 training images, SGD, a learning rate of 0.05 and a batch size of 32.
#
# **Prediction 4.** Which of them pass a test accuracy of 70 %? The factor $r$ is 1 for He and $1/\sqrt{2}$ for Glorot.
#
# %%
from tqdm import tqdm

from dlnotes.datasets import train_test_split
from dlnotes.optimizers import SGD
from dlnotes.plotting import learning_curves
from dlnotes.training import Trainer, accuracy


def prepare(start, seed, *, activation=ReLU, batch_norm=False):
    rng = np.random.default_rng(seed)
    x_train, d_train, x_test, d_test = train_test_split(x, d, test_size=500, rng=rng)
    model = ten_layers(start, rng=rng, activation=activation, batch_norm=batch_norm)
    loss, optimizer = SoftmaxWithLoss(), SGD(0.05)
    trainer = Trainer(model, loss, optimizer, batch_size=32, rng=rng, progress=False)
    return trainer, (x_train[:832], d_train[:832]), (x_test, d_test)


curves = {name: np.empty((3, 6)) for name in starts}  # (seeds, epochs)
for seed in tqdm(range(3), desc="seeds", leave=False):
    for name, start in starts.items():
        trainer, train, test = prepare(start, seed)
        history = trainer.fit(*train, epochs=6, test=test, train_accuracy=False)
        curves[name][seed] = 100 * history.test_accuracy

print("test accuracy after 6 epochs, three seeds")
final = {name: a[:, -1] for name, a in curves.items()}
for name, a in final.items():
    print(f"{name:6s}  {a.mean():3.0f} +- {a.std(ddof=1):2.0f} %   worst {a.min():3.0f} %")
plt.figure()
learning_curves(curves, ylabel="test accuracy (%)", ylim=(0, 100))
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: training-curves | 10層のテスト正解率。線は3つの種の平均、帯は標準偏差。He は数エポックで上がり、Glorot はゆっくりで帯が広く、0.01 は当て推量から動かない。 -->
#
# ??? question "予想 4 の答え"
#
#     He だけです。0.01では、勾配が小さすぎて重みが動きません。学習するのは出力層のバイアスだけで、すべての画像に同じクラスを答え続けます。Glorot は、信号が層を追って小さくなったところから始まるので遅れ、種による差も大きくなります。ただし、終わりでもまだ上がっています。中間層が3つのネットワークでは、もう少し長く学習すれば He に追い付きました（[実験5](../training/weight-initialization.md#experiment-window)）。Glorot で ReLU が学習できないのではなく、深いほど出足が遅れるのです。
#
# ## バッチ正規化を入れて、もう1度通す {#batch-norm}
#
# バッチ正規化を入れ、$s$ を0.01、0.1、1と100倍の幅で変えて、学習の前の3つの量を測り直します。
#
# **予想 5.** 3本の線はどれだけ離れるでしょうか。$\delta$ の大きさは、どの層でも同じでしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: training-curves | Test accuracy of the ten layers. Lines are means of three seeds, bands their standard deviation. He rises within a few epochs, Glorot rises slowly with a wide band, and 0.01 does not move from guessing. -->
#
# ??? question "Answer to prediction 4"
#
#     Only He. With 0.01 the gradients are too small to move the weights. Only the biases of the output layer learn, and the network gives the same class to every image. Glorot starts from a signal that has shrunk on its way, so it comes late, and seeds differ widely. But its curve is still rising at the end. With three hidden layers, it caught up with He after somewhat longer training ([experiment 5](../training/weight-initialization.md#experiment-window)). It is not that ReLU cannot train with Glorot: the deeper the network, the later it starts.
#
# ## Once more, with batch normalization {#batch-norm}
#
# Add batch normalization, and measure the same three quantities before training for $s$ of 0.01, 0.1 and 1, a range of a hundred.
#
# **Prediction 5.** How far apart are the three lines? And is the size of $\delta$ the same in all layers?
#
# %%
normalized = {}
for name, s in {"0.01": 0.01, "0.1": 0.1, "1": 1.0}.items():
    model = ten_layers(s, rng=np.random.default_rng(0), batch_norm=True)
    normalized[name] = measure(model)
    E, _, _, dW = normalized[name]
    share = dW[4] / np.linalg.norm(model.params["12.W"])  # layer 5, as a layer is three entries
    print(f"s = {name:4s}  loss E {E:4.1f}   layer 5: norm of dW / norm of W = {share:.4f}")
growth = []
for seed in range(3):
    model = ten_layers(0.1, rng=np.random.default_rng(seed), batch_norm=True)
    _, _, delta, _ = measure(model)
    growth.append((delta[1] / delta[8]) ** (1 / 7))
print("RMS of delta, layers 9 to 2, factor per layer: ", end="")
print(f"{np.mean(growth):.2f} +- {np.std(growth, ddof=1):.2f}, estimate {np.sqrt(np.pi / (np.pi - 1)):.2f}")
draw(normalized)
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: batch-norm-pass | バッチ正規化ありの10層。3つの s の線は、100倍違うのに中間層ではほとんど重なる。上の z の RMS はどの層でも同じ。中央の δ は出力側の第9層から入力側へ一定の割合で大きくなり、第1層でさらに上がる。下の dW も入力側ほど大きい。 -->
#
# ??? question "予想 5 の答え"
#
#     中間層では、3本がほとんど重なります。$W$ を何倍しても、正規化した値 $\hat{x}$ は変わらないからです。$dW$ は、1つの層だけを見れば $W$ の大きさに反比例します（[実験2](../training/batch-normalization.md#experiment-invariance)）。ここでは、正規化のない出力層を通って届く $\delta$ が $s$ に比例するので、打ち消し合います。$\delta$ のほうは、どの層でも同じではありません。入力側へ1層ごとに約1.2倍になります。
#
# この倍率は見積もれます。$\hat{x}$ が標準正規分布に近ければ、ReLU を通した値の分散は $\frac{1}{2} (1 - \frac{1}{\pi})$ で、次の層の総入力の分散 $\sigma^2$ は、その $n s^2$ 倍です。逆伝播では、重みと ReLU が $\delta$ の RMS を $s \sqrt{n/2}$ 倍にし、正規化が $\sigma$ で割ります。$s$ は約分されます。
#
# $$
# \sigma = s \sqrt{\frac{n}{2} \left( 1 - \frac{1}{\pi} \right)}
# $$
# <!-- formula: normalized-spread -->
#
# $$
# \frac{s \sqrt{n / 2}}{\sigma} = \sqrt{\frac{\pi}{\pi - 1}} \approx 1.21
# $$
# <!-- formula: gradient-growth -->
#
# 「バッチ正規化は勾配爆発を防ぐ」は、文字どおりには成り立ちません。初期値の失敗による爆発は消えますが、この緩やかな増大は、初期値をどう選んでも残ります（[Yang ほか 2019](https://arxiv.org/abs/1902.08129)）。10層では害がなくても、100層なら $1.21^{100} \approx 10^8$ 倍です。第1層でさらに上がるのは、縁の画素がほとんど変わらず、入力の分散が小さいからです。
#
# 3つの $s$ の違いは、印字の初めの3行の終わりに現れます。$dW$ が同じでも $W$ は100倍違うので、1回の更新で重みが変わる割合は $1/s$ に比例します。
#
# ## 勾配を確かめる {#gradient-check}
#
# 学習の前に、10層とバッチ正規化を通した勾配を中心差分と比べます（[勾配確認](../training/backpropagation.md#experiment-check)）。`check_layer` は、出力に乱数を掛けた和を $E$ とし、入力と各パラメータ $w$ を、無作為な向き $v$ に動かします。
#
# $$
# \nabla E \cdot v \approx \frac{E(w + h v) - E(w - h v)}{2h}
# $$
# <!-- formula: directional-check -->
#
# 確認が誤りを見逃さないことも確かめます。`Careless` は、平均と標準偏差を定数とみなす、間違った逆伝播です。
#
# %% [markdown] lang="en"
# <!-- figure: batch-norm-pass | Ten layers with batch normalization. In the hidden layers, the lines of the three s, a hundred times apart, nearly coincide. Above, the RMS of z is the same in all layers. In the middle, δ grows by a constant factor from layer 9 towards the input, and jumps once more at layer 1. Below, dW is larger towards the input, too. -->
#
# ??? question "Answer to prediction 5"
#
#     In the hidden layers the three nearly coincide, because multiplying $W$ by a number does not change the normalized values $\hat{x}$. For one layer alone, $dW$ is inversely proportional to the size of $W$ ([experiment 2](../training/batch-normalization.md#experiment-invariance)). Here the $\delta$ that arrives through the output layer, which has no normalization, is proportional to $s$, and the two cancel. But $\delta$ is not the same in all layers: it grows by about 1.2 a layer towards the input.
#
# That factor can be estimated. If $\hat{x}$ is close to a standard normal distribution, its ReLU has the variance $\frac{1}{2} (1 - \frac{1}{\pi})$, and the variance $\sigma^2$ of the pre-activations in the next layer is $n s^2$ times that. On the way back, weights and ReLU multiply the RMS of $\delta$ by $s \sqrt{n/2}$, and normalization divides it by $\sigma$. The $s$ cancels.
#
# $$
# \sigma = s \sqrt{\frac{n}{2} \left( 1 - \frac{1}{\pi} \right)}
# $$
# <!-- formula: normalized-spread -->
#
# $$
# \frac{s \sqrt{n / 2}}{\sigma} = \sqrt{\frac{\pi}{\pi - 1}} \approx 1.21
# $$
# <!-- formula: gradient-growth -->
#
# So "batch normalization prevents exploding gradients" is not literally true. It does away with the explosion that comes of bad initial values, but this slow growth remains whatever the initial values ([Yang et al. 2019](https://arxiv.org/abs/1902.08129)). In ten layers it does no harm; in a hundred it would be $1.21^{100} \approx 10^8$. The jump at layer 1 comes from the input: pixels at the edges hardly vary, so its variance is small.
#
# What tells the three $s$ apart stands at the end of the first three lines of the output. $dW$ is the same while $W$ is a hundred times as large, so the share by which an update changes the weights is proportional to $1/s$.
#
# ## Check the gradients {#gradient-check}
#
# Before any training, compare the gradients through ten layers and batch normalization with central differences ([gradient check](../training/backpropagation.md#experiment-check)). `check_layer` takes as $E$ the sum of the outputs times random numbers, and moves the input and each parameter $w$ along random directions $v$.
#
# $$
# \nabla E \cdot v \approx \frac{E(w + h v) - E(w - h v)}{2h}
# $$
# <!-- formula: directional-check -->
#
# A check should also catch a mistake. `Careless` is a wrong backward pass that takes the mean and the standard deviation for constants.
#
# %%
from dlnotes.gradients import GradientError, check_layer


class Careless(BatchNorm):  # takes the mean and the standard deviation for constants
    def forward(self, x):
        self.sd = np.sqrt(x.var(axis=0) + self.eps)
        return super().forward(x)

    def backward(self, dout):
        super().backward(dout)  # fills grads, which are right
        return self.params["gamma"] / self.sd * dout


def careless(model):
    layers = [Careless(n) if isinstance(layer, BatchNorm) else layer for layer in model.layers]
    return Sequential(*layers)


model = ten_layers(he, rng=np.random.default_rng(0), batch_norm=True)
report = check_layer(model, x[:20], rng=np.random.default_rng(1), method="directions")
worst = max(report.errors.values())
print(f"{len(report.errors)} gradients agree, worst relative error below 1e-6: {worst < 1e-6}")
try:
    check_layer(careless(model), x[:20], rng=np.random.default_rng(1), method="directions")
except GradientError as error:
    print("careless:", error)

# %% [markdown] lang="ja"
# 入力、10個の $W$、9個ずつの $\gamma$ と $\beta$、出力層の $b$ の、合わせて30個が一致しました。`Careless` は、入力の勾配で見つかりました。平均と分散を通る枝は、[逆伝播](../training/batch-normalization.md#backward)の小さな補正ではないのです。
#
# ## 学習できる範囲：正規化なし {#sweep}
#
# 学習できる $s$ の範囲を、0.01から1までの5点で測ります。3エポックずつ、3つの種です。損失が発散したら、そこで止め、最後に終えたエポックの重み（なければ初期値）で正解率を測ります。
#
# **予想 6.** He の隣の0.1と0.3は、He の2倍も離れていません。学習するでしょうか。
#
# %% [markdown] lang="en"
# The input, ten $W$, nine $\gamma$ and nine $\beta$, and the $b$ of the output layer: all 30 agree. `Careless` is caught at the gradient of the input. The branches through mean and variance are no small correction to the [backward pass](../training/batch-normalization.md#backward).
#
# ## The range that trains: without normalization {#sweep}
#
# Which $s$ can be trained? Here are five from 0.01 to 1, with three epochs and three seeds each. If the loss diverges, training stops, and the accuracy is that of the weights after the last whole epoch (or of the initial ones if there is none).
#
# **Prediction 6.** The neighbours of He, 0.1 and 0.3, are less than a factor of 2 away. Do they train?
#
# %%
grid = [0.01, 0.1, np.sqrt(2 / n), 0.3, 1.0]
without, diverged = np.empty((5, 3)), np.zeros(5, dtype=int)  # (scales, seeds)
for seed in tqdm(range(3), desc="seeds", leave=False):
    for i, s in enumerate(grid):
        trainer, train, test = prepare(s, seed)
        try:
            trainer.fit(*train, epochs=3, train_accuracy=False)
        except FloatingPointError:  # the parameters are those of the last whole epoch
            diverged[i] += 1
        without[i, seed] = 100 * accuracy(trainer.model, *test)
print("test accuracy after 3 epochs, without batch norm")
for s, a, k in zip(grid, without, diverged):
    print(f"s = {s:5.3f}  {a.mean():3.0f} +- {a.std(ddof=1):2.0f} %   diverged: {k} of 3")

# %% [markdown] lang="ja"
# ??? question "予想 6 の答え"
#
#     どちらもしません。0.1では3エポックの間ほとんど動かず、0.3では3つの種のすべてで発散します。1層あたりの倍率のわずかなずれも、10層では9回掛け合わされるからです。
#
# ## 学習できる範囲：正規化あり {#sweep-batch-norm}
#
# バッチ正規化だけを加え、同じ種、同じ学習率で測ります。時間を節約して、0.3<!-- of: #sweep -->は省きます。
#
# **予想 7.** 正解率が最も高いのは He でしょうか。$s = 1$ でも同じように学習するでしょうか。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 6"
#
#     Neither does. At 0.1 hardly anything moves in three epochs, at 0.3 all three seeds diverge. In ten layers, even a small error in the factor per layer is multiplied nine times over.
#
# ## The range that trains: with normalization {#sweep-batch-norm}
#
# The seeds and the learning rate stay the same; only batch normalization is added. To save time, 0.3<!-- of: #sweep --> is left out.
#
# **Prediction 7.** Does He give the highest accuracy? And does $s = 1$ train as well as the others?
#
# %%
grid_bn = [0.01, 0.1, np.sqrt(2 / n), 1.0]
with_bn, trained = np.empty((4, 3)), []  # (scales, seeds)
for seed in tqdm(range(3), desc="seeds", leave=False):
    for i, s in enumerate(grid_bn):
        trainer, train, test = prepare(s, seed, batch_norm=True)
        trainer.fit(*train, epochs=3, train_accuracy=False)
        with_bn[i, seed] = 100 * accuracy(trainer.model, *test)
        if s == 0.1:
            trained.append((trainer.model, train, test))
print("test accuracy after 3 epochs, with batch norm")
for s, a in zip(grid_bn, with_bn):
    print(f"s = {s:5.3f}  {a.mean():3.0f} +- {a.std(ddof=1):2.0f} %")

plt.figure()
for points, a, style, name in (grid, without, "C0o--", "without"), (grid_bn, with_bn, "C1s-", "batch norm"):
    plt.errorbar(points, a.mean(axis=1), a.std(axis=1, ddof=1), fmt=style, capsize=3, label=name)
plt.axvline(np.sqrt(2 / n), color="C2", linewidth=1, linestyle=":")
plt.text(np.sqrt(2 / n), 2, " He", color="C2")
plt.xscale("log")
plt.ylim(0, 100)
plt.xlabel("$s$")
plt.ylabel("test accuracy (%)")
plt.legend(loc="center left")
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: accuracy-over-scales | 重みの標準偏差 s と、3エポック後のテスト正解率。誤差棒は3つの種の標準偏差。なしでは He の1点だけが高く、両隣で当て推量に落ちる。ありでは4点のすべてが当て推量を離れ、0.1 を頂点に、両側で緩やかに下がる。 -->
#
# ??? question "予想 7 の答え"
#
#     最も高いのは0.1です。大きさは正規化が整えるので、He である必要がなくなりました。1は学習が遅れます。1回の更新で重みの変わる割合が小さすぎるからです。大きい $s$ には、大きい学習率が合います（[章の実験1](../training/batch-normalization.md#experiment-scales)）。0.01が0.1に及ばないのは、正規化のない出力層の重みも小さいからです（試すこと 2）。
#
# 「バッチ正規化は初期値の失敗を許す」は、はっきり現れました。100倍の幅の4点のすべてが学習します。「どんな初期値でも同じ」は現れません。
#
# ## 移動平均は遅れて付いてくる {#running-statistics}
#
# 推論では、訓練の間に取っておいた[移動平均](../training/batch-normalization.md#inference)を使います。移動分散は1から始まり、更新のたびに $m = 0.1$ の割合で実際の分散に近づきます。実際の分散 $\sigma^2$ が一定なら、$k$ 回の後は次の値です。1エポックは26回です。
#
# $$
# r_{\sigma^2} = \sigma^2 + (1 - m)^k (1 - \sigma^2)
# $$
# <!-- formula: running-variance -->
#
# $s = 0.03$ で1エポックだけ学習させ、同じ重みの正解率を3通りに測ります。推論、訓練画像を3度通して移動平均だけを更新した後の推論（`refresh`）、テストの500枚を1つのバッチとする訓練の計算です。
#
# **予想 8.** 3つの正解率は、どれだけ違うでしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: accuracy-over-scales | Test accuracy after three epochs against the standard deviation s of the weights. Error bars are the standard deviation over three seeds. Without normalization, only the one point at He is high, and both neighbours are down at guessing. With it, all four are well above guessing, with a peak at 0.1 and a gentle slope to both sides. -->
#
# ??? question "Answer to prediction 7"
#
#     The highest is 0.1. Now that normalization takes care of the size, nothing asks for He. Training from 1 is slow, because the share by which an update changes the weights is too small. A large $s$ goes with a large learning rate ([experiment 1 of the chapter](../training/batch-normalization.md#experiment-scales)). And 0.01 falls short of 0.1 because the weights of the output layer, which has no normalization, are small as well (thing to try 2).
#
# "Batch normalization forgives bad initial values" shows clearly: over a range of a hundred, all four scales learn. "Any initial values will do equally well" does not show.
#
# ## Running statistics lag behind {#running-statistics}
#
# Inference uses the [running statistics](../training/batch-normalization.md#inference) kept during training. The running variance starts at 1, and each update takes it a share of $m = 0.1$ of the way to the actual variance. If the actual variance $\sigma^2$ were constant, it would be the following after $k$ updates. An epoch has 26.
#
# $$
# r_{\sigma^2} = \sigma^2 + (1 - m)^k (1 - \sigma^2)
# $$
# <!-- formula: running-variance -->
#
# Train from $s = 0.03$ for a single epoch, and measure the accuracy of the same weights in three ways: inference; inference after the training images have gone through three times to update the running statistics alone (`refresh`); and the computation of training, with the 500 test images as one batch.
#
# **Prediction 8.** How far apart are the three accuracies?
#
# %%
def refresh(model, x):
    model.train()
    for _ in range(3):
        for i in range(0, len(x), 32):
            model(x[i : i + 32])  # no backward, no update of the weights


late, refreshed, batch = np.empty((3, 3))  # accuracies, (seeds,) each
variances = np.empty((3, 2))  # running variance of layer 5, before and after refresh
for seed in tqdm(range(3), desc="seeds", leave=False):
    trainer, train, (x_test, d_test) = prepare(0.03, seed, batch_norm=True)
    trainer.fit(*train, epochs=1, train_accuracy=False)
    model = trainer.model
    late[seed] = 100 * accuracy(model, x_test, d_test)
    variances[seed, 0] = model.buffers["13.running_var"].mean()
    refresh(model, train[0])
    variances[seed, 1] = model.buffers["13.running_var"].mean()
    refreshed[seed] = 100 * accuracy(model, x_test, d_test)
    y = model.train()(x_test)  # last, as it moves the running statistics
    batch[seed] = 100 * np.mean(y.argmax(axis=1) == d_test)

print("s = 0.03, test accuracy after 1 epoch")
for name, a in {"inference": late, "refreshed": refreshed, "batch of 500": batch}.items():
    print(f"{name:12s}  {a.mean():3.0f} +- {a.std(ddof=1):.0f} %")
before, after = variances.mean(axis=0)
print(f"layer 5: running variance {before:.3f}, refreshed {after:.3f}")
print(f"{after:.3f} + 0.9**26 * (1 - {after:.3f}) = {after + 0.9**26 * (1 - after):.3f}")

# %% [markdown] lang="ja"
# ??? question "予想 8 の答え"
#
#     推論は当て推量と変わりません。ところが同じ重みが、移動平均を更新し直した後とバッチの統計では、どちらでも大半を当てます。学習に失敗したのではなく、移動分散が遅れているのです。$0.9^{26} \approx 0.065$ なので、初めの値1の6.5%が残ります。それだけで、この層の $\sigma^2$ より大きいのです。最後の行の式は、その上の行の移動分散にほぼ合います。
#
#     大きすぎる標準偏差で9層が次々に割るので、小さすぎる初期値と同じように、信号が消えます。2エポック後なら、残りは0.4<!-- = 100*0.9**(2*26) -->%です。学習曲線の出だしで推論の正解率だけが低いときは、重みより先に移動平均を疑ってください。
#
# ## model.eval() を忘れる {#forgotten-eval}
#
# 逆に、推論すべきところで訓練の計算をすると、その場の答えが同じバッチのほかの画像に左右されます（[章の実験3](../training/batch-normalization.md#experiment-modes)）。害は後にも残るでしょうか。$s = 0.1$ で学習した3つのネットワークに、「0」のテスト画像だけを訓練の計算で20回通し、1回ごとに、推論で全クラスの正解率を測ります。`accuracy` は、推論への切り替えを自分で行います。
#
# **予想 9.** 重みは1つも変わりません。正しく推論すれば、正解率は元のままでしょうか。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 8"
#
#     Inference is no better than guessing. Yet the same weights get most images right, with refreshed running statistics as well as with those of the batch. Training has not failed; the running variance is late. As $0.9^{26} \approx 0.065$, 6.5 % of the starting value 1 is left, and that alone is more than the $\sigma^2$ of this layer. The formula in the last line comes close to the running variance in the line above.
#
#     Nine layers in turn divide by too large a standard deviation, and the signal vanishes, as with initial values that are too small. After two epochs, 0.4<!-- = 100*0.9**(2*26) --> % would be left. If only the accuracy of inference is low at the beginning of a learning curve, suspect the running statistics before the weights.
#
# ## Forgetting model.eval() {#forgotten-eval}
#
# Now the reverse. If the computation of training is used where there should be inference, an answer depends on the other images in its batch ([experiment 3 of the chapter](../training/batch-normalization.md#experiment-modes)). Does any harm remain afterwards? The three networks trained from $s = 0.1$ are given nothing but the test images of a 0, in the computation of training, 20 times. After each pass, inference measures the accuracy over all classes; `accuracy` switches to inference by itself.
#
# **Prediction 9.** Not one weight changes. With inference done right, is the accuracy what it was?
#
# %%
spoiled, repaired = np.empty((3, 21)), np.empty(3)  # (seeds, forward passes)
for seed, (model, (x_train, _), (x_test, d_test)) in enumerate(trained):
    for k in range(21):
        spoiled[seed, k] = 100 * accuracy(model, x_test, d_test)
        model.train()(x_test[d_test == 0])
    refresh(model, x_train)
    repaired[seed] = 100 * accuracy(model, x_test, d_test)
first, last = spoiled[:, 0], spoiled[:, -1]
print(f"inference, before: {first.mean():.0f} +- {first.std(ddof=1):.0f} %")
print(f"after 20 passes: {last.mean():.0f} +- {last.std(ddof=1):.0f} %")
print(f"refreshed with training images: {repaired.mean():.0f} +- {repaired.std(ddof=1):.0f} %")
plt.figure()
learning_curves({"inference": spoiled}, x=range(21), ylabel="test accuracy (%)", ylim=(0, 100))
plt.xlabel("forgotten passes")
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: spoiled | 「0」の画像だけを訓練の計算で通した回数と、その後に正しく推論したときのテスト正解率。線は3つの種の平均、帯は標準偏差。重みは変えていないのに、回数とともに正解率が下がり続ける。 -->
#
# ??? question "予想 9 の答え"
#
#     下がり続けます。訓練の計算は、順伝播のたびに移動平均を動かします。ここでは「0」だけの平均と分散に近づき、`eval()` に切り替えても元に戻りません。訓練画像を通し直すと、印字の最後の行のとおり回復します。保存したモデルがあれば、読み直すほうが確実です。
#
# ## 試すこと {#try}
#
# 先に結果を予想してください。1つ終えたら、変更を元に戻し、そのセルを実行し直してから次に進みます。
#
# ??? question "1. `prepare` を定義するセルで、`prepare(start, seed)` を `prepare(start, seed, activation=Tanh)` に変えて実行します。"
#
#     Glorot も He も9割ほどに達し、0.01だけが当て推量のままです。「tanh関数には Xavier」という言い方から期待されるような Glorot の優位は、現れません。倍率の図のとおり、tanh関数では He の $s$ でも倍率が1の近くに留まるからです。小さすぎる $s$ は、tanh関数でも救われません。
#
# ??? question "2. `ten_layers` を定義するセルで、出力層を `Linear(n, 10, rng=rng, init=he)` に変え、そのセルと `grid_bn` で始まるセルを実行します。"
#
#     0.01は0.1の近くまで上がります。弱点は中間層ではなく、出力層にあったのです。1は、逆にさらに下がります。出力層の重みが小さくなり、中間層に届く $\delta$ も減って、更新で重みの変わる割合がいっそう小さくなるからです。
#
# ??? question "3. `prepare` の中の `model = ten_layers(...)` の次の行に `model = careless(model)` を加え、そのセルと `grid_bn` で始まるセルを実行します。"
#
#     エラーも警告も出ず、0.1でも He でも当て推量よりずっと高い正解率になります。けれども、正しい逆伝播には大きく届きません。間違った勾配でも損失はある程度まで下がるので、曲線だけを見ると、学習率や初期値の調整不足に見えます。勾配確認なら、学習させる前に見つかります。
#
# %% [markdown] lang="en"
# <!-- figure: spoiled | Test accuracy of correct inference after a number of forward passes, in the computation of training, of nothing but images of a 0. The line is the mean of three seeds, the band their standard deviation. The weights have not changed, and yet the accuracy keeps falling. -->
#
# ??? question "Answer to prediction 9"
#
#     It keeps falling. In the computation of training, every forward pass moves the running statistics, here towards the mean and variance of 0s alone, and `eval()` does not bring the old ones back. Sending training images through again repairs them, as the last line of the output shows. If you have saved the model, loading it again is safer.
#
# ## Things to try {#try}
#
# Predict what will come out. After each of them, undo the change and run its cell again before you go on.
#
# ??? question "1. In the cell that defines `prepare`, replace `prepare(start, seed)` by `prepare(start, seed, activation=Tanh)` and run it."
#
#     Both Glorot and He reach about 90 %, and only 0.01 stays at guessing. "Xavier for tanh" would lead you to expect that Glorot does better; it does not. As the figure of the factor shows, with tanh the factor stays close to 1 even at the $s$ of He. Too small an $s$ is not mended by tanh, either.
#
# ??? question "2. In the cell that defines `ten_layers`, make the output layer `Linear(n, 10, rng=rng, init=he)`. Run that cell and the one that begins with `grid_bn`."
#
#     0.01 comes up close to 0.1: what held it back was not the hidden layers but the output layer. 1 falls further. The weights of the output layer are smaller now, so less $\delta$ reaches the hidden layers, and the share by which an update changes their weights shrinks once more.
#
# ??? question "3. In `prepare`, add the line `model = careless(model)` below `model = ten_layers(...)`. Run that cell and the one that begins with `grid_bn`."
#
#     There is no error and no warning, and both 0.1 and He do far better than guessing. Yet they fall well short of the right backward pass. A wrong gradient still brings the loss down to some extent, so from the curve alone it looks like a learning rate or initial values in need of tuning. A gradient check finds it before any training.
#
