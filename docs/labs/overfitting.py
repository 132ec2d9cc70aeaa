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
# description: 手書き数字200枚を誤ったラベルごと丸暗記させ、重み減衰、ドロップアウト、早期終了などでどこまで取り戻せるかを5つの種で確かめる実習
# ---
#
# # わざと過学習させ、正則化で取り戻す {#overfit-on-purpose}
#
# この実習では、手書き数字200枚を、誤ったラベルごと丸暗記するまでネットワークに学習させます。そのうえで、重み減衰、ドロップアウト、早期終了、画像の変形で、失った正解率を取り戻します。最後に、すべての方法を5つの種で比べた表を作ります。テストデータは、そこで初めて使います。方法の導出がある[正則化](../training/regularization.md)と、後半で使う[データ拡張](../vision/data-augmentation.md)の章を、先に読んでください。
#
# セルを実行する前に、太字の「予想」に自分で答えてください。答えは、結果のすぐ後に折りたたんであります。
#
# この実習だけの記号です。
#
# | 記号 | 意味 |
# | --- | --- |
# | $a$, $a_{\mathrm{val}}$ | 本当の数字を当てる割合、検証データの正解率 |
# | $r$ | 引き直したラベルの割合 |
#
# ## 3つに分ける {#split}
#
# データは、種ごとに分け直します。ネットワークは200枚の訓練データから学びます。重み減衰の強さや止めるエポックは、200枚の検証データで選びます。500枚のテストデータは、最後のセルまで使いません。選ぶと、実力だけでなく運も一緒に拾うからです。検証データで最もよかった値は、少し甘くなります。テストデータで選べば、テストの値も同じように甘くなります。
#
# 訓練データと検証データのラベルは、30 %を無作為に引き直します。ラベル付けが雑だった場合に当たります。テストデータのラベルは、正しいままにします。誤りの混ざった検証データで、選ぶことなどできるのでしょうか。ネットワークが本当の数字を当てる割合を $a$、引き直したラベルの割合を $r$ とします。検証データの正解率 $a_{\mathrm{val}}$ は、平均すると次のようになります。引き直していないラベルは本当の数字のままで、引き直したラベルは、どう答えても10回に1回しか一致しないからです。
#
# $$
# a_{\mathrm{val}} = (1 - r) \, a + \frac{r}{10}
# $$
# <!-- formula: validation-accuracy -->
#
# $a = 1$ でも73 %にしかなりません。しかし、$a$ が大きいほど大きくなるので、2つのネットワークのうちどちらがよいかは、これでわかります。
#
# %% [markdown] lang="en"
# ---
# description: Lab in which a network learns 200 digits by heart, wrong labels included, and weight decay, dropout and early stopping win part of it back
# ---
#
# # Overfit on purpose, then regularize {#overfit-on-purpose}
#
# In this lab a network overfits until it knows two hundred digits by heart, wrong labels included. Then you win back what can be won, with weight decay, dropout, early stopping and changed images. At the end, one table compares all methods over five seeds, and only there are the test data used. Read [regularization](../training/regularization.md) first, where the methods are derived, and [data augmentation](../vision/data-augmentation.md) for the second half.
#
# Answer each bold prediction yourself before you run the cell. The answer is folded right after the result.
#
# These symbols belong to this lab alone.
#
# | Symbol | Meaning |
# | --- | --- |
# | $a$, $a_{\mathrm{val}}$ | share of digits that the network gets right, accuracy on the validation data |
# | $r$ | share of labels drawn again |
#
# ## Split in three {#split}
#
# The digits are divided anew for each seed. The network learns from 200 training images. The strength of weight decay and the epoch to stop at are chosen on 200 validation images. The 500 test images are not looked at before the last cell, because a choice picks up luck along with merit: the best of many validation scores is a little too good to be true. Choosing by the test data would do the same to the test score.
#
# Of the training and validation labels, 30 % are redrawn at random, as if someone had labelled carelessly. The test labels stay right. Can validation data with wrong labels choose at all? Let $a$ be the share of images in which the network recognizes the true digit, and $r$ the share of redrawn labels. A label that was kept is the true digit. A redrawn one agrees with the answer in one case out of ten, whatever the answer. On average, the validation accuracy $a_{\mathrm{val}}$ is therefore:
#
# $$
# a_{\mathrm{val}} = (1 - r) \, a + \frac{r}{10}
# $$
# <!-- formula: validation-accuracy -->
#
# Even at $a = 1$ this is just 73 %. But it grows with $a$, so of two networks the better one still comes out on top.
#
# %%
import matplotlib.pyplot as plt
import numpy as np

from dlnotes.datasets import digits, train_test_split
from dlnotes.plotting import samples

x, d = digits()


def split(rng, redrawn=0.3):
    x_rest, truth, x_test, d_test = train_test_split(x, d, test_size=500, rng=rng)
    given = truth.copy()
    chosen = rng.random(len(truth)) < redrawn
    given[chosen] = rng.integers(0, 10, chosen.sum())
    return {
        "train": (x_rest[200:400], given[200:400], truth[200:400]),
        "validation": (x_rest[:200], given[:200], truth[:200]),
        "test": (x_test, d_test, d_test),
    }


data = split(np.random.default_rng(0))
for part, (images, given, truth) in data.items():
    print(f"{part:10s} {len(images)} images, {100 * np.mean(given != truth):4.1f} % wrong")

images, given, truth = (a[:20] for a in data["train"])
plt.figure(figsize=(6.4, 2.2))
samples(images, labels=truth, predictions=given, columns=10)
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: wrong-labels | 訓練画像20枚とそのラベル。ラベルの誤ったものは枠で囲み、下の矢印で本当の数字から与えられたラベルへ示す。 -->
#
# 枠の付いた画像が、この実習の主役です。数字を理解したネットワークは、これらのラベルとは違う答えを出すはずです。訓練データで100 %に達したネットワークは、これらを1枚ずつ丸暗記したことになります。
#
# ## ネットワークと学習 {#network}
#
# 80ユニットの中間層が2つで、活性化関数は ReLU、初期値は He、更新はモメンタムです。`prepare` は、1つの種からデータと `Trainer` を作ります。5つの種は、分割、初期値、順序をまとめて変えます。ドロップアウトのマスクは別の乱数生成器から引くので、ドロップアウトの有無によらず、同じ重みから始まります。`score` は、`eval()` で推論に切り替えてから、損失と正解率を返します。
#
# %% [markdown] lang="en"
# <!-- figure: wrong-labels | Twenty training images with their labels. Those with a wrong label are framed; below them an arrow leads from the true digit to the label that was given. -->
#
# The framed images are what this lab is about. A network that has understood digits must contradict these labels, and a network that reaches 100 % on the training data has learned each of them by heart.
#
# ## The network and its training {#network}
#
# There are two hidden layers of 80 units, with ReLU, He initialization and momentum. `prepare` makes the data and a `Trainer` from a seed; the seed changes split, initial values and order together. The masks of dropout come from a generator of their own, so that networks with and without dropout start from equal weights. `score` puts the network into inference with `eval()` and returns loss and accuracy.
#
# %%
from dlnotes.initializers import he
from dlnotes.layers import Dropout, Flatten, Linear, ReLU, Sequential, SoftmaxWithLoss
from dlnotes.optimizers import Momentum
from dlnotes.training import Trainer

redrawn, epochs, seeds = 0.3, 40, range(5)
loss = SoftmaxWithLoss()


def network(rng, p=0.0):
    masks = rng.spawn(1)[0]
    layers = [Flatten()]
    for n_in, n_out in ((64, 80), (80, 80)):
        layers += [Linear(n_in, n_out, rng=rng, init=he), ReLU()]
        if p > 0:
            layers.append(Dropout(p, rng=masks))
    return Sequential(*layers, Linear(80, 10, rng=rng, init=he))


def prepare(seed, redrawn=redrawn, decay=0.0, p=0.0, augment=None):
    rng = np.random.default_rng(seed)
    data, model = split(rng, redrawn), network(rng, p)
    options = {"weight_decay": decay, "augment": augment, "progress": False}
    return data, Trainer(model, loss, Momentum(0.15), batch_size=100, rng=rng, **options)


def score(model, x, d):
    model.eval()
    u = model(x)
    return float(loss(u, d)), 100 * np.mean(u.argmax(axis=1) == d)


parameters = sum(a.size for a in network(np.random.default_rng(0)).params.values())
print("parameters:", parameters)
print("per training image:", parameters // 200)

# %% [markdown] lang="ja"
# 訓練画像1枚あたりのパラメータの数を見ると、丸暗記する余地は十分にあります。
#
# ## まず正しいラベルで {#clean-labels}
#
# ラベルがすべて正しいとき、過学習はどう見えるでしょうか。40エポック学習させ、1エポックごとに訓練データと検証データで測ります。2つの正解率の差をギャップと呼びます（表の `gap`）。表と図の線は5つの種の平均、図の帯は標準偏差です。
#
# **予想 1.** 訓練データの正解率は100 %に達します。教科書の図では、検証データの正解率は上がった後でまた下がります。ここでも下がるでしょうか。
#
# %% [markdown] lang="en"
# With so many parameters for each training image, there is room to learn by heart.
#
# ## Right labels first {#clean-labels}
#
# What does overfitting look like while all labels are right? The network trains for 40 epochs and is measured on training and validation data after each. The difference of the two accuracies is called the gap. The table and the lines of the figure are means over five seeds, the bands one SD.
#
# **Prediction 1.** The training accuracy will reach 100 %. Textbooks draw a validation accuracy that rises and later falls again. Will it fall here?
#
# %%
from dlnotes.plotting import learning_curves


def curves(data, trainer):
    rows = []
    for epoch in range(1, epochs + 1):
        trainer.fit(*data["train"][:2], epochs=epoch, train_accuracy=False)
        rows.append([score(trainer.model, *data[part][:2]) for part in ("train", "validation")])
    return np.array(rows)  # (epochs, part, loss and accuracy)


def draw(runs, top):
    print("         loss         accuracy (%)")
    print("epoch train   val  train   val   gap")
    for epoch in (10, epochs):
        (E, a), (E_val, a_val) = runs[:, epoch - 1].mean(axis=0)
        print(f"{epoch:5d}{E:6.2f}{E_val:6.2f}{a:7.1f}{a_val:6.1f}{a - a_val:6.1f}")
    fig, axes = plt.subplots(2, 1, figsize=(6.4, 6.4), sharex=True)
    train, validation = runs[:, :, 0], runs[:, :, 1]  # (seeds, epochs, loss and accuracy)
    both = {"train": train[:, :, 0], "validation": validation[:, :, 0]}
    learning_curves(both, ylabel="loss $E$", ylim=(0, top), ax=axes[0])
    both = {"train": train[:, :, 1], "validation": validation[:, :, 1]}
    learning_curves(both, ylabel="accuracy (%)", ylim=(0, 104), ax=axes[1])


models, clean = {"clean": []}, []
for seed in seeds:
    data, trainer = prepare(seed, redrawn=0.0)
    clean.append(curves(data, trainer))
    models["clean"].append((data, trainer.model))
clean = np.array(clean)
draw(clean, top=1)
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: clean-curves | 正しいラベルの場合。上は損失で、訓練では0へ向かい、検証では途中で平らになる。下は正解率で、訓練は100 %に達し、検証はその10ポイントほど下で平らになり、下がらない。 -->
#
# ??? question "予想 1 の答え"
#
#     下がりません。最初の10エポックほどで急に上がり、その後は少しずつ上がって平らになります。10ポイントほどのギャップは残りますが、早く止めても検証データの正解率は上がりません。ここで丸暗記したことは、ほかの数字に通用する規則と矛盾しないからです。
#
# 正しいラベルでは、取り戻すべきものがほとんどありません。重み減衰やドロップアウトに得があるかどうかは、最後の表で確かめます。正則化を調べるには、まず重い過学習が要ります。
#
# ## ラベルの3割を引き直す {#noisy-labels}
#
# 画像もネットワークも同じで、ラベルの30 %だけを引き直します。
#
# **予想 2.** 正しいラベルをすべて当て、誤ったラベルを1つも覚えないネットワークの、訓練データの正解率はいくつですか。40エポック後、訓練データと検証データの正解率はどこにあるでしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: clean-curves | Right labels. Above the loss: in training it goes to 0, in validation it levels off. Below the accuracy: training reaches 100 %, validation levels off some ten points below and does not fall. -->
#
# ??? question "Answer to prediction 1"
#
#     It does not fall. It rises steeply in the first ten epochs or so, then a little more, and levels off. A gap of some ten points remains, but stopping earlier would not have raised the validation accuracy. What is learned by heart here does not contradict what holds for other digits.
#
# With right labels there is hardly anything to win back; the last table will show whether weight decay and dropout gain anything here. To study cures, you need a patient.
#
# ## Three labels in ten redrawn {#noisy-labels}
#
# The same images, the same network, but now 30 % of the labels are redrawn.
#
# **Prediction 2.** What is the training accuracy of a network that gets all the right labels and has learned not one of the wrong ones? Where will the training and validation accuracies stand after 40 epochs?
#
# %%
models["none"], noisy = [], []
for seed in seeds:
    data, trainer = prepare(seed)
    noisy.append(curves(data, trainer))
    models["none"].append((data, trainer.model))
noisy = np.array(noisy)
draw(noisy, top=4)
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: noisy-curves | ラベルの30 %を引き直した場合。上は損失で、訓練では0へ向かい、検証では早い時期に最小になってから上がる。下は正解率で、訓練は100 %近くまで上がり、検証は早い時期の頂点からゆっくり下がる。 -->
#
# ??? question "予想 2 の答え"
#
#     引き直したラベルも10回に1回は偶然正しいので、誤りは $0.3 \times 0.9 = 27 \%$、そのようなネットワークの正解率は73 %です。実際のネットワークは10エポックほどでこれを超え、最後は100 %近くまで行きます。超えた分は丸暗記で、その代償は検証データの正解率に現れます。ギャップは、正しいラベルの場合の何倍もあります。
#
# 検証データの損失は、正解率が下がるよりもはっきりと上がります。誤った答えにどれほど自信を持っているかも、損失には表れるからです。この後、検証データの正解率でなく損失で選ぶのは、そのためです。
#
# ## すべてでたらめなラベル {#random-labels}
#
# 丸暗記はどこまでできるのでしょうか。今度はラベルをすべて引き直すので、理解できることは何も残りません。覚えることが多いので、2倍の80エポック学習させます。検証データでは、でたらめなラベルでなく、本当の数字を当てられるかを調べます。
#
# **予想 3.** 200個の訓練ラベルの正解率は、どこまで上がりますか。検証画像は何割を当てるでしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: noisy-curves | 30 % of the labels redrawn. Above the loss: in training it goes to 0, in validation it is smallest early on and then rises. Below the accuracy: training climbs to about 100 %, validation falls slowly after its early peak. -->
#
# ??? question "Answer to prediction 2"
#
#     A redrawn label is right by chance in one case out of ten, so $0.3 \times 0.9 = 27 \%$ of the labels are wrong, and that network is at 73 %. Ours passes this mark after some ten epochs and ends near 100 %. Whatever is beyond it is learned by heart, and the validation accuracy pays for it. The gap is many times that with right labels.
#
# The validation loss rises far more clearly than the accuracy falls, because the loss also counts how sure the network is of its wrong answers. That is why the choices below go by the validation loss and not by the accuracy.
#
# ## Nothing but random labels {#random-labels}
#
# How far does learning by heart go? Now all labels are redrawn, and nothing is left to understand. As there is more to learn by heart, the network trains twice as long, for 80 epochs. On the validation images, the network is asked for the true digits and not for the random labels.
#
# **Prediction 3.** What accuracy does the network reach on its 200 training labels? How many of the validation images does it recognize?
#
# %%
from tqdm import tqdm


def trained(epochs=epochs, **settings):
    runs = []
    for seed in tqdm(seeds, desc="seeds", leave=False):
        data, trainer = prepare(seed, **settings)
        trainer.fit(*data["train"][:2], epochs=epochs, train_accuracy=False)
        runs.append((data, trainer.model))
    return runs


def measure(runs, part, column=1):  # column 0 is the loss, 1 the accuracy
    return np.array([score(model, *data[part][:2])[column] for data, model in runs])


models["random labels"] = trained(epochs=80, redrawn=1.0)
memorized = measure(models["random labels"], "train")
recognized = []
for data, model in models["random labels"]:
    images, given, truth = data["validation"]
    recognized.append(score(model, images, truth)[1])
print("accuracy (%), seeds 0 to 4")
print("train", *np.round(memorized, 1))
print("val  ", *np.round(recognized, 1))

# %% [markdown] lang="ja"
# ??? question "予想 3 の答え"
#
#     訓練ラベルはすべて、またはほとんどすべてを覚え、検証画像は1割ほどしか当てません。当てずっぽうと同じです。つまり、訓練データの正解率が100 %でも、新しい画像については何も言えません。わかるのは、200個のラベルを1つずつ覚える[表現力](../glossary.md#model-capacity)が、このネットワークにあることです。
#
# ここからは、丸暗記を抑える方法を試します。
#
# ## 罰則付きの損失と勾配 {#penalized-loss}
#
# [重み減衰](../training/regularization.md#weight-decay)は、バイアスを除くすべての重みへの罰則を損失に足します。
#
# $$
# E_\lambda = E + \frac{\lambda}{2} \sum_{l=1}^{L} \lVert W^{(l)} \rVert^2
# $$
# <!-- formula: loss-with-penalty -->
#
# 各層の重みの勾配には、項が1つ増えます。
#
# $$
# \frac{\partial E_\lambda}{\partial W^{(l)}} = \frac{\partial E}{\partial W^{(l)}} + \lambda W^{(l)}
# $$
# <!-- formula: gradient-with-penalty -->
#
# 使う前に、各パラメータから無作為に選んだ30か所で、[中心差分](../glossary.md#central-difference)と比べます。2列目は、勾配から $\lambda W$ を抜いた場合です。抜けたことに、この確認で気づけるかどうかを見ます。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 3"
#
#     It learns all or almost all of the training labels, and recognizes about one validation image in ten, which is guessing. A training accuracy of 100 % thus says nothing about new images. It does say that this network has the [capacity](../glossary.md#model-capacity) to learn each of the 200 labels separately.
#
# From here on, we try what holds it back from doing so.
#
# ## The penalized loss and its gradient {#penalized-loss}
#
# [Weight decay](../training/regularization.md#weight-decay) adds to the loss a penalty on all weights, biases excepted.
#
# $$
# E_\lambda = E + \frac{\lambda}{2} \sum_{l=1}^{L} \lVert W^{(l)} \rVert^2
# $$
# <!-- formula: loss-with-penalty -->
#
# One term is added to the gradient of each layer's weights.
#
# $$
# \frac{\partial E_\lambda}{\partial W^{(l)}} = \frac{\partial E}{\partial W^{(l)}} + \lambda W^{(l)}
# $$
# <!-- formula: gradient-with-penalty -->
#
# Before you use it, compare it with [central differences](../glossary.md#central-difference) at 30 random entries of each parameter. The second column leaves $\lambda W$ out of the gradient, to see whether the check would notice.
#
# %%
def weights(model):
    return {name: W for name, W in model.params.items() if name.endswith("W")}


def objective(decay):
    squares = sum(np.sum(W**2) for W in weights(model).values())
    return loss(model(few), labels) + decay / 2 * squares


def gradient(decay):
    loss(model(few), labels)
    model.backward(loss.backward())
    penalty = {name: decay * W for name, W in weights(model).items()}
    return {name: dw + penalty.get(name, 0) for name, dw in model.grads.items()}


def slope(w, at, decay, h=1e-5):
    old = w[at]
    w[at] = old + h
    above = objective(decay)
    w[at] = old - h
    below = objective(decay)
    w[at] = old
    return (above - below) / (2 * h)


rng = np.random.default_rng(0)
few, labels = (a[:20] for a in split(rng)["train"][:2])
model = network(rng)
with_term, without = gradient(0.03), gradient(0.0)
errors = {}
print("error of  with lambda W  without")
for name, w in model.params.items():
    places = [tuple(rng.integers(0, w.shape)) for _ in range(30)]
    numeric = np.array([slope(w, at, 0.03) for at in places])
    off = [np.max(np.abs([g[name][at] for at in places] - numeric)) for g in (with_term, without)]
    errors[name] = off / np.max(np.abs(numeric))
    print(f"{name:10s}{errors[name][0]:13.6f}{errors[name][1]:9.6f}")

# %% [markdown] lang="ja"
# $\lambda W$ があれば、誤差は小数第6位まで0です。抜くと、重みの行はどれも大きく外れます。バイアスの行は、罰則が掛からないので変わりません。`Trainer` に `weight_decay` を渡すと、同じ項が足されます。
#
# ## λ を検証データで選ぶ {#choose-lambda}
#
# 4通りの強さを試します。種ごとに、検証データの損失が最小のものを選び、そのネットワークを最後の表の重み減衰の行に使います。ここでの損失は、罰則を含まない $E$ です。罰則は手段にすぎません。
#
# %% [markdown] lang="en"
# With $\lambda W$ the error is 0 to six decimal places. Without it, all rows of weights are far off. The rows of biases show no difference, since they have no penalty. `Trainer` adds the same term when it is given `weight_decay`.
#
# ## Choose λ on validation data {#choose-lambda}
#
# Four strengths are tried. For each seed, the one with the smallest validation loss is chosen, and that network will be the row of weight decay in the last table. The loss here is $E$ without the penalty, which is only a means.
#
# %%
decays = (0.0, 0.01, 0.03, 0.1)
by_decay = [models["none"], *(trained(decay=decay) for decay in decays[1:])]
E_val = np.array([measure(runs, "validation", column=0) for runs in by_decay])  # (lambda, seed)
a = np.array([measure(runs, "train") for runs in by_decay])
a_val = np.array([measure(runs, "validation") for runs in by_decay])
print("lambda  train   val  val loss")
for k, decay in enumerate(decays):
    print(f"{decay:<6}{a[k].mean():7.1f}{a_val[k].mean():6.1f}{E_val[k].mean():10.2f}")
best = E_val.argmin(axis=0)
models["weight decay"] = [by_decay[k][seed] for seed, k in zip(seeds, best)]
print("chosen:", *(decays[k] for k in best))

plt.figure()
for rows, marker, part in ((a, "o", "train"), (a_val, "s", "validation")):
    spread = rows.std(axis=1, ddof=1)
    plt.errorbar(range(4), rows.mean(axis=1), spread, marker=marker, capsize=3, label=part)
plt.xticks(range(4), [str(decay) for decay in decays])
plt.xlabel(r"$\lambda$")
plt.ylabel("accuracy (%)")
plt.ylim(0, 104)
plt.legend(loc="lower left")
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: lambda-sweep | 重み減衰の強さに対する正解率。5つの種の平均と標準偏差。訓練は下がり続ける。検証は中ほどで最も高く、最も強い減衰では両方とも崩れる。 -->
#
# 訓練データの正解率は、狙いどおり下がり続けます。誤ったラベルを覚える余裕がなくなっていくからです。検証データでは中ほどが最もよくなります。$\lambda = 0.1$ では罰則が強すぎて、ほとんど何も学べません。どの種でも、範囲の端は選ばれませんでした。端が選ばれたら、範囲を広げて調べ直します。
#
# ## 重みはどうなったか {#weights}
#
# 3つの層の重みを、重み減衰のある場合とない場合で比べます。表は長さ $\lVert W^{(l)} \rVert$ の5つの種の平均、図は種0のヒストグラムです。重みの数は、順に5,120<!-- = 64*80 -->個、6,400<!-- = 80*80 -->個、800<!-- = 80*10 -->個です。
#
# **予想 4.** 重み減衰がなければ、$W$ が最も短いのは、小さな最後の層です。重み減衰があると、最も短いのはどの層でしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: lambda-sweep | Accuracy against the strength of weight decay, mean and SD over five seeds. Training falls all the way. Validation is highest in the middle, and the strongest decay ruins both. -->
#
# The training accuracy falls all the way, as intended: the network can afford fewer and fewer of the wrong labels. Validation is best in the middle. At $\lambda = 0.1$ the penalty is too strong, and the network has learned hardly anything. No seed chose an end of the range. If one had, the range would have to be extended.
#
# ## What happens to the weights {#weights}
#
# Compare the weights of the three layers with and without weight decay. The table has their lengths $\lVert W^{(l)} \rVert$, averaged over five seeds, and the figure the histograms of seed 0. The layers have 5,120<!-- = 64*80 -->, 6,400<!-- = 80*80 --> and 800<!-- = 80*10 --> weights.
#
# **Prediction 4.** Without weight decay the last layer, which is small, has by far the shortest $W$. Which layer is the shortest with weight decay?
#
# %%
from dlnotes.plotting import weight_histograms


def norms(runs):
    return np.array([[np.linalg.norm(W) for W in weights(model).values()] for _, model in runs])


lengths = np.array([norms(by_decay[0]), norms(by_decay[2])])  # (lambda, seed, layer)
print("lambda   |W1|   |W2|   |W3|")
for decay, rows in zip((decays[0], decays[2]), lengths):
    print(f"{decay:<6}", *(f"{length:6.2f}" for length in rows.mean(axis=0)))

above, below = plt.figure(figsize=(6.4, 6)).subfigures(2, 1)
for part, k in ((above, 0), (below, 2)):
    data, model = by_decay[k][0]
    weight_histograms(model.params, limits=(-0.6, 0.6), figure=part)
    part.suptitle(rf"$\lambda$ = {decays[k]}")
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: weight-histograms | 3つの層の重みのヒストグラム。上は重み減衰なし、下はあり。重み減衰があると、初めの2層の重みは0の近くの細い山に集まり、小さな最後の層の重みはそれより広がっている。1.W、3.W、5.W が順に3つの層。 -->
#
# ??? question "予想 4 の答え"
#
#     どれでもありません。3つの層の長さはほぼ等しくなります。ある層の重みとバイアスを $c > 0$ 倍し、次の層の重みを $c$ で割っても、ReLU なら[関数は変わらず](../training/regularization.md#questions)、罰則だけが変わります。2つの長さの積は変わりません。積が一定なら、2乗の和は、2つが等しいときに最小です。だから、罰則は長さをそろえます。
#
#     最後の層は、同じ長さを少ない重みで分け合うので、1つ1つは大きくなります。ヒストグラムが最も広いのはこのためです。
#
# 重み減衰があると、初めの2層の重みはほとんどが0の近くに来ますが、ちょうど0にはなりません。$W$ が小さくなると、引き戻す力 $\lambda W$ も弱まるからです。
#
# ## ドロップアウト {#dropout}
#
# [ドロップアウト](../training/regularization.md#dropout)は、中間層のユニットを確率 $p$ で消し、残りを拡大します。ここでは、よく使われる $p = 0.5$ をそのまま使います。`report` の列は、訓練データの正解率、検証データの正解率とその標準偏差（SD）、検証データの損失です。
#
# %% [markdown] lang="en"
# <!-- figure: weight-histograms | Histograms of the weights of the three layers, above without weight decay, below with it. With weight decay those of the first two layers gather in a narrow peak at 0, and those of the last, smaller layer are spread wider. 1.W, 3.W and 5.W are the three layers in order. -->
#
# ??? question "Answer to prediction 4"
#
#     None: the lengths of the three layers are about equal. Multiply the weights and biases of one layer by $c > 0$ and divide the weights of the next by $c$. With ReLU [the function stays the same](../training/regularization.md#questions), and only the penalty changes. The product of the two lengths stays the same as well, and with a fixed product the sum of the squares is smallest where both are equal. So the penalty evens them out.
#
#     As the last layer shares the same length among fewer weights, each of these is larger: its histogram is the widest.
#
# With weight decay, most weights of the first two layers are close to 0, but not exactly 0: the pull $\lambda W$ fades as $W$ gets small.
#
# ## Dropout {#dropout}
#
# [Dropout](../training/regularization.md#dropout) leaves out each hidden unit with probability $p$ and scales up the rest. It is used here with the usual $p = 0.5$. The columns of `report` are the training accuracy, the validation accuracy with its SD, and the validation loss.
#
# %%
def report(*names):
    print("               train  val   SD  loss")
    for name in names:
        a, a_val = (measure(models[name], part) for part in ("train", "validation"))
        E_val = measure(models[name], "validation", column=0)
        print(f"{name:14s}{a.mean():6.1f}{a_val.mean():5.1f}", end="")
        print(f"{a_val.std(ddof=1):5.1f}{E_val.mean():6.2f}")


models["dropout"] = trained(p=0.5)
report("none", "dropout")

# %% [markdown] lang="ja"
# 訓練データの正解率は100 %よりずっと手前で止まり、検証データの正解率は `none` をはっきり上回ります。どちらも、`score` の中の `eval()` により、すべてのユニットを使って測ったものです。
#
# **予想 5.** `eval()` を忘れ、マスクを掛けたまま測ると、検証データの正解率はどうなるでしょうか。同じネットワークに同じ画像を2度見せると、同じ答えが返るでしょうか。
#
# %% [markdown] lang="en"
# Dropout stops well short of 100 % in training, and its validation accuracy is clearly above that of `none`. Both are measured with all units, thanks to the `eval()` in `score`.
#
# **Prediction 5.** What happens to the validation accuracy if `eval()` is forgotten and the masks stay on? Ask the same network twice about the same images: does it give the same answers?
#
# %%
forgotten, changed = [], []
for data, model in models["dropout"]:
    images, given, truth = data["validation"]
    model.train()
    answers = np.array([model(images).argmax(axis=1) for _ in range(20)])  # (passes, images)
    forgotten.append(100 * np.mean(answers == given))
    changed.append(100 * np.mean(answers[0] != answers[1]))
remembered = measure(models["dropout"], "validation")
print("seed  eval()  forgotten  changed")
for seed in seeds:
    print(f"{seed:4d}{remembered[seed]:8.1f}{forgotten[seed]:11.1f}{changed[seed]:7.0f} %")

# %% [markdown] lang="ja"
# ??? question "予想 5 の答え"
#
#     正解率はどの種でも下がり、ドロップアウトで得た分のほとんど、またはすべてを失います。最後の列は、2度の順伝播で答えの変わった画像の割合で、2枚に1枚ほどです。毎回、残ったユニットでできた別のネットワークが答えているからです。警告は出ません。2度予測してみれば見つかります。
#
# ## 早期終了を書く {#stop-early}
#
# [早期終了](../training/regularization.md#early-stopping)は、損失もネットワークも変えません。1エポック学習するごとに検証データの損失を測り、それまでの最小なら、パラメータを写しておきます。`patience` エポックの間、最小が更新されなければ止めて、写しを戻します。`fit` の `epochs` は通算なので、1つ増やして呼ぶと、続きを1エポックだけ学習します。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 5"
#
#     The accuracy drops with every seed, and most or all of what dropout had gained is lost again. The last column is the share of images whose answer changes between two passes, about one in two: each time, another network answers, made of the units that are left. Nothing warns of this mistake. You find it by asking twice.
#
# ## Early stopping, written out {#stop-early}
#
# [Early stopping](../training/regularization.md#early-stopping) changes neither loss nor network. Train an epoch, measure the validation loss, and copy the parameters whenever it is the smallest so far. When `patience` epochs have passed without a new minimum, stop and put the copy back. The `epochs` of `fit` is a total: one more than before trains one more epoch.
#
# %%
def stop_early(data, trainer, patience=10):
    smallest = np.inf
    for epoch in range(1, epochs + 1):
        trainer.fit(*data["train"][:2], epochs=epoch, train_accuracy=False)
        E_val, _ = score(trainer.model, *data["validation"][:2])
        if E_val < smallest:
            smallest, best = E_val, epoch
            kept = {name: w.copy() for name, w in trainer.model.params.items()}
        elif epoch - best == patience:
            break
    trainer.model.params.update(kept)
    return best, epoch


models["early stopping"], stops = [], []
print("seed  kept  stopped (epoch)")
for seed in seeds:
    data, trainer = prepare(seed)
    stops.append(stop_early(data, trainer))
    models["early stopping"].append((data, trainer.model))
    print(f"{seed:4d}{stops[-1][0]:6d}{stops[-1][1]:9d}")
report("none", "early stopping")

plt.figure()
learning_curves({"train": noisy[0, :, 0, 0], "validation": noisy[0, :, 1, 0]}, ylim=(0, 4))
for epoch, text, color in zip(stops[0], ("kept", "stopped"), ("C2", "C3")):
    plt.axvline(epoch, color=color, linestyle="--")
    plt.text(epoch + 0.5, 3.6, text, color=color)
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: early-stopping | 種0の損失。訓練の損失は下がり続ける。最初の破線は検証の損失が最小のエポックで、そのパラメータを採用する。次の破線は、その10エポック後に学習を止めた所。その右でも検証の損失は上がり続ける。 -->
#
# 止めた後の曲線は、`none` の学習のものです。検証データの損失は上下に揺れるので、1度悪くなっただけでは、まだ転換点とは言えません。だから10エポック待ちます。採用するのは、最初の破線のパラメータです。次の破線のパラメータをそのまま使うのは、よくある間違いです。
#
# ## 画像を変える {#changed-images}
#
# データを増やせないときは、[変形した画像](../vision/data-augmentation.md#transformations)で代えられます。ここでは、バッチごとに画像を最大1画素ずらす `shift` と、標準偏差0.5の雑音を画素に足す `noise` を試します。0.5は、白から黒までの幅の半分です。ラベルは変わらず、誤ったものも誤ったままです。
#
# **予想 6.** どちらも効くでしょうか。よく効くのはどちらでしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: early-stopping | Losses of seed 0. The training loss falls all the way. The first dashed line marks the epoch with the smallest validation loss, whose parameters are kept, the second the end of training ten epochs later. To the right of it the validation loss goes on rising. -->
#
# After the stop, the curves are those of `none`. A validation loss bumps up and down, and one worse epoch is not yet the turn; hence the patience of ten epochs. The parameters kept are those of the first dashed line. Going on with those of the second is a common mistake.
#
# ## Changed images {#changed-images}
#
# Where there are no more data to be had, [changed images](../vision/data-augmentation.md#transformations) can stand in. For each batch, `shift` moves the images by up to one pixel, and `noise` adds noise of SD 0.5 to the pixels, half of the range from white to black. The labels stay as they are, and the wrong ones stay wrong.
#
# **Prediction 6.** Do both help? Which helps more?
#
# %%
from dlnotes.augmentation import noise, shift

models["shift"] = trained(augment=lambda x, rng: shift(x, 1, rng=rng))
models["noise"] = trained(augment=lambda x, rng: noise(x, 0.5, rng=rng))
report("none", "shift", "noise")

# %% [markdown] lang="ja"
# ??? question "予想 6 の答え"
#
#     どちらも効き、雑音のほうがよく効きます。同じ形では2度と現れない画像は、丸暗記しにくいからです。この大きさの雑音は目には強すぎるように見えますが、[線形のモデルでは、雑音は重み減衰と同じもの](../vision/data-augmentation.md#noise-as-weight-decay)です。
#
# ## 2つを同時に使う {#combinations}
#
# **予想 7.** $\lambda = 0.01$ の重み減衰だけでは、訓練データの正解率が73 %を超え、誤ったラベルがいくらか覚えられています。ドロップアウトだけなら73 %の近くです。両方を使うと、訓練データと検証データの正解率はどうなるでしょうか。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 6"
#
#     Both help, noise more. An image that never comes twice in the same form is hard to learn by heart. Noise of this size looks excessive to the eye, but [for a linear model noise is weight decay](../vision/data-augmentation.md#noise-as-weight-decay).
#
# ## Two at once {#combinations}
#
# **Prediction 7.** With weight decay of $\lambda = 0.01$ alone, the training accuracy is above 73 %: some of the wrong labels have still been learned. With dropout alone, it is close to 73 %. What will both together do to the accuracies in training and validation?
#
# %%
models["decay 0.01"] = by_decay[1]
models["decay, dropout"] = trained(decay=0.01, p=0.5)
report("decay 0.01", "dropout", "decay, dropout")

# %% [markdown] lang="ja"
# ??? question "予想 7 の答え"
#
#     訓練データの正解率は、どちらか1つの場合より下がり、73 %に届きません。検証データの正解率は、弱い重み減衰だけの場合をはっきり上回りますが、ドロップアウトだけの場合との差は、種によるばらつきの程度です。
#
# ## テストデータは1度だけ {#test}
#
# 残りは、正しいラベルでの重み減衰（$\lambda = 0.01$）とドロップアウトの学習だけです。続けて、この1つのセルで全ネットワークをテストデータで評価します。表は左から、訓練、検証、テストの正解率の平均と、テストの標準偏差です。
#
# ただし、雑音の大きさと、ドロップアウトに添えた $\lambda$ は、この実習を書くときの試行で決めました。そこではテストの正解率も見えていたので、`noise` と `decay, dropout` の2行のテストの値は、少し甘いと考えてください。
#
# **予想 8.** 訓練データの正解率がテストデータを下回るのは、どの行ですか。正しいラベルで、重み減衰とドロップアウトは何ポイント得をするでしょうか。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 7"
#
#     The training accuracy drops below that of either and stays short of 73 %. The validation accuracy is clearly above that of the weak decay alone. Against dropout alone, the difference is of the size of the spread over seeds.
#
# ## The test data, once {#test}
#
# Two rows with right labels are still to be trained, weight decay ($\lambda = 0.01$) and dropout. Then this one cell evaluates all networks on the test data. The columns are the mean accuracies in training, validation and test, and the SD in the test.
#
# One thing has to be admitted: the size of the noise and the $\lambda$ beside dropout were picked while this lab was written, in trials that showed test accuracies too. So take the test accuracies of `noise` and `decay, dropout` as a little too good.
#
# **Prediction 8.** In which rows will the training accuracy be below the test accuracy? And what will weight decay and dropout have gained on right labels?
#
# %%
models["clean, decay"] = trained(redrawn=0.0, decay=0.01)
models["clean, dropout"] = trained(redrawn=0.0, p=0.5)

order = ["clean", "clean, decay", "clean, dropout", "none", "weight decay", "dropout"]
order += ["early stopping", "shift", "noise", "decay, dropout", "random labels"]
columns = ("train", "validation", "test")
results = {name: np.array([measure(models[name], part) for part in columns]) for name in order}
print("               train  val test   SD")
for name, rows in results.items():  # (part, seed)
    train, validation, test = rows.mean(axis=1)
    print(f"{name:14s}{train:6.1f}{validation:5.1f}{test:5.1f}{rows[2].std(ddof=1):5.1f}")

plt.figure(figsize=(6.4, 5.4))
for i, (train, validation, test) in enumerate(results.values()):
    plt.plot(train, np.full(5, i - 0.15), "o", color="C0", alpha=0.85)
    plt.plot(test, np.full(5, i + 0.15), "^", color="C1", alpha=0.85)
plt.yticks(range(len(order)), order)
plt.gca().invert_yaxis()
plt.xlim(0, 104)
plt.xlabel("accuracy (%)")
plt.legend(["train", "test"], loc="center left")
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: all-methods | 全部の行の、訓練（丸）とテスト（三角）の正解率。印は種ごと。正則化がなければ訓練は100 %近くで、テストはずっと下にある。引き直したラベルでは、どの方法でも、平均してテストが訓練より上に来る。でたらめなラベルでは、テストは10 %付近にある。 -->
#
# ??? question "予想 8 の答え"
#
#     ラベルの30 %を引き直し、何かの方法を使った行のすべてです。訓練データの正解率は、27<!-- = 30*0.9 --> %が誤ったラベルと比べたもので、テストは正しいラベルと比べたものです。だから、誤りを丸暗記しなかったネットワークは、テストのほうが高くなります。ギャップだけを見ても、何もわかりません。正しいラベルでは、重み減衰にもドロップアウトにも、はっきりした得はありません。差は2ポイントに満たず、500枚のテストでは偶然と区別できません。
#
# 表の読み方をまとめます。
#
# - 重み減衰、ドロップアウト、早期終了は、誤ったラベルで失った分の約半分か、それ以上を取り戻します。それぞれの最も悪い種でも、`none` の最もよい種を上回ります。ただし、正しいラベルの行には届きません。
# - この3つの間の差は、ばらつきと同じ程度です。表からは勝者を決められません。手間が最も少ないのは早期終了で、学習したエポックは平均で半分に届きません。
# - 雑音の平均は3つより上で、検証データでも劣っていませんでした。ただし、差はばらつきを超えず、上に書いたとおり、テストの値は割り引いて見てください。
# - 引き直したラベルの行では、テストの正解率を[分割の式](#split)の $a$ に入れると、$r = 0.3$ で、検証データの正解率と数ポイント以内で合います。検証データの誤ったラベルは、選択を狂わせませんでした。
# - ここでテストの列を見て最も高い行を選べば、結局はテストデータで選んだことになります。
#
# 以上は、200枚の手書き数字、40エポック、無作為に引き直したラベルについての結果です。誤ったラベルの画像に、ネットワークが学習の途中でどう答えるかは、[章の実験3](../training/regularization.md#experiment-early-stopping)にあります。
#
# ## 試すこと {#try}
#
# 先に予想してから、書き換えたセルと、その後のセルをすべて実行してください。
#
# ??? question "1. ネットワークのセルで `epochs` を160にします。どの方法の得が長続きしますか。"
#
#     前と同じ所で止まる早期終了と、罰則に終わりのない重み減衰です。雑音は得のいくらかを、ドロップアウトは半分近くを、平行移動は大部分を失い、訓練データの正解率が上がります。丸暗記を遅らせただけで、防いではいなかったのです。1枚の画像をずらした形は9通りしかなく、時間をかければそれも覚えられます。重み減衰を加えたドロップアウトは、得を保ちます。エポック数を1つに決めた比較では、この違いは見えません。
#
# ??? question "2. 同じセルで `redrawn` を0.6にします。取り戻せるものは残っていますか。"
#
#     前より多く残っています。ラベルの半分以上が誤りになり、`none` がテスト画像を当てる割合は半分を切ります。どの方法も平均ではいくらか取り戻しますが、種によるばらつきが大きくなります。正しいラベルは46<!-- = 100-60*0.9 --> %あり、誤ったラベルは1つの数字あたり6<!-- = 60*0.9/9 --> %しかないからです。
#
# ??? question "3. 最初のセルで、検証データを200枚でなく20枚にします。3か所の `[:200]` を `[:20]` に替えてください。検証データが少ないと、何を失いますか。"
#
#     1枚が5ポイントに当たり、`report` の標準偏差は、多くの行で約2倍かそれ以上になります。検証の列では、もう方法を見分けられません。ドロップアウトも平行移動も `none` と変わらないように見えますが、テストではどちらも10ポイント近く、またはそれ以上勝っています。種によっては選ぶ $\lambda$ やエポックが変わります。重み減衰と早期終了のテストの正解率は少し下がりますが、ここでは1ポイントほどで済みました。ほかの行は何も選んでいないので、ネットワークは同じです。
#
# %% [markdown] lang="en"
# <!-- figure: all-methods | Accuracies in training (circles) and test (triangles) of all rows, a mark for each seed. Without regularization training is near 100 % and test far below. With redrawn labels, test lies above training for each method on average. With random labels test is near 10 %. -->
#
# ??? question "Answer to prediction 8"
#
#     In all rows with 30 % redrawn labels and some method. Training is measured against labels of which 27<!-- = 30*0.9 --> % are wrong, test against right ones, so a network that has not learned the wrong ones by heart scores higher on the test. A gap as such shows nothing. On right labels neither weight decay nor dropout has clearly gained anything: the differences are below 2 points, which on 500 test images cannot be told from chance.
#
# How the table is to be read:
#
# - Weight decay, dropout and early stopping win back about half or more of what the wrong labels cost, and the worst seed of each is better than the best one of `none`. None of them comes up to the row of right labels.
# - Among these three, the differences are of the size of the spread, and the table names no winner. Early stopping is the cheapest: on average it trained for less than half of the epochs.
# - Noise is ahead of the three in the mean, and was not behind them on validation data. But it is ahead by no more than the spread, and mind what was admitted above.
# - In the rows with redrawn labels, put the test accuracy in place of $a$ in the formula of [the split](#split), with $r = 0.3$: the validation accuracy comes out within a few points. The wrong labels of the validation data have not spoiled the choice.
# - Whoever now picks the highest row by the test column chooses on test data after all.
#
# All of this holds for 200 digits, 40 epochs and labels redrawn at random. [Experiment 3 of the chapter](../training/regularization.md#experiment-early-stopping) shows which answers a network gives to wrongly labelled images along the way.
#
# ## Things to try {#try}
#
# Change the cell, run it and all cells after it, and predict first what will come out.
#
# ??? question "1. In the cell of the network, set `epochs` to 160. Which gains last?"
#
#     Those of early stopping, which stops where it did before, and of weight decay, whose penalty has no end. Noise loses some of its gain, dropout nearly half, and shift most of it, while their training accuracies climb: they have slowed down learning by heart, not prevented it. An image has only nine shifted forms, which can be learned by heart, too, in time. With weight decay added, dropout keeps its gain. A comparison at one fixed number of epochs hides all this.
#
# ??? question "2. In the same cell, set `redrawn` to 0.6. Is there anything left to win back?"
#
#     More than before. More than half of the labels are wrong, and `none` falls below half of the test images. On average each method wins back some of it, though with a larger spread over seeds. It can, because right labels still outnumber each single wrong digit by far: 46<!-- = 100-60*0.9 --> % against 6<!-- = 60*0.9/9 --> %.
#
# ??? question "3. In the first cell, take 20 images for validation in place of 200: change `[:200]` to `[:20]` in three places. What does the small validation set cost?"
#
#     Each image is worth five points, and in many rows of `report` the SD about doubles or worse. The validation column can no longer tell methods apart: dropout and shift look no better than `none`, while on the test both are nearly ten points ahead or more. Some seeds choose another $\lambda$ or epoch. That costs weight decay and early stopping a little of their test accuracy, here only a point or so. The other rows chose nothing, so their networks are the same as before.
