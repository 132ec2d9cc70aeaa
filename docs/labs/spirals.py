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
# description: 渦巻きのデータで線形の分類器がつまずくのを見てから、MLP と学習のループを自分で組み、勾配確認、境界、中間層、幅、学習率を調べる実習
# ---
#
# # 渦巻きを分ける MLP を手で組む {#spirals}
#
# からみ合う3本の腕を、腕ごとに塗り分けます。線形の分類器が失敗するのを見てから、`Linear` と ReLU で多層パーセプトロン（MLP）を組み、勾配を中心差分と照合し、学習のループを書きます。境界が渦巻きに巻き付き、中間層が渦巻きをほどいていく様子を見たあと、正解率を3つの種で測ります。
#
# 先に[ニューラルネットワーク](../basics/neural-network.md)、[損失関数](../basics/loss-functions.md)、[誤差逆伝播法](../training/backpropagation.md)を読んでおいてください。式の導出はそちらにあります。予想を求められたら、自分の答えを決めてからセルを実行してください。答えはセルの後に折りたたんであります。
#
# この実習だけの記号です。
#
# | 記号 | 意味 |
# | --- | --- |
# | $p$ | パラメータの配列 |
# | $g$, $\hat{g}$ | 誤差逆伝播法の勾配、中心差分 |
# | $h$, $e_i$ | 中心差分の刻み幅、$i$ 番目だけが1の配列 |
# | $q$, $a_k$ | 出力層から見た点、クラス $k$ の方向 |
# | $\bar{u}_2$ | 出力層の3つの総入力の平均 |
#
# ## データを見る {#data}
#
# `spirals` は、原点から出る3本の腕の上に、900個の点を少しの雑音を付けて散らします。どの腕も、原点のまわりをちょうど1周します。このうち300個をテストデータに取り分け、残りの訓練データの平均と標準偏差で両方を標準化します。
# %% [markdown] lang="en"
# ---
# description: A linear classifier fails on spirals; then you build an MLP and its training loop by hand and look at gradients, borders, hidden units, width and learning rate
# ---
#
# # An MLP by hand on spirals {#spirals}
#
# Three arms of a spiral wind around one another, and the task is to tell them apart. You first watch a linear classifier fail. Then you build a multilayer perceptron (MLP) from `Linear` and ReLU, check its gradients against central differences, and write the training loop. By the end you will have seen borders wrap themselves around a spiral and a hidden layer unwind it, and you will have measured the accuracy over three seeds.
#
# Read [neural networks](../basics/neural-network.md), [loss functions](../basics/loss-functions.md) and [backpropagation](../training/backpropagation.md) first; the formulas are derived there. When you are asked for a prediction, settle on an answer before you run the cell. The answer is folded away after it.
#
# These symbols belong to this lab alone.
#
# | Symbol | Meaning |
# | --- | --- |
# | $p$ | an array of parameters |
# | $g$, $\hat{g}$ | gradient of backpropagation, central difference |
# | $h$, $e_i$ | step of the central difference, array that is 1 at entry $i$ alone |
# | $q$, $a_k$ | a point as the output layer sees it, the direction of class $k$ |
# | $\bar{u}_2$ | mean of the three pre-activations of the output layer |
#
# ## A look at the data {#data}
#
# `spirals` scatters 900 points, with a little noise, along three arms that start at the origin. Each arm goes around the origin exactly once. Of the points, 300 are set aside as test data. Both parts are standardized with the mean and standard deviation of the training data.
# %%
import matplotlib.pyplot as plt
import numpy as np

from dlnotes.datasets import spirals, train_test_split


def load(rng, turns=1.0):
    x, d = spirals(900, turns=turns, rng=rng)
    x_train, d_train, x_test, d_test = train_test_split(x, d, test_size=300, rng=rng)
    mean, sd = x_train.mean(axis=0), x_train.std(axis=0)
    return (x_train - mean) / sd, d_train, (x_test - mean) / sd, d_test


rng = np.random.default_rng(0)
x_train, d_train, x_test, d_test = load(rng)
print("x_train", x_train.shape, "x_test", x_test.shape)
print("training samples of each class:", np.bincount(d_train))

plt.figure(figsize=(6.4, 5.2))
for k, marker in enumerate("os^"):
    x1, x2 = x_train[d_train == k].T
    plt.plot(x1, x2, marker, color=f"C{k}", markersize=4, label=f"class {k}")
plt.axis("equal")
plt.xlabel("$x_1$")
plt.ylabel("$x_2$")
plt.legend()
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: spiral-data | 訓練データの600点。3つのクラスは原点から伸びる3本の腕で、どれも原点のまわりを1周する。中心では腕どうしが重なる。 -->
#
# 中心から外へ向かって進むと、どの方向でも3つの色を1回ずつ横切ります。中心のごく近くでは、雑音のために腕を見分けられません。
#
# ## 線形の分類器はどこまで行けるか {#linear}
#
# まず、中間層なしで試します。1つの全結合層が出す3つの総入力 $u$ をソフトマックス関数に通し、交差エントロピー $E$ を[勾配降下法](../training/gradient-descent.md)で下げます。$d_n$ は $n$ 番目のサンプルの正解ラベルです。
#
# $$
# \begin{aligned}
# u &= xW + b, \qquad y = \mathrm{softmax}(u) \\
# E &= -\frac{1}{N} \sum_{n=1}^{N} \ln y_{n d_n}
# \end{aligned}
# $$
# <!-- formula: linear-classifier -->
#
# どのクラスにも確率 1/3 を付けるだけなら、損失は $\ln 3$、正解率は約 1/3 です。
#
# !!! note "予想 1"
#
#     学習した線形の分類器は、テストデータの何割を正しく分けますか。平面を答えのクラスで塗り分けると、境界はどんな形になりますか。
# %% [markdown] lang="en"
# <!-- figure: spiral-data | The 600 training points. The three classes are arms that start at the origin and go around it once. At the centre the arms overlap. -->
#
# Walk outwards from the centre in any direction, and you cross each of the three colours once. Very close to the centre, the noise makes the arms impossible to tell apart.
#
# ## How far does a linear classifier get? {#linear}
#
# First without a hidden layer. A single fully connected layer gives three pre-activations $u$; they go through softmax, and [gradient descent](../training/gradient-descent.md) lowers the cross-entropy $E$. Here $d_n$ is the label of sample $n$.
#
# $$
# \begin{aligned}
# u &= xW + b, \qquad y = \mathrm{softmax}(u) \\
# E &= -\frac{1}{N} \sum_{n=1}^{N} \ln y_{n d_n}
# \end{aligned}
# $$
# <!-- formula: linear-classifier -->
#
# Giving each class the probability 1/3 would cost a loss of $\ln 3$ and be right about 1/3 of the time.
#
# !!! note "Prediction 1"
#
#     What share of the test data does the trained linear classifier get right? If the plane is coloured by the class that it answers, what do the borders look like?
# %%
from dlnotes.layers import Linear, SoftmaxWithLoss
from dlnotes.plotting import decision_regions

linear, loss = Linear(2, 3, rng=rng), SoftmaxWithLoss()
for _ in range(500):
    linear_loss = loss(linear(x_train), d_train)
    linear.backward(loss.backward())
    for name, g in linear.grads.items():
        linear.params[name] -= 1.0 * g

linear_gradient = max(np.abs(g).max() for g in linear.grads.values())
linear_accuracy = np.mean(linear(x_test).argmax(axis=1) == d_test)
print(f"largest entry of the gradient: {linear_gradient:.6f}")
print(f"loss {linear_loss:.3f}, ln 3 = {np.log(3):.3f}")
print(f"test accuracy {linear_accuracy:.1%}")

square = {"xlim": (-3, 3), "ylim": (-3, 3)}
plt.figure(figsize=(6.4, 5.2))
decision_regions(lambda x: linear(x).argmax(axis=1), x_test, d_test, **square)
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: linear-regions | 線形の分類器による塗り分けとテストデータ。平面は3本の半直線で3つのくさびに分かれ、どの腕も3つの領域を通り抜ける。 -->
#
# ??? question "予想 1 の答え"
#
#     当てずっぽうの 1/3 と変わりません。2つのクラスの境界は $u_j = u_k$、つまり直線なので、領域は3つのくさびになります。中心からのどの方向にも3本の腕があるので、くさびをどう回しても、中にある点のうち、当たるのは3分の1ほどです。
#
# 学習が足りないのではありません。線形の分類器の損失はパラメータの[凸関数](../glossary.md#convex-function)で、印字した勾配は小数第6位まで 0 ですから、これより損失の低い線形の分類器はありません。[XOR](../basics/perceptron.md#xor) と同じく、足りないのは表現力です。
#
# ## 層を積む {#build}
#
# そこで、32ユニットの中間層を挟みます。$u_1$ と $z_1$ は中間層の総入力とアクティベーション、$u_2$ は出力層の総入力です。
#
# $$
# \begin{aligned}
# u_1 &= x W_1 + b_1, \qquad z_1 = \max(0, u_1) \\
# u_2 &= z_1 W_2 + b_2
# \end{aligned}
# $$
# <!-- formula: hidden-layer -->
#
# $W_1$ は [Heの初期値](../training/weight-initialization.md)から、バイアスは 0 から始めます。
#
# !!! note "予想 2"
#
#     600個の訓練データを入れると、$z_1$ の形は何ですか。パラメータは全部でいくつですか。
# %% [markdown] lang="en"
# <!-- figure: linear-regions | The plane as the linear classifier colours it, with the test data. Three rays cut it into three wedges, and every arm runs through all three. -->
#
# ??? question "Prediction 1: the answer"
#
#     No better than the 1/3 of a random guess. The border between two classes is $u_j = u_k$, a straight line, so the regions are three wedges. All three arms lie in every direction from the centre. However the wedges are turned, only about a third of the points in them are right.
#
# It is not for lack of training. The loss of a linear classifier is a [convex function](../glossary.md#convex-function) of its parameters, and the printed gradient is 0 to six decimal places, so no linear classifier has a lower loss. As with [XOR](../basics/perceptron.md#xor), what is lacking is expressive power.
#
# ## Stacking layers {#build}
#
# So put a hidden layer of 32 units in between. $u_1$ and $z_1$ are its pre-activations and activations, and $u_2$ are the pre-activations of the output layer.
#
# $$
# \begin{aligned}
# u_1 &= x W_1 + b_1, \qquad z_1 = \max(0, u_1) \\
# u_2 &= z_1 W_2 + b_2
# \end{aligned}
# $$
# <!-- formula: hidden-layer -->
#
# $W_1$ starts from [He initialization](../training/weight-initialization.md), the biases from 0.
#
# !!! note "Prediction 2"
#
#     When the 600 training samples go in, what is the shape of $z_1$? How many parameters are there in all?
# %%
from dlnotes.initializers import he
from dlnotes.layers import ReLU


def mlp(width, rng):
    return [Linear(2, width, rng=rng, init=he), ReLU(), Linear(width, 3, rng=rng)]


layers = mlp(32, rng)
count = 0
value = x_train
for layer in layers:
    value = layer(value)
    print(type(layer).__name__, "gives", value.shape)
    for name, p in layer.params.items():
        print("  parameter", name, p.shape)
        count += p.size
print("parameters in all:", count)

# %% [markdown] lang="ja"
# ??? question "予想 2 の答え"
#
#     $z_1$ は $(600, 32)$ です。サンプルごとに1行、ユニットごとに1列になります。中間層には $2 \times 32 + 32 = 96$ 個、出力層には $32 \times 3 + 3 = 99$ 個、合わせて195個のパラメータがあります。ReLU にはありません。
#
# ## 式と層を照らし合わせる {#formulas}
#
# 層の計算は、章の式のとおりでしょうか。20サンプルの[逆伝播](../training/backpropagation.md#formulas)を NumPy だけで書き、層が計算した勾配と比べます。出力側の $\delta_2$ が $y - d$ だけで済む理由は、[損失関数の章](../basics/loss-functions.md#clean-gradient)にあります。$\odot$ は要素ごとの積、$[u_1 > 0]$ は正の要素で 1、ほかで 0 です。
#
# $$
# \begin{aligned}
# \delta_2 &= \frac{1}{N} (y - d) \\
# \frac{\partial E}{\partial W_2} &= z_1^\top \delta_2, \quad \frac{\partial E}{\partial b_2} = \sum_{n} \delta_{2,n} \\
# \delta_1 &= (\delta_2 W_2^\top) \odot [u_1 > 0] \\
# \frac{\partial E}{\partial W_1} &= x^\top \delta_1, \quad \frac{\partial E}{\partial b_1} = \sum_{n} \delta_{1,n}
# \end{aligned}
# $$
# <!-- formula: two-layer-gradients -->
#
# `forward` は層を順に、`backward` は逆順に呼びます。どちらも、この先で使い続けます。
# %% [markdown] lang="en"
# ??? question "Prediction 2: the answer"
#
#     $z_1$ is $(600, 32)$: a row for each sample, a column for each unit. The hidden layer has $2 \times 32 + 32 = 96$ parameters, the output layer $32 \times 3 + 3 = 99$, together 195. ReLU has none.
#
# ## Formulas and layers side by side {#formulas}
#
# Do the layers compute what the chapter's formulas say? Write the [backward pass](../training/backpropagation.md#formulas) of 20 samples in plain NumPy and compare the gradients. Why $\delta_2$ at the output is as simple as $y - d$ is explained in the chapter on [loss functions](../basics/loss-functions.md#clean-gradient). $\odot$ is the element-wise product, and $[u_1 > 0]$ is 1 where an element is positive and 0 elsewhere.
#
# $$
# \begin{aligned}
# \delta_2 &= \frac{1}{N} (y - d) \\
# \frac{\partial E}{\partial W_2} &= z_1^\top \delta_2, \quad \frac{\partial E}{\partial b_2} = \sum_{n} \delta_{2,n} \\
# \delta_1 &= (\delta_2 W_2^\top) \odot [u_1 > 0] \\
# \frac{\partial E}{\partial W_1} &= x^\top \delta_1, \quad \frac{\partial E}{\partial b_1} = \sum_{n} \delta_{1,n}
# \end{aligned}
# $$
# <!-- formula: two-layer-gradients -->
#
# `forward` calls the layers in order and `backward` in reverse; both stay in use to the end.
# %%
from dlnotes.activations import softmax


def forward(layers, x):
    for layer in layers:
        x = layer.forward(x)
    return x


def backward(layers, dout):
    for layer in reversed(layers):
        dout = layer.backward(dout)


W1, b1 = layers[0].params["W"], layers[0].params["b"]
W2, b2 = layers[2].params["W"], layers[2].params["b"]
x, d = x_train[:20], np.eye(3)[d_train[:20]]  # (20, 2), one-hot (20, 3)

u1 = x @ W1 + b1
z1 = np.maximum(0, u1)
u2 = z1 @ W2 + b2
delta2 = (softmax(u2) - d) / len(x)
delta1 = delta2 @ W2.T * (u1 > 0)
by_formula = [x.T @ delta1, delta1.sum(axis=0), z1.T @ delta2, delta2.sum(axis=0)]

loss(forward(layers, x), d)
backward(layers, loss.backward())
first, last = layers[0].grads, layers[2].grads
by_layers = [first["W"], first["b"], last["W"], last["b"]]
for name, a, b in zip(("W1", "b1", "W2", "b2"), by_formula, by_layers):
    print(f"{name}: formula and layers agree: {np.allclose(a, b)}")

# %% [markdown] lang="ja"
# ## 勾配確認 {#gradient-check}
#
# 式と層が一致しても、式そのものの誤りには気づけません。そこで、式を使わない中心差分と比べます。パラメータの配列 $p$ の要素を1つずつ $\pm h$ だけ動かして損失を測るので、要るのは順伝播だけです。誤差逆伝播法の勾配を $g$、中心差分を $\hat{g}$ として、配列ごとに相対誤差を出します。$e_i$ は $i$ 番目だけが 1 の配列です。
#
# $$
# \begin{aligned}
# \hat{g}_i &= \frac{E(p + h e_i) - E(p - h e_i)}{2h} \\
# \text{error} &= \frac{\lVert g - \hat{g} \rVert}{\lVert \hat{g} \rVert}
# \end{aligned}
# $$
# <!-- formula: central-differences -->
# %% [markdown] lang="en"
# ## The gradient check {#gradient-check}
#
# Formula and layers agree, but the formula itself could be wrong. So compare with central differences, which know nothing of it: each entry of a parameter array $p$ is moved by $\pm h$ and the loss measured, which takes forward passes alone. With $g$ from backpropagation and $\hat{g}$ from central differences, the cell prints a relative error for each array. $e_i$ is 1 at entry $i$ and 0 elsewhere.
#
# $$
# \begin{aligned}
# \hat{g}_i &= \frac{E(p + h e_i) - E(p - h e_i)}{2h} \\
# \text{error} &= \frac{\lVert g - \hat{g} \rVert}{\lVert \hat{g} \rVert}
# \end{aligned}
# $$
# <!-- formula: central-differences -->
# %%
def central_differences(layers, p, x, d, h=1e-5):
    g = np.empty_like(p)
    for i in np.ndindex(p.shape):
        start = p[i]
        p[i] = start + h
        above = loss(forward(layers, x), d)
        p[i] = start - h
        below = loss(forward(layers, x), d)
        p[i] = start
        g[i] = (above - below) / (2 * h)
    return g


def relative_errors(layers, x, d):
    loss(forward(layers, x), d)
    backward(layers, loss.backward())
    errors = {}
    for number, layer in ((1, layers[0]), (2, layers[2])):
        for name, p in layer.params.items():
            numerical = central_differences(layers, p, x, d)
            difference = layer.grads[name] - numerical
            errors[f"{name}{number}"] = np.linalg.norm(difference) / np.linalg.norm(numerical)
    return errors


errors = relative_errors(layers, x, d)
for label, error in errors.items():
    print(f"{label}: relative error {error:.6f}")

# %% [markdown] lang="ja"
# 4つとも、誤差は小数第6位まで 0 です。中心差分は195個の要素を2回ずつ動かすので、損失を390<!-- = 2*195 -->回評価しました。誤差逆伝播法は、順伝播と逆伝播の1往復です。
#
# この検査は、誤りがあれば本当に見つけるでしょうか。わざと間違えてみます。次の ReLU は、逆伝播で $[u_1 > 0]$ を掛け忘れています。
#
# !!! note "予想 3"
#
#     $W_1$、$b_1$、$W_2$、$b_2$ のうち、相対誤差が大きくなるのはどれですか。
# %% [markdown] lang="en"
# All four errors are 0 to six decimal places. Central differences moved each of the 195 entries twice and so evaluated the loss 390<!-- = 2*195 --> times; backpropagation takes one forward and one backward pass.
#
# Would the check find a mistake if there were one? Make one on purpose: the following ReLU forgets the factor $[u_1 > 0]$ on the way back.
#
# !!! note "Prediction 3"
#
#     Which of $W_1$, $b_1$, $W_2$ and $b_2$ will have a large relative error?
# %%
class Careless(ReLU):
    def backward(self, dout):
        return dout


careless_errors = relative_errors([layers[0], Careless(), layers[2]], x, d)
for label, error in careless_errors.items():
    print(f"{label}: relative error {error:.6f}")

# %% [markdown] lang="ja"
# ??? question "予想 3 の答え"
#
#     $W_1$ と $b_1$ だけです。逆伝播は出力側から来るので、$W_2$ と $b_2$ の勾配は、誤りのある ReLU に着く前に計算が終わっています。疑うべきは、正しい勾配と誤った勾配の境目にある層です。
#
# ## 学習のループを書く {#training-loop}
#
# 勾配を信用できるので、学習に進みます。`train_epoch` は1エポックの学習です。訓練データを並べ替え、30個ずつのミニバッチについて、順伝播、損失、逆伝播、更新を1回ずつ行います。更新は、どのパラメータ $p$ でも同じです。
#
# $$
# p \leftarrow p - \eta \frac{\partial E}{\partial p}
# $$
# <!-- formula: update-rule -->
#
# あとで見るために、学習前と、5、20、100エポックを終えた時点の層を複製しておきます。
# %% [markdown] lang="en"
# ??? question "Prediction 3: the answer"
#
#     $W_1$ and $b_1$ alone. The backward pass comes from the output, so the gradients of $W_2$ and $b_2$ are done before it reaches the faulty ReLU. Suspect the layer that lies between right gradients and wrong ones.
#
# ## Writing the training loop {#training-loop}
#
# The gradients can be trusted, so on to training. `train_epoch` is one epoch: it shuffles the training data, and for each mini-batch of 30 it does one forward pass, one loss, one backward pass and one update. The update is the same for every parameter $p$.
#
# $$
# p \leftarrow p - \eta \frac{\partial E}{\partial p}
# $$
# <!-- formula: update-rule -->
#
# The cell keeps copies of the layers before training and after 5, 20 and 100 epochs, to look at later.
# %%
import copy


def train_epoch(layers, x, d, rng, learning_rate=0.5, batch_size=30):
    order = rng.permutation(len(x))
    total = 0.0
    for begin in range(0, len(x), batch_size):
        batch = order[begin : begin + batch_size]
        total += loss(forward(layers, x[batch]), d[batch]) * len(batch)
        backward(layers, loss.backward())
        for layer in layers:
            for name, g in layer.grads.items():
                layer.params[name] -= learning_rate * g
    return total / len(x)


snapshots, history = {0: copy.deepcopy(layers)}, []
for epoch in range(1, 101):
    history.append(train_epoch(layers, x_train, d_train, rng))
    if epoch in (5, 20, 100):
        snapshots[epoch] = copy.deepcopy(layers)
        print(f"epoch {epoch:3d}: training loss {history[-1]:.3f}")

plt.figure()
plt.plot(range(1, 101), history, label="MLP")
plt.axhline(linear_loss, color="C1", linestyle="--", label="linear classifier")
plt.axhline(np.log(3), color="C2", linestyle=":", label=r"$\ln 3$")
plt.yscale("log")
plt.xlabel("epoch")
plt.ylabel("training loss $E$")
plt.legend()
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: loss-curve | 学習曲線。縦軸は対数の訓練損失。MLP の損失は数エポックで線形の分類器の水準を割り、ぎざぎざしながらその5分の1より下まで下がる。 -->
#
# どんな線形の分類器も越えられない破線を、MLP は数エポックで下回ります。
#
# ## 境界が巻き付いていく {#regions}
#
# その間に、境界はどう変わったのでしょうか。取っておいた4つの時点の塗り分けを並べます。
#
# !!! note "予想 4"
#
#     学習前（エポック 0）の塗り分けはどんな形ですか。バイアスがすべて 0 であることから考えてください。
# %% [markdown] lang="en"
# <!-- figure: loss-curve | Learning curve, with the training loss on a logarithmic axis. Within a few epochs the MLP falls below the level of the linear classifier, and on a jagged way down it gets below a fifth of it. -->
#
# The dashed line is one that no linear classifier can get past. The MLP is below it within a few epochs.
#
# ## Borders that wrap themselves around {#regions}
#
# What did the borders do meanwhile? Here is the coloured plane at the four moments that were kept.
#
# !!! note "Prediction 4"
#
#     What shape are the regions before training, at epoch 0? Think of the biases, which are all 0.
# %%
def classifier(layers):
    return lambda x: forward(layers, x).argmax(axis=1)


def accuracy(layers, x, d):
    return np.mean(classifier(layers)(x) == d)


on_the_way = {epoch: accuracy(net, x_test, d_test) for epoch, net in snapshots.items()}
for epoch, value in on_the_way.items():
    print(f"epoch {epoch:3d}: test accuracy {value:.1%}")

fig, axes = plt.subplots(2, 2, figsize=(6.4, 6.4), sharex=True, sharey=True)
for ax, (epoch, net) in zip(axes.flat, snapshots.items()):
    decision_regions(classifier(net), x_test, d_test, legend=False, ax=ax, **square)
    ax.set_title(f"epoch {epoch}")
    ax.label_outer()
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: regions-in-time | 4つの時点の塗り分けとテストデータ。エポック 0 では原点から広がるくさび、5 では曲がり始め、20 では渦巻きの形が現れ、100 では3本の腕に沿う。 -->
#
# ??? question "予想 4 の答え"
#
#     原点から広がるくさびです。バイアスが 0 なら、正の数 $c$ について $\max(0, c\,x W_1) = c \max(0, x W_1)$ なので、$u_2(cx) = c\,u_2(x)$ が成り立ちます。正の数を掛けても最大の要素は変わりません。だから、原点から出る半直線の上では、どこでも同じクラスになります。
#
# 5エポックで境界は曲がり始め、20エポックではもう渦巻きになっています。点のない外側の塗り分けには、データの裏付けがありません。
#
# ## 中間層の32本の直線 {#lines}
#
# 曲がった境界は何でできているのでしょうか。中間層のユニット $j$ は、$W_1$ の $j$ 列目 $w_j$ とバイアス $b_j$ で、平面に1本の直線を引きます。
#
# $$
# x \cdot w_j + b_j = 0
# $$
# <!-- formula: unit-line -->
#
# 直線の片側では $z_1$ の $j$ 番目が 0、反対側では直線からの距離に比例する値です。32本の直線を、学習前と学習後の塗り分けに重ねます。点は30個だけ描きます。
# %% [markdown] lang="en"
# <!-- figure: regions-in-time | The coloured plane with the test data at four moments. At epoch 0 wedges from the origin, at 5 they begin to bend, at 20 a spiral has appeared, at 100 the regions follow the three arms. -->
#
# ??? question "Prediction 4: the answer"
#
#     Wedges from the origin. With biases of 0 and any positive number $c$, $\max(0, c\,x W_1) = c \max(0, x W_1)$ and therefore $u_2(cx) = c\,u_2(x)$. A positive factor does not change which entry is the largest, so the class is the same all along a ray from the origin.
#
# After 5 epochs the borders begin to bend, and after 20 they are a spiral. Further out, where there are no points, the colours have no data behind them.
#
# ## The 32 lines of the hidden layer {#lines}
#
# What are the bent borders made of? With column $j$ of $W_1$, called $w_j$, and its bias $b_j$, hidden unit $j$ draws a line in the plane.
#
# $$
# x \cdot w_j + b_j = 0
# $$
# <!-- formula: unit-line -->
#
# On one side of the line entry $j$ of $z_1$ is 0; on the other it grows in proportion to the distance from the line. Here are the 32 lines over the regions before and after training, with 30 points only.
# %%
fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.6), sharey=True)
ink = plt.rcParams["text.color"]
feet = {}
for ax, epoch in zip(axes, (0, 100)):
    net = snapshots[epoch]
    W, b = net[0].params["W"], net[0].params["b"]
    foot = -b * W / (W**2).sum(axis=0)  # (2, 32), nearest to the origin on each line
    feet[epoch] = np.linalg.norm(foot, axis=0)
    decision_regions(classifier(net), x_test[:30], d_test[:30], legend=False, ax=ax, **square)
    for (x1, x2), (w1, w2) in zip(foot.T, W.T):
        ax.axline((x1, x2), (x1 - w2, x2 + w1), color=ink, linewidth=0.7, alpha=0.6)
    ax.set_title(f"epoch {epoch}")
    ax.label_outer()
    print(f"epoch {epoch:3d}: median distance from the origin {np.median(feet[epoch]):.2f}")
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: hidden-lines | 中間層の32本の直線と塗り分け。学習前はどの直線も原点を通る。学習後は原点から離れて交わり合い、領域の境界は直線と交わるところで折れる。 -->
#
# 学習前は、バイアスが 0 なので、どの直線も原点を通ります。学習は直線を原点から引き離しました。どの直線とも交わらない範囲では、$u_2$ は $x$ の1次式です。だから境界は折れ線で、1本の境界が折れるのは直線を横切るところだけです。
#
# ## 中間層がほどいた渦巻き {#hidden-space}
#
# 出力層はただの線形の分類器です。先ほど失敗した分類器が、なぜ $z_1$ の上では成功するのでしょうか。出力層から見た点を描きます。ソフトマックス関数は3つの総入力の差だけで決まるので、平面の点 $q$ で表せます。$\bar{u}_2$ は3つの総入力の平均です。
#
# $$
# \begin{aligned}
# a_k &= \Bigl( \cos \frac{2 \pi k}{3}, \ \sin \frac{2 \pi k}{3} \Bigr) \\
# q &= \sum_{k=0}^{2} u_{2,k} \, a_k \\
# q \cdot a_k &= \frac{3}{2} (u_{2,k} - \bar{u}_2)
# \end{aligned}
# $$
# <!-- formula: plane-of-logits -->
#
# 最後の式から、最大の $u_{2,k}$ を選ぶことは、$q$ に最も近い向き $a_k$ を選ぶことです。境界はいつも、120<!-- = 360/3 --> 度ずつ離れた3本の半直線になります。$q$ は $z_1$ の1次式ですから、ここで3つの扇形に分かれた点は、$z_1$ の空間でも線形に分かれています。
# %% [markdown] lang="en"
# <!-- figure: hidden-lines | The 32 lines of the hidden layer over the regions. Before training they all pass through the origin. After training they have moved away from it and cross one another, and the borders of the regions bend where they meet a line. -->
#
# Before training the biases are 0, so every line passes through the origin. Training pulled the lines away from it. Within an area that no line crosses, $u_2$ is a linear function of $x$ plus a constant. So the borders are chains of straight segments, and a border bends only where it crosses a line.
#
# ## The spiral, unwound {#hidden-space}
#
# The output layer is a mere linear classifier. Why does the kind that failed before succeed on $z_1$? Draw the points as the output layer sees them. Softmax depends only on the differences of the three pre-activations, so a point $q$ in a plane can stand for them. $\bar{u}_2$ is the mean of the three.
#
# $$
# \begin{aligned}
# a_k &= \Bigl( \cos \frac{2 \pi k}{3}, \ \sin \frac{2 \pi k}{3} \Bigr) \\
# q &= \sum_{k=0}^{2} u_{2,k} \, a_k \\
# q \cdot a_k &= \frac{3}{2} (u_{2,k} - \bar{u}_2)
# \end{aligned}
# $$
# <!-- formula: plane-of-logits -->
#
# By the last line, to choose the largest $u_{2,k}$ is to choose the direction $a_k$ nearest to that of $q$. The borders are always three rays, 120<!-- = 360/3 --> degrees apart. And since $q$ is a linear function of $z_1$ plus a constant, points that fall into the three sectors here are linearly separated in the space of $z_1$.
# %%
angles = 2 * np.pi * np.arange(3) / 3
directions = np.column_stack([np.cos(angles), np.sin(angles)])  # (3, 2), a_k in row k


def sector(q):
    return (q @ directions.T).argmax(axis=1)


fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.6))
for ax, epoch in zip(axes, (0, 100)):
    q = forward(snapshots[epoch], x_test) @ directions  # (300, 2)
    side = 1.1 * np.abs(q).max()
    limits = {"xlim": (-side, side), "ylim": (-side, side)}
    decision_regions(sector, q, d_test, legend=False, ax=ax, **limits)
    ax.set(title=f"epoch {epoch}", xlabel="$q_1$", ylabel="$q_2$", aspect="equal")
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: unwound | 出力層から見たテストデータ。学習前は3つのクラスが重なり合う。学習後は、クラスごとに自分の扇形の中へ伸び、原点の近くにだけ混じり合うところが残る。 -->
#
# 扇形の境界は学習前も後も同じです。動いたのは点のほうです。中間層は、からみ合った3本の腕を、3つの扇形へ別々に伸ばしました。
#
# ## 3つの種で確かめる {#three-seeds}
#
# ここまでは1回の学習でした。データと分割、初期値、順番を種ごとに変えて、5回測ります。線形の分類器と、中間層を学習前のまま凍結した MLP も比べます。凍結した MLP では、学習前の $z_1$ を入力として、出力層だけを学習させます。これは学習率 0.5 では損失が落ち着かないので、比べる2つの学習率は 0.1 にします。
#
# !!! note "予想 5"
#
#     中間層を凍結しても、32個の ReLU が作る特徴量はあります。正解率は、線形の分類器と MLP のどちらに近くなりますか。
# %% [markdown] lang="en"
# <!-- figure: unwound | The test data as the output layer sees them. Before training the three classes lie on top of one another. After it each class stretches into a sector of its own, and only near the origin do they still mix. -->
#
# The borders of the sectors are the same before and after. It is the points that moved. The hidden layer took three entangled arms and stretched each into a sector of its own.
#
# ## The same over three seeds {#three-seeds}
#
# So far this was one training. Now measure three, with new data, split, initial values and order for each seed. For comparison there are the linear classifier and an MLP whose hidden layer is frozen: its output layer alone learns, with $z_1$ from before training as input. At a learning rate of 0.5 the loss of this one does not settle, so both comparisons use 0.1.
#
# !!! note "Prediction 5"
#
#     A frozen hidden layer still offers 32 features made by ReLU. Will its accuracy be closer to that of the linear classifier or of the MLP?
# %%
from tqdm import tqdm


def train(layers, x, d, rng, learning_rate=0.5, epochs=100):
    for _ in range(epochs):
        E = train_epoch(layers, x, d, rng, learning_rate)
    return E


results, runs = {"linear": [], "frozen": [], "MLP": []}, []
for seed in tqdm(range(3), desc="seeds", leave=False):
    rng = np.random.default_rng(seed)
    x, d, x_new, d_new = load(rng)
    net = mlp(32, rng)
    E = train(net, x, d, rng)
    results["MLP"].append(accuracy(net, x_new, d_new))
    runs.append((net, E, x, x_new, d_new))

    frozen = mlp(32, rng)
    z = forward(frozen[:-1], x)  # (600, 32)
    train(frozen[-1:], z, d, rng, learning_rate=0.1)
    results["frozen"].append(accuracy(frozen, x_new, d_new))

    single = [Linear(2, 3, rng=rng)]
    train(single, x, d, rng, learning_rate=0.1)
    results["linear"].append(accuracy(single, x_new, d_new))

for name, values in results.items():
    mean, sd = np.mean(values), np.std(values, ddof=1)
    print(f"{name:6s}  mean {mean:.1%}  SD {sd:.1%}  worst {min(values):.1%}")

# %% [markdown] lang="ja"
# ??? question "予想 5 の答え"
#
#     線形の分類器とほとんど同じで、当てずっぽうに近い値です。凍結した直線は、すべて原点を通ったままです。3本の腕は回せば重なるので、どれか1つのクラスだけを有利にする理由がなく、学習しても $b_2$ は 0 の近くにとどまります。だから領域は予想 4 と同じく、ほぼ原点からのくさびで、どのくさびにも3本の腕が入ります。MLP の成功は、中間層が学習したおかげです。
#
# MLP の正解率は、どの種でも高い値ですが、100 % にはなりません。誤った点はどこにあるのでしょうか。原点からの距離（標準化した後の長さ）が 0.5 未満の点と、それより外の点を、3つの種を合わせて数えます。
# %% [markdown] lang="en"
# ??? question "Prediction 5: the answer"
#
#     It hardly differs from the linear classifier, and neither is far from random guessing. The frozen lines all keep passing through the origin. A turn carries the arms into one another, so there is no reason to favour one class, and $b_2$ stays near 0 although it learns. As in prediction 4, the regions are therefore nearly wedges from the origin, and every wedge holds all three arms. The MLP succeeds because its hidden layer learns.
#
# The accuracy of the MLP is high for every seed, yet it is not 100 %. Where are the mistakes? Count the points less than 0.5 from the origin (after standardization) and those further out, over all three seeds.
# %%
distances, mistakes = [], []
for net, _, _, x_new, d_new in runs:
    distances.append(np.linalg.norm(x_new, axis=1))
    mistakes.append(classifier(net)(x_new) != d_new)
near = np.concatenate(distances) < 0.5
wrong = np.concatenate(mistakes)  # (900,), True or False
print(f"near the origin: {wrong[near].sum():3d} wrong of {near.sum()}")
print(f"further out:     {wrong[~near].sum():3d} wrong of {(~near).sum()}")

# %% [markdown] lang="ja"
# 誤りの大半は中心に集まっています。原点のごく近くでは、腕どうしの間隔が雑音より狭いからです。腕の式を知っている人でも見分けられず、どんな分類器でも 100 % は望めません。
#
# ## 何本の直線が要るか {#width}
#
# 中間層のユニットは1つで1本の直線です。幅 $H$ を変えて、3つの種で測ります。パラメータは $6H + 3$ 個です。幅 32 には、さきほど測った値を使います。
#
# !!! note "予想 6"
#
#     正解率の平均が 80 % を超えるのは、$H = 2$、4、8、16、32 のどれからですか。
# %% [markdown] lang="en"
# Most mistakes are at the centre. Very close to the origin the arms are closer together than the noise is wide. Not even someone who knows their formula could tell them apart there, and no classifier can hope for 100 %.
#
# ## How many lines does it take? {#width}
#
# Each hidden unit is one line. Vary the width $H$ and measure over three seeds. There are $6H + 3$ parameters. Width 32 has been measured already.
#
# !!! note "Prediction 6"
#
#     From which of $H = 2$, 4, 8, 16 and 32 on is the mean accuracy above 80 %?
# %%
widths = [2, 4, 8, 16, 32]
by_width = np.empty((5, 3))  # width, seed
by_width[-1] = results["MLP"]
for row, width in enumerate(tqdm(widths[:-1], desc="widths", leave=False)):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x, d, x_new, d_new = load(rng)
        net = mlp(width, rng)
        train(net, x, d, rng)
        by_width[row, seed] = accuracy(net, x_new, d_new)

for width, values in zip(widths, by_width):
    print(f"H = {width:2d}  mean {values.mean():.1%}  SD {values.std(ddof=1):.1%}")
plt.figure()
plt.plot(widths, by_width.mean(axis=1), label="mean of three seeds")
plt.plot(widths, by_width, "x", color="C1", markersize=6)
plt.axhline(1 / 3, color="C2", linestyle=":", label="random guess")
plt.xscale("log", base=2)
plt.xticks(widths, widths)
plt.xlabel("width $H$")
plt.ylabel("test accuracy")
plt.legend(loc="lower right", bbox_to_anchor=(1, 0.1))
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: width-sweep | 中間層の幅と、テスト正解率。×印が1つの種、線がその平均。幅 2 と 4 では低く、8 で大きく上がり、16 と 32 ではほとんど変わらない。 -->
#
# ??? question "予想 6 の答え"
#
#     8 からです。直線が2本や4本では、折れ目が足りず、境界は渦巻きに沿って1周できません。16 と 32 の平均の差は、種によるばらつきと同じくらいなので、この表だけでは差があるとは言えません。
#
# ## 落とし穴：学習率を10倍にする {#pitfall}
#
# 学習率 0.5 は、この問題に合わせて選んだ値です。ほかは変えずに、1/10 と10倍を試します。表の最後の列は、どの訓練データでも $u_1 \le 0$ になるユニット（[死んだReLU](../basics/activation-functions.md#dead-units)）の数です。
#
# !!! note "予想 7"
#
#     学習率 5 では何が起きますか。損失が NaN になるでしょうか。
# %% [markdown] lang="en"
# <!-- figure: width-sweep | Test accuracy against the width of the hidden layer. Each cross is a seed, the line is their mean. It is low for 2 and 4, rises steeply to 8, and hardly changes between 16 and 32. -->
#
# ??? question "Prediction 6: the answer"
#
#     From 8 on. Two or four lines have too few bends for the borders to follow the spiral all the way around. The means for 16 and 32 differ by about as much as the seeds do, so this table alone does not show a difference between them.
#
# ## A pitfall: ten times the learning rate {#pitfall}
#
# The learning rate of 0.5 was chosen for this task. With all else as before, try a tenth of it and ten times as much. The last column of the table counts the units with $u_1 \le 0$ for every training sample ([dead ReLUs](../basics/activation-functions.md#dead-units)).
#
# !!! note "Prediction 7"
#
#     What happens at a learning rate of 5? Does the loss become NaN?
# %%
def dead(net, x):
    return np.count_nonzero((net[0](x) <= 0).all(axis=0))


rates = {0.05: [], 0.5: [], 5.0: []}
for net, E, x, x_new, d_new in runs:
    rates[0.5].append((accuracy(net, x_new, d_new), E, dead(net, x)))
for seed in tqdm(range(3), desc="seeds", leave=False):
    for rate in (0.05, 5.0):
        rng = np.random.default_rng(seed)
        x, d, x_new, d_new = load(rng)
        net = mlp(32, rng)
        E = train(net, x, d, rng, learning_rate=rate)
        rates[rate].append((accuracy(net, x_new, d_new), E, dead(net, x)))

print("rate  accuracy   SD   loss  dead")
for rate, values in rates.items():
    mean, sd = np.mean(values, axis=0), np.std(values, axis=0, ddof=1)
    print(f"{rate:4.2f}  {mean[0]:8.1%}  {sd[0]:.1%}  {mean[1]:.2f}  {mean[2]:4.1f}")

# %% [markdown] lang="ja"
# ??? question "予想 7 の答え"
#
#     NaN も警告も出ません。損失は $\ln 3 \approx 1.1$ のあたりにとどまり、正解率は当てずっぽうになります。最後の列が理由です。大きすぎる更新が、ほとんどのユニットの直線をデータの外へ飛ばしました。どの訓練データでも $u_1 \le 0$ なら、$[u_1 > 0]$ も勾配も 0 で、そのユニットはもう戻ってきません。全部が死ぬと $u_2 = b_2$ だけになり、入力によらず同じ答えを返します。
#
# 学習率 0.05 では、死んだユニットはなく、100エポックでは足りないだけです。もっと続ければ追い付きます。正解率が低いのはどちらも同じですが、手当ては逆なので、死んだユニットの数を見て区別してください。
#
# ## 試すこと {#try}
#
# どれも「3つの種で確かめる」のセルを書き換えて実行します。先に結果を予想してください。
#
# **1. ReLU を外します。** セルの先頭で、`[Linear(2, width, rng=rng, init=he), Linear(width, 3, rng=rng)]` を返す関数として `mlp` を定義し直します。
#
# ??? question "1 の結果"
#
#     3行とも、当てずっぽうに近くなります。$(x W_1 + b_1) W_2 + b_2 = x (W_1 W_2) + (b_1 W_2 + b_2)$ なので、195個のパラメータがあっても、できることは[線形の分類器1つ](../basics/activation-functions.md#collapse)と同じです。渦巻きをほどくには、層の間に挟む ReLU が要ります。
#
# **2. 凍結した直線を散らします。** 1 で書いた `mlp` に `ReLU()` を戻し、`frozen = mlp(32, rng)` の次の行に `frozen[0].params["b"] = rng.uniform(-2, 2, 32)` を入れます。
#
# ??? question "2 の結果"
#
#     凍結した行の正解率が、70 % を超えるところまで上がります。中間層は何も学習していないのに、です。無作為なバイアスで直線が原点から離れたので、出力層は32本の直線で折れる境界を選べます。それでも、直線の場所まで学習する MLP には及びません。
#
# **3. 渦巻きを2周にします。** `load(rng)` を `load(rng, turns=2.0)` に変えて実行します。次に、1 で書いた `mlp` の `ReLU()` の後に `Linear(width, width, rng=rng, init=he), ReLU()` を足して、もう一度実行します。
#
# ??? question "3 の結果"
#
#     2周では、MLP の正解率は半分ほどに落ちます。腕はおよそ2倍長く、間隔は半分になるので、同じ幅とエポック数では足りません。中間層を1つ足すと、10ポイント以上上がります。ただし、パラメータも195個から1,251個に増えるので、深さのおかげか、数のおかげかは、この比較だけでは分かりません。
# %% [markdown] lang="en"
# ??? question "Prediction 7: the answer"
#
#     No NaN, no warning. The loss stays around $\ln 3 \approx 1.1$, and the accuracy is that of a random guess. The last column tells why. Updates that were too large threw the lines of almost all units out of the data. Where $u_1 \le 0$ for every training sample, $[u_1 > 0]$ is 0 and so is the gradient, and that unit never comes back. Once all are dead, only $u_2 = b_2$ is left, and the network gives the same answer to every input.
#
# At a learning rate of 0.05 no unit is dead; 100 epochs are just not enough, and with more of them it catches up. Both rates show a lower accuracy but need opposite remedies. The number of dead units tells them apart.
#
# ## Things to try {#try}
#
# Each is a change to the cell of "The same over three seeds". Predict what will come out before you run it.
#
# **1. Take out ReLU.** At the top of the cell, define `mlp` anew as a function that returns `[Linear(2, width, rng=rng, init=he), Linear(width, 3, rng=rng)]`.
#
# ??? question "1: what comes out"
#
#     All three rows end near a random guess. As $(x W_1 + b_1) W_2 + b_2 = x (W_1 W_2) + (b_1 W_2 + b_2)$, the 195 parameters can do no more than [one linear classifier](../basics/activation-functions.md#collapse). To unwind the spiral takes a ReLU between the layers.
#
# **2. Scatter the frozen lines.** Put `ReLU()` back into the `mlp` of 1, and below `frozen = mlp(32, rng)` add `frozen[0].params["b"] = rng.uniform(-2, 2, 32)`.
#
# ??? question "2: what comes out"
#
#     The frozen row rises to more than 70 %, although its hidden layer learns nothing. Random biases move the lines away from the origin, and the output layer can choose borders that bend at these 32 lines. It still does not reach the MLP, which also learns where to put them.
#
# **3. Two turns.** Change `load(rng)` to `load(rng, turns=2.0)` and run the cell. Then, after `ReLU()` in the `mlp` of 1, add `Linear(width, width, rng=rng, init=he), ReLU()` and run it again.
#
# ??? question "3: what comes out"
#
#     With two turns the accuracy of the MLP drops to about a half. The arms are about twice as long and half as far apart, so the same width and number of epochs are not enough. A second hidden layer adds more than 10 points. But the parameters also go from 195 to 1,251. Whether depth or number is to be thanked, this comparison alone does not tell.
