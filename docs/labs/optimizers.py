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
# description: 手書き数字で学習のループを書き、SGD、モメンタム、AdaGrad、Adam をそれぞれに合った学習率で5つの種にわたって比べる実習
# ---
#
# # 手書き数字：学習のループと4つの最適化手法 {#digits-optimizers}
#
# 手書き数字を見分けるネットワークの学習のループを自分の手で書き、SGD、モメンタム、AdaGrad、Adam を、それぞれに合った学習率で走らせます。終わりには、5つの種にわたる学習曲線と正解率の表、そして4つの手法がそろって間違える画像が手元に残ります。先に[誤差逆伝播法](../training/backpropagation.md)、[勾配降下法](../training/gradient-descent.md)、[最適化手法](../training/optimizers.md)の章を読んでください。同じデータでの短い比較は[最適化手法の実験5](../training/optimizers.md#experiment-digits)にあります。ここではその先の、学習の道筋と、残った間違いを調べます。
#
# セルを実行する前に、太字の「予想」に答えてみてください。答えは結果の後に折りたたんであります。
#
# ## 画像を見る {#data}
#
# まず、何を見分けるのかを自分の目で確かめます。データは8×8画素の画像1,797枚です。同じ人の字が続けて並んでいるので、テストデータの500枚は無作為に選びます。
#
# %% [markdown] lang="en"
# ---
# description: A lab that writes a training loop for handwritten digits, then compares SGD, momentum, AdaGrad and Adam, each at a rate of its own and over five seeds
# ---
#
# # The digits: a training loop and four optimizers {#digits-optimizers}
#
# In this lab you write the training loop of a network that reads handwritten digits, and then run SGD, momentum, AdaGrad and Adam, each at a learning rate that suits it. At the end you will have learning curves over five seeds, a table of accuracies, and the images that all four methods get wrong. Read the chapters on [backpropagation](../training/backpropagation.md), [gradient descent](../training/gradient-descent.md) and [optimizers](../training/optimizers.md) first. A short comparison on the same data is in [experiment 5 on optimizers](../training/optimizers.md#experiment-digits). This lab goes on to how training gets to its end, and to the mistakes that remain.
#
# Before you run a cell, answer the "prediction" in bold for yourself. The answer is folded, after the result.
#
# ## Look at the images {#data}
#
# First see for yourself what the network has to tell apart. The data are 1,797 images of 8×8 pixels. Neighbours are often from the same hand, so the 500 test images are picked at random.
#
# %%
import matplotlib.pyplot as plt
import numpy as np

from dlnotes.datasets import digits, train_test_split
from dlnotes.plotting import samples

x, d = digits()
rng = np.random.default_rng(0)
x_train, d_train, x_test, d_test = train_test_split(x, d, test_size=500, rng=rng)
print("all", x.shape, "train", x_train.shape, "test", x_test.shape)
print("pixels from", x.min(), "to", x.max(), "  labels", np.unique(d))
print("of each class in train:", np.bincount(d_train))

plt.figure(figsize=(6.4, 3.2))
samples(x_train[:24], labels=d_train[:24], columns=8)
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: digit-samples | 訓練データの24枚。8×8画素の粗い画像の下に、正解のラベルがある。太さも傾きもまちまちで、つぶれた 9 や 4 は人にも読みにくい。 -->
#
# 形 `(1797, 1, 8, 8)` は、枚数、チャンネル、縦、横です。画素は0から1までで、クラスの枚数はほぼそろっています。人が見ても迷う画像もあります。実習の終わりに、その仲間とまた出会います。
#
# ## 学習の前に {#before-training}
#
# ネットワークは、64画素の入力、ReLU の中間層32ユニット、10クラスの出力からなります。`start(seed)` は、乱数生成器 `rng`、訓練画像780枚とテスト画像500枚の番号、ネットワークを返します。同じ生成器を学習の順序にも使うので、種を変えると、分割、初期値、順序が同時に変わります。損失は[交差エントロピー](../basics/loss-functions.md#cross-entropy)で、バッチ $t$ の $N_t$ 枚について平均します。
#
# $$
# E_t = -\frac{1}{N_t} \sum_{n} \ln y_{n d_n}
# $$
# <!-- formula: batch-loss -->
#
# **予想 1.** まだ何も学習していないネットワークの損失は、いくつくらいでしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: digit-samples | 24 images of the training data. Below each coarse image of 8×8 pixels stands its label. Strokes differ in width and slant, and some blotted 9s and 4s are hard to read for humans, too. -->
#
# The shape `(1797, 1, 8, 8)` is the number of images, channels, height and width. Pixels go from 0 to 1, and the classes are of about the same size. Some of these images would make a human hesitate. You will meet their like again at the end.
#
# ## Before training {#before-training}
#
# The network has an input of 64 pixels, a hidden layer of 32 ReLU units and an output of 10 classes. `start(seed)` returns a random generator `rng`, the numbers of 780 training and 500 test images, and the network. The same generator also shuffles the images during training, so another seed changes the split, the initial values and the order at once. The loss is the [cross-entropy](../basics/loss-functions.md#cross-entropy), averaged over the $N_t$ images of batch $t$.
#
# $$
# E_t = -\frac{1}{N_t} \sum_{n} \ln y_{n d_n}
# $$
# <!-- formula: batch-loss -->
#
# **Prediction 1.** About how large is the loss of a network that has not learned anything yet?
#
# %%
from dlnotes.initializers import he
from dlnotes.layers import Linear, ReLU, Sequential, SoftmaxWithLoss
from dlnotes.training import accuracy

x = x.reshape(-1, 64)  # (1797, 64)


def network(rng):
    hidden, output = Linear(64, 32, rng=rng, init=he), Linear(32, 10, rng=rng, init=he)
    return Sequential(hidden, ReLU(), output)


def start(seed):
    rng = np.random.default_rng(seed)
    train, _, test, _ = train_test_split(np.arange(len(x)), d, test_size=500, rng=rng)
    return rng, train[:780], test, network(rng)


first_losses = []
for seed in range(5):
    _, train, test, model = start(seed)
    E = SoftmaxWithLoss().forward(model.forward(x[train]), d[train])
    first_losses.append(float(E))
    share = 100 * accuracy(model, x[test], d[test])
    print(f"seed {seed}  loss before training {E:.2f}  test accuracy {share:.0f} %")
print({name: w.shape for name, w in model.params.items()})
print("parameters:", sum(w.size for w in model.params.values()))
print(f"ln 10 = {np.log(10):.2f}")

# %% [markdown] lang="ja"
# ??? question "予想 1 の答え"
#
#     10クラスに同じ確率0.1を割り当てれば、 $-\ln 0.1 = \ln 10 \approx 2.30$ です。出力の損失は、どれもそれより少し大きくなりました。無作為な初期値のせいで確率が0.1からずれ、そのずれが正解と関係ないからです。正解率も、当て推量の10 %のまわりに散らばっています。
#
# 最初の損失が $\ln 10$ から遠ければ、[重みか入力の大きさを疑います](../training/weight-initialization.md#pitfall-input)。もう1つ、学習の前に確かめたいのが勾配です。画像8枚で、入力、全パラメータ、損失の勾配を中心差分と比べます（[勾配確認](../training/backpropagation.md#experiment-check)）。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 1"
#
#     If each of the 10 classes gets the same probability 0.1, it is $-\ln 0.1 = \ln 10 \approx 2.30$. The printed losses are all a little higher: the random initial values move the probabilities away from 0.1, with no regard to the right answer. The accuracy, too, scatters around the 10 % of guessing.
#
# If the first loss is far from $\ln 10$, [suspect the scale of the weights or of the input](../training/weight-initialization.md#pitfall-input). The other thing to check before training is the gradients. With 8 images, the next cell compares those of the input, of all parameters and of the loss with central differences ([gradient check](../training/backpropagation.md#experiment-check)).
#
# %%
from dlnotes.gradients import check_gradient, check_layer

_, train, _, model = start(0)
x_8, d_8 = x[train[:8]], d[train[:8]]
loss = SoftmaxWithLoss()


def loss_gradient(u):
    loss.forward(u, d_8)
    return loss.backward()


errors = check_layer(model, x_8, rng=np.random.default_rng(1)).errors
u = model.forward(x_8)  # (8, 10)
report = check_gradient(lambda u: loss.forward(u, d_8), loss_gradient, u)
errors["loss"] = report.errors["x"]
for name, error in errors.items():
    print(f"{name:5s} relative error {error:.6f}")

# %% [markdown] lang="ja"
# 相対誤差はどれも $10^{-6}$ より小さく、中心差分そのものの誤差の程度です。この先で学習がうまくいかなくても、誤差逆伝播法のせいではありません。
#
# ## 学習のループを書く {#loop}
#
# 学習では、順伝播、損失、逆伝播、更新の4行を繰り返します。訓練画像780<!-- of: #before-training -->枚を50枚ずつに分けるので、1エポックの更新は16回です。最後のバッチは小さいので、エポックの損失 $E$ は枚数の重みを付けた平均にします。
#
# $$
# w \leftarrow w - \eta \, \frac{\partial E_t}{\partial w}, \qquad E = \sum_{t} \frac{N_t}{N} \, E_t
# $$
# <!-- formula: epoch-loss -->
#
# %% [markdown] lang="en"
# All relative errors are below $10^{-6}$, which is about as close as central differences get. If training goes wrong from here on, backpropagation is not to blame.
#
# ## Write the training loop {#loop}
#
# Training repeats four lines: forward, loss, backward, update. The 780<!-- of: #before-training --> training images in batches of 50 make 16 updates an epoch. As the last batch is smaller, the loss $E$ of an epoch is a mean weighted by the number of images.
#
# $$
# w \leftarrow w - \eta \, \frac{\partial E_t}{\partial w}, \qquad E = \sum_{t} \frac{N_t}{N} \, E_t
# $$
# <!-- formula: epoch-loss -->
#
# %%
from dlnotes.optimizers import SGD
from dlnotes.training import minibatches

rng, train, test, model = start(0)
loss, optimizer = SoftmaxWithLoss(), SGD(0.3)
losses, test_shares = [], []
for epoch in range(1, 16):
    E = 0.0
    for x_t, d_t in minibatches(x[train], d[train], 50, rng=rng):
        u = model.forward(x_t)  # (50, 10)
        E_t = loss.forward(u, d_t)
        model.backward(loss.backward())
        optimizer.step(model.params, model.grads)
        E += E_t * len(x_t) / len(train)
    losses.append(E)
    test_shares.append(accuracy(model, x[test], d[test]))
    if epoch in (1, 2, 3, 5, 10, 15):
        print(f"epoch {epoch:2d}  loss {E:.3f}  test accuracy {test_shares[-1]:.3f}")

# %% [markdown] lang="ja"
# 損失が下がり、正解率が上がりました。この損失は更新の途中で測った値の平均なので、エポックの終わりの損失よりやや高めに出ます。
#
# ## 同じことを Trainer で {#trainer}
#
# ライブラリの `Trainer` は、このループに進み具合の表示と途中からの再開を加えたものです。同じ種から始めて、同じ数になるかを確かめます。
#
# %% [markdown] lang="en"
# The loss went down and the accuracy up. This loss is a mean of values measured while the weights move, so it comes out somewhat higher than the loss at the end of the epoch.
#
# ## The same with the Trainer {#trainer}
#
# The library's `Trainer` is this loop with a progress bar, and it can be resumed. Does it give the same numbers from the same seed?
#
# %%
from dlnotes.plotting import learning_curves
from dlnotes.training import Trainer

rng, train, test, model = start(0)
trainer = Trainer(model, SoftmaxWithLoss(), SGD(0.3), batch_size=50, rng=rng)
history = trainer.fit(x[train], d[train], epochs=15, test=(x[test], d[test]))
loss_gap = np.max(np.abs(history.loss - losses))
share_gap = np.max(np.abs(history.test_accuracy - test_shares))
print(f"difference to the loop: loss {loss_gap:.6f}, test accuracy {share_gap:.6f}")

fig, axes = plt.subplots(2, 1, figsize=(6.4, 5.6), sharex=True)
learning_curves({"train": history.loss}, ylim=(0, 1.8), xlabel="", ax=axes[0])
shares = {"train": 100 * history.train_accuracy, "test": 100 * history.test_accuracy}
learning_curves(shares, ylabel="accuracy (%)", ylim=(70, 100), ax=axes[1])
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: first-run | 上は訓練の損失、下は訓練とテストの正解率。損失は初めに急に下がり、その後はゆっくり下がる。正解率は上下に揺れながら上がり、テストが訓練をやや下回る。 -->
#
# 丸め誤差を除けば、手で書いたループと同じです。`Trainer` がしているのは、まさにこのループです。
#
# ## 合わない学習率 {#rates}
#
# 学習率を0.003、0.3、3.0の3通りにして、更新のたびにバッチの損失を記録します。8エポック、種は0から4です。
#
# **予想 2.** 0.003と3.0の損失は、8エポックの終わりにどうなっているでしょうか。3.0では、損失が無限大へ発散するでしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: first-run | Above the training loss, below the accuracy in training and test. The loss falls steeply at first and slowly later. The accuracy rises with ups and downs, the test a little below training. -->
#
# Apart from rounding there is no difference: the `Trainer` runs the loop that you wrote by hand.
#
# ## Wrong learning rates {#rates}
#
# Now set the learning rate to 0.003, 0.3 and 3.0, and record the loss of the batch at every update, for 8 epochs and the seeds 0 to 4.
#
# **Prediction 2.** Where will the losses of 0.003 and 3.0 be at the end of 8 epochs? At 3.0, does the loss diverge to infinity?
#
# %%
rates_tried = (0.003, 0.3, 3.0)
batch_losses, dead, shares_tried = {}, {}, {}
for eta in rates_tried:
    for seed in range(5):
        rng, train, test, model = start(seed)
        loss, optimizer = SoftmaxWithLoss(), SGD(eta)
        batch_losses[eta, seed], dead[eta, seed] = [], []
        for epoch in range(8):
            for x_t, d_t in minibatches(x[train], d[train], 50, rng=rng):
                E_t = loss.forward(model.forward(x_t), d_t)
                model.backward(loss.backward())
                optimizer.step(model.params, model.grads)
                batch_losses[eta, seed].append(float(E_t))
            u = model.layers[0].forward(x[train])  # (780, 32)
            dead[eta, seed].append(100 * np.mean((u <= 0).all(axis=0)))
        shares_tried[eta, seed] = 100 * accuracy(model, x[test], d[test])

plt.figure()
for i, eta in enumerate(rates_tried):
    t = np.arange(1, 8 * 16 + 1)
    plt.plot(t, batch_losses[eta, 0], f"C{i}", linewidth=1.5, label=rf"$\eta$ = {eta}")
plt.axhline(np.log(10), color="C3", linestyle=":", zorder=3, label="ln 10")
plt.ylim(0, 5)
plt.xlabel("update $t$")
plt.ylabel("loss of the batch $E_t$")
plt.legend(ncols=2)
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: three-rates | 更新の回数に対するバッチの損失（種 0）。学習率 0.3 の線は 0.3 より下まで下がる。0.003 の線は点線 ln 10 のそばをほぼ水平に進む。3.0 の線は何度か鋭く跳ね上がりながら、同じ点線の上にとどまる。 -->
#
# 0.003と3.0は同じような高さで終わり、損失だけでは区別が付きません。そこで、どの訓練画像に対しても出力が0になる中間層のユニット、つまり[死んだReLU](../basics/activation-functions.md#dead-units) の割合を、1エポックの後と8エポックの後で見ます。
#
# %% [markdown] lang="en"
# <!-- figure: three-rates | The loss of the batch against the number of updates (seed 0). The line of rate 0.3 falls below 0.3. That of 0.003 runs nearly level, close to the dotted line ln 10. That of 3.0 shoots up several times but stays on the same dotted line otherwise. -->
#
# The lines of 0.003 and 3.0 end at about the same height; the loss alone does not tell them apart. So look at the share of [dead ReLU](../basics/activation-functions.md#dead-units) units, those in the hidden layer whose output is 0 for every training image, after 1 epoch and after 8.
#
# %%
def spread(values, digits=1):
    return f"{np.mean(values):5.{digits}f} +- {np.std(values, ddof=1):.{digits}f}"


print("          loss in         test           dead units (%) after")
print(" rate     epoch 8     accuracy (%)      1 epoch        8 epochs")
for eta in rates_tried:
    last = [np.mean(batch_losses[eta, seed][-16:]) for seed in range(5)]
    share = [shares_tried[eta, seed] for seed in range(5)]
    dead_1 = [dead[eta, seed][0] for seed in range(5)]
    dead_8 = [dead[eta, seed][-1] for seed in range(5)]
    columns = [spread(last, 2), spread(share), spread(dead_1), spread(dead_8)]
    print(f"{eta:5}  " + "    ".join(columns))

# %% [markdown] lang="ja"
# ??? question "予想 2 の答え"
#
#     どちらも $\ln 10$ の近くですが、理由は逆です。0.003では重みがほとんど動いておらず、ユニットは生きています。更新を続ければ、ゆっくり学習します。3.0では、最初の1エポックのうちに中間層のほとんどが死にました。死んだユニットには勾配が届かないので、何回更新しても戻りません。動けるのは出力層のバイアスくらいで、どの画像にもほぼ同じ確率を答えます。だから発散もしません。
#
# 損失が $\ln 10$ に張り付いたら、死んだユニットの割合を見てください。学習率が小さすぎるのか、大きすぎるのかがわかります。
#
# ## 手法ごとの学習率 {#sweep}
#
# ここからは4つの手法を比べます。何度も走らせるので、1回の学習を関数にまとめます。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 2"
#
#     Both are near $\ln 10$, but for opposite reasons. At 0.003 the weights have hardly moved, and the units are alive; with more updates the network would learn, slowly. At 3.0 nearly the whole hidden layer died within the first epoch. No gradient gets through a dead unit, so no number of updates brings it back. Little more than the biases of the output layer can still move, and every image gets nearly the same probabilities. That is why the loss does not diverge.
#
# When a loss sticks to $\ln 10$, look at the share of dead units: it tells a learning rate that is too small from one that is too large.
#
# ## A learning rate for each method {#sweep}
#
# Now to the comparison of four methods. It takes many trainings, so one training becomes a function.
#
# %%
from dlnotes.optimizers import AdaGrad, Adam, Momentum

kinds = {"SGD": SGD, "Momentum": Momentum, "AdaGrad": AdaGrad, "Adam": Adam}


def train_one(optimizer, seed, epochs):
    rng, train, test, model = start(seed)
    loss, test_data = SoftmaxWithLoss(), (x[test], d[test])
    trainer = Trainer(model, loss, optimizer, batch_size=50, rng=rng, progress=False)
    trainer.fit(x[train], d[train], epochs=epochs, test=test_data, train_accuracy=False)
    return trainer.history, model, train, test


# %% [markdown] lang="ja"
# 公平に比べるには、学習率を手法ごとに選ばなければなりません。どの手法にも同じ6通りを試し、6エポック目の訓練の損失を種5、6、7で平均します。比較に使う種0から4もテストデータも、選ぶのには使いません。
#
# **予想 3.** 全部の手法に同じ学習率を使うとします。0.01、0.1、1.0のそれぞれで、損失が最も低いのはどの手法でしょうか。
#
# %% [markdown] lang="en"
# For a fair comparison, the learning rate must be chosen for each method. Each gets the same six to try. What counts is the training loss in epoch 6, averaged over the seeds 5, 6 and 7. Neither the seeds 0 to 4 of the comparison nor the test data have a say in the choice.
#
# **Prediction 3.** Suppose all methods share one learning rate. Which has the lowest loss at 0.01, which at 0.1, which at 1.0?
#
# %%
from tqdm import tqdm

rates = np.array([0.01, 0.03, 0.1, 0.3, 1.0, 3.0])
sweep = np.zeros((4, 6))
for i, kind in enumerate(tqdm(kinds.values(), desc="optimizers", leave=False)):
    for j, eta in enumerate(rates):
        E = [train_one(kind(eta), seed, 6)[0].loss[-1] for seed in (5, 6, 7)]
        sweep[i, j] = np.mean(E)

names = list(kinds)
winners = [names[i] for i in sweep.argmin(axis=0)]
for eta, winner in zip(rates, winners, strict=True):
    print(f"all at {eta:<4g}  lowest loss: {winner}")
best = dict(zip(names, rates[sweep.argmin(axis=1)], strict=True))
print("best for each:", ", ".join(f"{name} {eta:g}" for name, eta in best.items()))

# %% [markdown] lang="ja"
# 勝者は学習率によって入れ替わります。損失を表にして眺めます。
#
# %% [markdown] lang="en"
# The winner changes with the learning rate. A table of the losses shows the whole.
#
# %%
fig, ax = plt.subplots(figsize=(6.4, 3.2))
ax.pcolormesh(np.log10(sweep), cmap="viridis", edgecolors="none")
for i, j in np.ndindex(sweep.shape):
    ink = "white" if sweep[i, j] < 0.35 else "black"
    ax.text(j + 0.5, i + 0.5, f"{sweep[i, j]:.2f}", ha="center", va="center", color=ink)
for i, j in enumerate(sweep.argmin(axis=1)):
    corner = (j + 0.06, i + 0.08)
    frame = plt.Rectangle(corner, 0.88, 0.84, fill=False, edgecolor="white", linewidth=3)
    ax.add_patch(frame)
ax.set_xticks(np.arange(6) + 0.5, [f"{eta:g}" for eta in rates])
ax.set_yticks(np.arange(4) + 0.5, names)
ax.tick_params(length=0)
ax.invert_yaxis()
ax.set_xlabel(r"learning rate $\eta$")
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: sweep-table | 手法（行）と学習率（列）ごとの、6エポック目の訓練の損失。色が暗いほど低い。白い枠は各行の最小で、SGD は右寄り、Adam は左寄りにある。枠の中の値はどの行でも小さい。 -->
#
# ??? question "予想 3 の答え"
#
#     0.01では Adam、0.1ではモメンタム、1.0では SGD です。3.0の列では、ほかの3つが当て推量の $\ln 10$ のあたりにいる中、歩幅が縮んでいく AdaGrad だけがいくらか下がりました。4つの手法のどれもが、どこかで勝っています。同じ $\eta$ でも、[1歩の長さ](../training/optimizers.md#step-table)は手法ごとに違うからです。学習率をそろえた比較は公平に見えますが、その学習率に合った手法を選んでいるだけです。
#
# 白い枠の学習率を、これから使います。どれも表の端ではないので、範囲の外にもっとよい値がある心配は小さくなります。ただし刻みはおよそ3倍と粗く、その影響は最後の「試すこと」で確かめます。
#
# ## 5つの種で比べる {#five-seeds}
#
# 種0から4で、24エポックずつ学習します。種が同じなら、分割も初期値も順序も4つの手法で同じです。
#
# **予想 4.** 損失が最も速く下がるのはどの手法で、最も遅いのはどれでしょうか。24エポック後のテスト正解率は、何ポイント開くでしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: sweep-table | Training loss in epoch 6 for each method (rows) and learning rate (columns). The darker, the lower. White frames mark the lowest of each row: towards the right for SGD, towards the left for Adam. All framed values are small. -->
#
# ??? question "Answer to prediction 3"
#
#     Adam at 0.01, momentum at 0.1, SGD at 1.0. In the column of 3.0 the other three are around the $\ln 10$ of guessing, and only AdaGrad, whose steps shrink, has come down a little. So each of the four wins somewhere, because the same $\eta$ means a [step of another length](../training/optimizers.md#step-table) in each method. A comparison at a common rate looks fair, but it only picks the method that this rate happens to suit.
#
# The framed rates are the ones to use from now on. None is at the edge of the table, so there is less reason to fear that a better one lies outside. But the grid is coarse, with a factor of about 3 between neighbours; "Things to try" shows what depends on that.
#
# ## Compare over five seeds {#five-seeds}
#
# Each method now trains for 24 epochs with the seeds 0 to 4. For one seed, all four have the same split, initial values and order.
#
# **Prediction 4.** Whose loss falls fastest, and whose slowest? By how many points do the test accuracies differ after 24 epochs?
#
# %%
epochs = 24
curves = {name: np.zeros((5, epochs)) for name in kinds}
tests = {name: np.zeros((5, epochs)) for name in kinds}
train_right = {name: np.zeros(5) for name in kinds}
answers = {name: np.zeros((5, 500), dtype=int) for name in kinds}
for seed in tqdm(range(5), desc="seeds", leave=False):
    for name, kind in kinds.items():
        history, model, train, test = train_one(kind(best[name]), seed, epochs)
        curves[name][seed] = history.loss
        tests[name][seed] = 100 * history.test_accuracy
        train_right[name][seed] = 100 * accuracy(model, x[train], d[train])
        answers[name][seed] = model.forward(x[test]).argmax(axis=1)

fig, axes = plt.subplots(2, 1, figsize=(6.4, 7.2), sharex=True)
for i, E in enumerate(curves.values()):
    axes[0].plot(np.arange(1, epochs + 1), E.T, f"C{i}", linewidth=0.8, alpha=0.5)
medians = {name: np.median(curves[name], axis=0) for name in kinds}
learning_curves(medians, log=True, ylim=(5e-4, 3), xlabel="", ax=axes[0])
learning_curves(tests, ylabel="test accuracy (%)", ylim=(80, 100), ax=axes[1])
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: curves | 上は訓練の損失（対数目盛）で、細い線が1つの種、太い線が5つの種の中央値。Adam が先に下がるが、細い線はときどき跳ね上がる。AdaGrad は滑らかで、最も高く残る。下はテスト正解率の平均で、帯は標準偏差1つ分。離れるのは初めだけで、後では帯が重なる。SGD の最初の点は図の外にある。 -->
#
# 損失では Adam と AdaGrad が離れていくのに、正解率では4つの線が重なっていきます。
#
# ## 最後の正解率 {#final}
#
# 同じ種の SGD との差も計算します。分割が同じなので、差をとれば、画像の難しさの違いは消えます。正解率が $p$ のとき、500枚で測った値の標準誤差は次のとおりです。
#
# $$
# \sqrt{\frac{p \, (1 - p)}{500}}
# $$
# <!-- formula: accuracy-error -->
#
# %% [markdown] lang="en"
# <!-- figure: curves | Above, the training loss on a logarithmic scale: a thin line for each seed, a thick one for the median of five. Adam falls ahead, but its thin lines shoot up now and then. AdaGrad is smooth and stays the highest. Below, the mean test accuracy with bands of one standard deviation: apart only at first, overlapping later. The first points of SGD are outside the panel. -->
#
# In loss, Adam and AdaGrad draw apart; in accuracy, all four lines draw together.
#
# ## The final accuracies {#final}
#
# The table also has the difference to SGD with the same seed. As the split is the same, the difference cancels how hard its images are. For an accuracy of $p$, the standard error of what is measured on 500 images is this.
#
# $$
# \sqrt{\frac{p \, (1 - p)}{500}}
# $$
# <!-- formula: accuracy-error -->
#
# %%
accuracies = {name: tests[name][:, -1] for name in kinds}
rises = {}
print("method    rate   loss   train (%)    test (%)     minus SGD     largest jump")
for name, E in curves.items():  # E: (5, 24)
    lowest = np.minimum.accumulate(E, axis=1)
    rises[name] = np.max(E[:, 1:] / lowest[:, :-1])
    loss, right = np.median(E[:, -1]), train_right[name].mean()
    gain = accuracies[name] - accuracies["SGD"]
    print(f"{name:8s}  {best[name]:<4g} {loss:7.4f} {right:7.1f}     ", end="")
    print(f"{spread(accuracies[name])}  {spread(gain)}   x {rises[name]:6.2f}")
p = np.mean(list(accuracies.values())) / 100
error = 100 * np.sqrt(p * (1 - p) / 500)
print(f"standard error of one accuracy on 500 images: {error:.1f} points")

# %% [markdown] lang="ja"
# ??? question "予想 4 の答え"
#
#     最も速いのは Adam で、終わりには AdaGrad が最も遅くなります。表の loss（中央値）の列で、AdaGrad の損失は Adam の5倍を超えています。それでも、正解率の平均の開きは1.5ポイントに届きません。種によるばらつきや500枚の標準誤差と同じ程度で、雑音です。「Adam のほうが正確だ」とは言えません。
#
# 損失が何倍も違うのに、正解率が変わらないのはなぜでしょうか。train の列のとおり、訓練画像はどの手法でもほぼ全部が正しく分類されています。そこからなお損失が下がるのは、主に、すでに正しく分類された画像で、正解の確率が1に近づくからです。それでは、テストの答えはほとんど変わりません。
#
# 最後の列は、損失がそれまでの最小の何倍まで跳ね上がったか、その最大です。AdaGrad はほぼ1倍です。歩幅が $1 / \sqrt{t}$ のように縮むので、ほとんど跳ねません。ほかの3つの歩幅は縮み続けないので、跳ねることがあります。損失を平均でなく中央値で比べたのは、跳ねた1つの種に引きずられないためです。
#
# ## 目標までのエポック数 {#epochs-needed}
#
# 道筋の違いを、目標に届くまでのエポック数で表します。損失の目標は3つです。テスト正解率が初めて94 %以上になるエポックも数えます。24<!-- of: #five-seeds -->エポックで届かなければ25とします。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 4"
#
#     Adam is the fastest; in the end AdaGrad is the slowest. In the column "loss" (the median), its value is more than 5 times that of Adam. Still, the mean accuracies are less than 1.5 points apart. That is about what the seeds and the standard error of 500 images bring about: noise. It does not allow the conclusion that Adam is more accurate.
#
# Why does the accuracy stay the same when the loss differs several times over? The column "train" shows that each method classifies almost all training images rightly. When the loss still falls from there, it is mainly because the probabilities of images that are right already get closer to 1. That hardly changes any answer on the test data.
#
# The last column is the largest jump of the loss, as a multiple of its lowest value until then. For AdaGrad it is about 1: its steps shrink, roughly as $1 / \sqrt{t}$, and the loss hardly ever rises. The steps of the other three do not keep shrinking, so their losses may jump. This is why the table has the median of the loss: in a mean, one seed that jumps would decide.
#
# ## Epochs needed {#epochs-needed}
#
# How many epochs does it take to reach a goal? There are three goals for the loss. The last column counts the epochs until the test accuracy first reaches 94 %. If 24<!-- of: #five-seeds --> epochs are not enough, it counts as 25.
#
# %%
goals = (0.5, 0.1, 0.02)


def first_epoch(reached):  # (5, 24)
    return np.where(reached.any(axis=1), reached.argmax(axis=1), epochs) + 1


needed, needed_94 = {}, {}
print("epochs to   E < 0.5   E < 0.1  E < 0.02   test >= 94 %")
for name in kinds:
    needed[name] = np.array([first_epoch(curves[name] < goal) for goal in goals])
    needed_94[name] = first_epoch(tests[name] >= 94)
    row = "".join(f"{mean:10.1f}" for mean in needed[name].mean(axis=1))
    print(f"{name:8s} {row}    {spread(needed_94[name])}")

fig, ax = plt.subplots(figsize=(6.4, 4.2))
for k, goal in enumerate(goals):
    for i, name in enumerate(kinds):
        y = i + 0.28 * (k - 1) + np.linspace(-0.11, 0.11, 5)
        (marks,) = ax.plot(needed[name][k], y, "os^"[k], color=f"C{k}")
    marks.set_label(f"$E$ < {goal}")
ax.axvline(epochs + 0.5, color="C5", linestyle=":")
ax.set_yticks(range(4), names)
ax.invert_yaxis()
ax.set_xlabel("first epoch below the goal (right of the line: never)")
fig.legend(loc="outside upper center", ncols=3)
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: epochs-to-goals | 損失が目標を初めて下回ったエポック。1つの印が1つの種。目標が 0.02 のとき、AdaGrad は点線の右、つまり最後のエポックまでに届かない側にある。 -->
#
# 順位は、目標をどこに置くかで変わります。0.5では SGD が最も遅く、AdaGrad はもう着いています。0.02では逆に AdaGrad が最も遅く、SGD にも抜かれました。初めの大きな勾配が $h$ に足されたまま消えないので、歩幅が縮む一方なのです。Adam は0.1と0.02で最も早く着きました。正解率で数えると、どの手法も平均10エポックまでに94 %に届き、手法の差は種のばらつきに紛れます。この実験で違ったのは、終点ではなく道筋です。
#
# ## どの画像を間違えるか {#mistakes}
#
# 正解率が同じでも、間違える画像まで同じとは限りません。4つの手法の間違いが互いに無関係なら、間違える割合を $p_1, \dots, p_4$ として、そろって間違える枚数の期待値は次のとおりです。
#
# $$
# 500 \, p_1 p_2 p_3 p_4
# $$
# <!-- formula: chance-mistakes -->
#
# 比べる相手として、初期値と順序だけが違う SGD を4つ用意します。1つは学習済みなので、種ごとに3つを加えます。
#
# **予想 5.** それぞれ10枚から30枚ほど間違えるとして、4つの手法がそろって間違えるのは何枚でしょうか。SGD だけの4つがそろって間違える枚数と、どちらが多いでしょうか。
#
# %% [markdown] lang="en"
# <!-- figure: epochs-to-goals | The first epoch in which the loss was below the goal; each mark is one seed. With the goal 0.02, AdaGrad is to the right of the dotted line: not even the last epoch gets there. -->
#
# The ranking depends on the goal. At 0.5, SGD is the slowest, and AdaGrad is already there. At 0.02 it is AdaGrad that comes last, and even SGD has overtaken it. The large first gradients stay in $h$ for good, so its steps only get shorter. Adam is the first at 0.1 and at 0.02. Counted by accuracy, every method is at 94 % by epoch 10 on average, and the differences between methods drown in the spread over the seeds. In this experiment the paths differ, not the ends.
#
# ## Which images are wrong {#mistakes}
#
# At the same accuracy, each method might still get other images wrong. If the mistakes of the four had nothing to do with each other, and $p_1, \dots, p_4$ are their shares, the expected number of images that all four get wrong is this.
#
# $$
# 500 \, p_1 p_2 p_3 p_4
# $$
# <!-- formula: chance-mistakes -->
#
# For comparison there are four networks of SGD that differ only in initial values and order. One is already trained; the cell adds three for each seed.
#
# **Prediction 5.** If each makes 10 to 30 mistakes, how many images do all four methods get wrong? Is that more or fewer than for four networks of SGD alone?
#
# %%
test_rows = np.array([start(seed)[2] for seed in range(5)])  # (5, 500)
four_kinds = np.array([answers[name] != d[test_rows] for name in kinds])  # (4, 5, 500)
four_sgd = np.zeros((4, 5, 500), dtype=bool)
four_sgd[0] = four_kinds[0]
for seed in tqdm(range(5), desc="seeds", leave=False):
    _, train, test, _ = start(seed)
    for k in (1, 2, 3):
        rng = np.random.default_rng(100 + k)
        model, loss, optimizer = network(rng), SoftmaxWithLoss(), SGD(best["SGD"])
        trainer = Trainer(model, loss, optimizer, batch_size=50, rng=rng, progress=False)
        trainer.fit(x[train], d[train], epochs=epochs, train_accuracy=False)
        four_sgd[k, seed] = model.forward(x[test]).argmax(axis=1) != d[test]

mistakes = four_kinds.sum(axis=2)  # (4, 5)
together = four_kinds.all(axis=0).sum(axis=1)  # (5,)
together_sgd = four_sgd.all(axis=0).sum(axis=1)
unrelated = 500 * np.prod(mistakes / 500, axis=0)
print("        wrong of 500                             all      if         all")
print("seed" + "".join(f"{name:>9s}" for name in kinds) + "    methods  unrelated  four SGD")
for seed in range(5):
    row = "".join(f"{n:9d}" for n in mistakes[:, seed])
    print(f"{seed:4d}{row}{together[seed]:11d}{unrelated[seed]:11.4f}{together_sgd[seed]:10d}")
shared = together.sum() / (four_kinds.sum() / 4)
shared_sgd = together_sgd.sum() / (four_sgd.sum() / 4)
print(f"share of a network's mistakes: all methods {shared:.2f}, all four SGD {shared_sgd:.2f}")

# %% [markdown] lang="ja"
# ??? question "予想 5 の答え"
#
#     無関係なら1枚もないはずなのに、どの種でも何枚かはそろって間違えました。最後の行は、1つのネットワークの間違いのうち、そろって間違える画像の割合です。SGD 4つの割合も、それと同じくらいです。つまり、手法を替えても、間違える画像は、初期値と順序を変えたときと同じ程度にしか変わりません。残った間違いの多くは、手法ではなく画像のほうに理由があります。
#
# では、その画像を5つの種のテストデータから集めます。下に並べるのは、ラベルと SGD の答えです。
#
# %% [markdown] lang="en"
# ??? question "Answer to prediction 5"
#
#     If the mistakes were unrelated there would not be a single such image, yet with every seed several are wrong in all four. The last line is their share among the mistakes of one network. It is about the same for four networks of SGD. So another method changes which images are wrong no more than other initial values and another order do. For many of the remaining mistakes, the reason lies in the image and not in the method.
#
# Here are these images, from the test data of the five seeds. Below each stand the label and the answer of SGD.
#
# %%
seeds, places = np.nonzero(four_kinds.all(axis=0))
rows = test_rows[seeds, places]
rows, first = np.unique(rows, return_index=True)  # an image can be in several test sets
said = np.array([answers[name][seeds, places] for name in kinds])  # (4, n)
agreed = np.mean((said == said[0]).all(axis=0))
print("different images that all four get wrong:", len(rows))
print(f"of these, all four give the same wrong digit: {100 * agreed:.0f} %")

images, labels, said_sgd = x[rows].reshape(-1, 8, 8), d[rows], said[0, first]
plt.figure(figsize=(6.4, 3.7))
samples(images[:21], labels=labels[:21], predictions=said_sgd[:21], columns=7)
plt.show()

# %% [markdown] lang="ja"
# <!-- figure: shared-mistakes | 4つの手法がそろって間違えた画像。下の数は、正解のラベルから SGD の答えへの矢印。傾いた 5、上下のつぶれた 8、切れた線の 6 など、粗い画素では別の数字に近く見えるものが多い。 -->
#
# 4つの手法は、同じ画像を間違えるだけでなく、多くの場合、答える数字まで同じです。こうした間違いを減らしたいなら、最適化手法を替えるより、[データ拡張](../vision/data-augmentation.md)や、画像の形を使う[畳み込み](../vision/convolution.md)に見込みがあります。[CNN の実習](cnn.ipynb)で試します。
#
# ## 試すこと {#try}
#
# どれも1、2行の変更です。先に結果を予想し、1つ終えるごとに、変更を戻して全部のセルを実行し直してください。
#
# ??? question "1. 最後に新しいセルで `x = 16 * x` を1回だけ実行し、`epochs = 24` で始まるセルと、その次のセルをもう一度実行します（学習率は選び直しません）。"
#
#     画素が0から16までになります。SGD とモメンタムは当て推量の正解率に落ちます。AdaGrad と Adam は学習しますが、前より少し悪くなります。1層目の総入力も、その重みの勾配も大きくなるからです。勾配に比例して動く2つは、学習率3.0の SGD と同じ道をたどります。勾配の大きさで割る2つは、重みの1歩の長さが変わらないので持ちこたえます。ただし、その1歩が総入力を動かす量は16<!-- = 16/1 -->倍です。学習率を0.001<!-- given -->から始まるリストで選び直すと、4つとも学習します。よい学習率は、手法だけでなくデータの単位によっても変わります。
#
# ??? question "2. `epochs = 24` で始まるセルの先頭に `best['Momentum'] = 0.3` と書き、そこから下のセルを実行します。"
#
#     モメンタムが損失0.02に届くまでのエポック数は、ほとんどの種で減り、Adam に近づきます。最後のエポックの損失の中央値も大きく下がります。6エポック目では0.1のほうがよく見えたのに、長く学習すると0.3のほうがよいのです。その代わり、跳ね上がりが大きくなります。「Adam が最も速い」という結論にも、6エポック目で選んだことが効いていました。正解率は、やはり区別できません。
#
# ??? question "3. `train_one` の `trainer.fit(...)` の行を2つに増やし、1つ目の `epochs=epochs` を `epochs=epochs // 2` に変え、2つの間に `optimizer.learning_rate /= 10` を入れます。そのセルと、`epochs = 24` のセルから下を実行します（学習率は選び直しません）。"
#
#     半分のところで学習率が10分の1になります。`fit` の `epochs` は合計なので、2回目は続きから始まります。後半では、どの手法の跳ね上がりもほぼ消えます。Adam の歩幅も縮むようになったからです。その一方、最後の損失の中央値は、どの手法でも一定の学習率より高くなります。残りの12エポックで進める距離が短いからです。[学習率減衰](../glossary.md#learning-rate-decay)は揺れを抑えますが、この実験では正解率を上げません。
#
# %% [markdown] lang="en"
# <!-- figure: shared-mistakes | Images that all four methods get wrong. Below each, an arrow from the label to what SGD said. Slanted 5s, squashed 8s, 6s with broken strokes: at so few pixels, many of them look closer to another digit. -->
#
# The four methods are not only wrong about the same images; mostly they even give the same wrong digit. To get fewer mistakes, [data augmentation](../vision/data-augmentation.md) or [convolution](../vision/convolution.md), which uses the shape of the image, promises more than another optimizer. The [CNN lab](cnn.ipynb) tries both.
#
# ## Things to try {#try}
#
# Each is a change of a line or two. Predict what will come out before you run it. After each, undo the change and run all cells again.
#
# ??? question "1. In a new cell at the end, run `x = 16 * x` once, then run again the cell that begins with `epochs = 24` and the one below it (without choosing new rates)."
#
#     Pixels now go from 0 to 16. SGD and momentum fall to the accuracy of guessing; AdaGrad and Adam learn, somewhat worse than before. The pre-activations of the first layer and the gradients of its weights are larger now. The two methods that move in proportion to the gradient go the way of SGD at 3.0. The two that divide by the size of the gradient hold out, because the step of a weight stays the same. But that step moves the pre-activations 16<!-- = 16/1 --> times as far. If you choose the rates again from a list that begins at 0.001<!-- given -->, all four learn. A good learning rate belongs to the units of the data as well as to the method.
#
# ??? question "2. Write `best['Momentum'] = 0.3` at the top of the cell that begins with `epochs = 24`, and run that cell and all below it."
#
#     With most seeds, momentum needs fewer epochs to the loss 0.02, and comes closer to Adam. The median of the loss in the last epoch falls a long way, too. In epoch 6 a rate of 0.1 looked better, but in a longer training 0.3 is. In return the jumps get larger. So "Adam is the fastest" owed something to the choice at epoch 6. The accuracies still cannot be told apart.
#
# ??? question "3. In `train_one`, double the line `trainer.fit(...)`, change `epochs=epochs` to `epochs=epochs // 2` in the first of the two, and put `optimizer.learning_rate /= 10` between them. Run that cell, then the one that begins with `epochs = 24` and all below it (without choosing new rates)."
#
#     Half-way, the learning rate drops to a tenth. As `epochs` in `fit` is the total, the second call goes on from there. In the second half the jumps of all four methods all but vanish: now the steps of Adam shrink, too. On the other hand, the median of the final loss is higher than at a constant rate, for each method. The remaining 12 epochs do not lead far. [Learning rate decay](../glossary.md#learning-rate-decay) calms the path, but here it does not raise the accuracy.
#
