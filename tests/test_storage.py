import io
import os
import pickle
import stat
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from dlnotes import _storage
from dlnotes._storage import load_arrays, save_arrays
from dlnotes.layers import Dropout, Flatten, Layer, Linear, Sequential, Tanh
from dlnotes.normalization import BatchNorm

NAMES = ["0.W", "0.b", "1.gamma", "1.beta", "3.W", "1.running_mean", "1.running_var"]


def rng(seed=3):
    return np.random.default_rng(seed)


def network(seed=3, dtype=np.float64, n_out=2):
    """With parameters and buffers that are all other numbers for another seed."""
    source = rng(seed)
    model = Sequential(
        Linear(3, 4, rng=source, dtype=dtype),
        BatchNorm(4, dtype=dtype),
        Tanh(),
        Linear(4, n_out, rng=source, bias=False, dtype=dtype),
    )
    for name in ("0.b", "1.gamma", "1.beta"):
        model.params[name] = source.normal(size=4).astype(dtype)
    model(source.normal(size=(6, 3)).astype(dtype))
    return model


def state(model):
    return {name: array.copy() for name, array in {**model.params, **model.buffers}.items()}


def same(one, other):
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype and np.array_equal(one[name], other[name]) for name in one
    )


@pytest.fixture
def file(tmp_path):
    return tmp_path / "model.npz"


@settings(max_examples=15)  # each waits for the disk
@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\0/\\"), min_size=1, max_size=8),
        arrays_of.arrays(
            st.sampled_from(["?", "u1", "i4", "f4", "f8", ">f8", "U3"]), arrays_of.array_shapes(min_dims=0, min_side=0)
        ),
        max_size=4,
    )
)
def test_what_is_saved_is_loaded(tmp_path_factory, arrays):
    path = tmp_path_factory.mktemp("storage") / "arrays"
    save_arrays(path, arrays)
    found = load_arrays(path)
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].tobytes() == array.tobytes()


def test_numpy_reads_what_is_saved_and_the_other_way_round(file):
    arrays = {"0.W": rng().normal(size=(2, 3)), "file": np.arange(3), "allow_pickle": np.array("text")}
    save_arrays(file, arrays)
    with np.load(file, allow_pickle=False) as found:
        assert same(dict(found), arrays)
    for write in (np.savez, np.savez_compressed):
        write(file, W=arrays["0.W"])
        assert same(load_arrays(file), {"W": arrays["0.W"]})


def test_the_same_arrays_make_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        save_arrays(tmp_path / name, {"x": np.arange(5.0), "y": np.arange(2)})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("array", [np.array([None]), np.array([1j]), np.zeros(1, "M8[s]"), np.ma.ones(2), [print]])
def test_other_kinds_are_refused_before_the_file_is_touched(file, array):
    file.write_text("old")
    with pytest.raises(TypeError, match=r"save_arrays expects .* as bad, got"):
        save_arrays(file, {"good": np.ones(2), "bad": array})
    assert file.read_text() == "old"


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["write_array", "fsync"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(file, monkeypatch, error, where):
    def fail(*_, **__):
        raise error

    save_arrays(file, {"x": np.ones(3)})
    old = file.read_bytes()
    monkeypatch.setattr(*{"write_array": (np.lib.format, where), "fsync": (_storage.os, where)}[where], fail)
    with pytest.raises(type(error)):
        save_arrays(file, {"x": np.zeros(3)})
    monkeypatch.undo()
    assert file.read_bytes() == old
    assert os.listdir(file.parent) == [file.name]


def test_the_file_appears_whole_under_its_name(file, monkeypatch):
    seen = []
    replace = os.replace

    def watch(source, target):
        seen.append((file.exists(), same(load_arrays(source), {"x": np.ones(3)}), os.path.dirname(source)))
        replace(source, target)

    monkeypatch.setattr(_storage.os, "replace", watch)
    save_arrays(file, {"x": np.ones(3)})
    assert seen == [(False, True, str(file.parent))]
    assert os.listdir(file.parent) == [file.name]


def test_a_link_stays_a_link_and_the_file_is_as_readable_as_others(tmp_path):
    (tmp_path / "other").touch()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    save_arrays(tmp_path / "link", {"x": np.ones(3)})
    assert (tmp_path / "link").is_symlink()
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("target", "other")}
    assert len(modes) == 1


def test_a_file_cut_off_at_any_byte_is_refused_and_the_model_stays(file):
    saved, model = (Sequential(Linear(1, 1, rng=rng(seed)), BatchNorm(1)) for seed in (1, 2))
    saved.save(file)
    content, before = file.read_bytes(), state(model)
    for length in range(len(content)):
        file.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"model\.npz is not a whole file of arrays"):
            model.load(file)
    assert same(state(model), before)


def test_a_changed_byte_is_refused_or_changes_nothing(file):
    """What it may change unseen is a date or another note in the file's own directory, never a number."""
    saved, model = (Sequential(Linear(1, 2, rng=rng(seed))) for seed in (1, 2))
    saved.save(file)
    content, before, after, refused = file.read_bytes(), state(model), state(saved), []
    for place in range(len(content)):
        file.write_bytes(content[:place] + bytes([content[place] ^ 0x81]) + content[place + 1 :])
        try:
            model.load(file)
        except ValueError as error:
            refused.append(str(error))
            assert same(state(model), before)
        else:
            assert same(state(model), after)
            model.params = {name: before[name] for name in model.params}
    assert all("model.npz is not" in message for message in refused)
    assert len(refused) > len(content) / 2


def npy(array, **settings):
    file = io.BytesIO()
    np.save(file, array, **settings)
    return file.getvalue()


def zipped(entries):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return file.getvalue()


class Trap:
    """Unpickling it would leave a mark."""

    unpickled = False

    def __reduce__(self):
        return setattr, (Trap, "unpickled", True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a zip file"),
        (b"text", "not a zip file"),
        (npy(np.ones(3)), "not a zip file"),
        (pickle.dumps(Trap()), "not a zip file"),
        (npy(np.array([Trap()]), allow_pickle=True), "not a zip file"),
        (zipped([("word/document.xml", b"<w/>")]), "it holds 'word/document.xml'"),
        (zipped([("W.npy", npy(np.array([Trap()]), allow_pickle=True))]), "Object arrays cannot be loaded"),
        (zipped([("W.npy", pickle.dumps(Trap()))]), "magic string is not correct"),
        (zipped([("W.npy", npy(np.ones(3))[:-1])]), "cannot reshape|EOF|expected"),
        (zipped([("W.npy", npy(np.ones(3)) + b"\0")]), "followed by other bytes"),
        (zipped([("W.npy", b"")]), "EOF"),
    ],
)
def test_any_other_file_is_refused_and_nothing_is_unpickled(file, content, message):
    file.write_bytes(content)
    model = network()
    before = state(model)
    with pytest.raises(ValueError, match=rf"model\.npz is not a whole file of arrays: .*({message})"):
        model.load(file)
    assert same(state(model), before)
    assert not Trap.unpickled


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_a_name_that_stands_twice_is_refused(file):
    file.write_bytes(zipped([("W.npy", npy(np.ones(3))), ("W.npy", npy(np.ones(2)))]))
    with pytest.raises(ValueError, match="a name stands in it twice"):
        load_arrays(file)


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        network().load(tmp_path / "nothing.npz")
    with pytest.raises(FileNotFoundError, match="folder"):
        network().save(tmp_path / "folder" / "model.npz")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_loaded_model_answers_as_the_saved_one_in_training_and_inference(file, dtype):
    saved, loaded = network(1, dtype), network(2, dtype)
    saved.save(str(file))
    assert list(load_arrays(file)) == NAMES
    loaded.load(file)
    assert same(state(loaded), state(saved))
    x = rng().normal(size=(5, 3)).astype(dtype)
    for mode in ("eval", "train"):
        one, other = (getattr(model, mode)() for model in (saved, loaded))
        np.testing.assert_array_equal(one(x), other(x))
    assert same(state(loaded), state(saved))


def test_a_loaded_model_shares_nothing_with_the_file_or_its_layers_before(file):
    model = network(1)
    old = model.params["0.W"]
    model.save(file)
    model.load(file)
    assert model.params["0.W"] is not old
    assert model.params["0.W"].flags.writeable


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("0.b"), r"\['0\.b'\] missing, \[\] not expected"),
        (lambda a: a.pop("1.running_var"), r"\['1\.running_var'\] missing"),
        (lambda a: a.update(more=np.ones(1)), r"\[\] missing, \['more'\] not expected"),
        (lambda a: a.update({"3.b": np.ones(2)}), r"\['3\.b'\] not expected"),
        (lambda a: a.update({"3.W": np.ones((2, 4))}), r"3\.W expected of shape \(4, 2\) of float64, got \(2, 4\) of"),
        (lambda a: a.update({"3.W": np.ones((4, 2), "f4")}), r"3\.W expected .* got \(4, 2\) of float32"),
        (lambda a: a.update({"3.W": np.ones((4, 2), int)}), r"3\.W expected .* of int64"),
        (lambda a: a.update({"1.running_mean": np.ones(5)}), r"1\.running_mean expected .* got \(5,\)"),
        (lambda a: a.clear(), "missing"),
    ],
)
def test_a_file_of_another_model_is_refused_and_the_model_stays(file, change, message):
    arrays = state(network(1))
    change(arrays)
    save_arrays(file, arrays)
    model = network(2)
    before = state(model)
    with pytest.raises(ValueError, match=rf"model\.npz is not of this model: .*{message}"):
        model.load(file)
    assert same(state(model), before)


class Residual(Sequential):
    """A layer of layers, as a reader writes it: y = x + f(x)."""

    def forward(self, x):
        return x + super().forward(x)

    def backward(self, dout):
        return dout + super().backward(dout)


def test_a_layer_of_layers_is_saved_and_loaded_with_the_model_around_it(file):
    def nested(seed):
        block = Residual(Linear(4, 4, rng=rng(seed)), BatchNorm(4), Dropout(0.5, rng=rng(seed)))
        return Sequential(Flatten(), block, Residual(Residual(Linear(4, 4, rng=rng(seed + 10)))))

    saved, loaded = nested(1), nested(2)
    saved(rng().normal(size=(6, 2, 2)))
    saved.save(file)
    assert {"1.0.W", "1.1.gamma", "2.0.0.b", "1.1.running_mean"} <= load_arrays(file).keys()
    loaded.load(file)
    x = rng().normal(size=(3, 2, 2))
    np.testing.assert_array_equal(saved.eval()(x), loaded.eval()(x))


def test_a_parameter_and_a_buffer_of_one_name_are_refused(file):
    class Twice(Layer):
        def __init__(self):
            self.params, self.grads, self.buffers = {"a": np.ones(1)}, {}, {"a": np.zeros(1)}

        def forward(self, x):
            return x

        def backward(self, dout):
            return dout

    with pytest.raises(ValueError, match=r"of different names, got \['0\.a'\] twice"):
        Sequential(Twice()).save(file)
    assert not file.exists()
