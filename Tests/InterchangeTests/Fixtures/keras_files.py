"""HDF5 files as Keras writes them, in every layout, and some that are wrong. `pip install keras tensorflow h5py`

The network is a convolution `block1_conv1` (3 → 4, 3×3), a batch normalization `norm` without scale, a convolution `last`
(4 → 2, 1×1); every weight counts up by eighths from its own start, so that readers can tell them apart."""

import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import h5py
import keras
import numpy as np
from keras.src.legacy.saving import legacy_h5_format

folder = pathlib.Path(__file__).parent
layers = keras.layers


def fill(model):
    for number, variable in enumerate(model.weights):
        count = int(np.prod(variable.shape))
        variable.assign((np.arange(count).reshape(variable.shape) + 8 * number) / 8)


def network():
    keras.backend.clear_session()
    model = keras.Sequential([
        keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="block1_conv1"), layers.BatchNormalization(scale=False, name="norm"),
        layers.Conv2D(2, 1, name="last")])
    fill(model)
    return model


def numbered():
    """As Keras names layers that have no name of their own, after eight others."""
    keras.backend.clear_session()
    model = keras.Sequential([
        keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv2d_9"),
        layers.BatchNormalization(scale=False, name="batch_normalization_9"), layers.Conv2D(2, 1, name="conv2d_10")])
    fill(model)
    return model


class Nested(keras.Model):
    """Sequential models as attributes, as packages keep parts of a network."""

    def __init__(self):
        super().__init__()
        self.block1 = keras.Sequential([layers.MaxPooling2D(), layers.Conv2D(4, 3, name="block1_conv1")])
        self.block2 = keras.Sequential(
            [layers.BatchNormalization(scale=False, name="norm"), layers.Conv2D(2, 1, name="last")])

    def call(self, x):
        return self.block2(self.block1(x))


def legacy(name, model=None, **options):
    with h5py.File(folder / name, "w", **options) as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model or network())


def changed(name, source, change):
    (folder / name).write_bytes((folder / source).read_bytes())
    with h5py.File(folder / name, "r+") as file:
        change(file)


def stored_as(dtype, **options):
    def change(file):
        names = []
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        for name in names:
            values = file[name][()]
            del file[name]
            file.create_dataset(name, data=values.astype(dtype), **(options if values.ndim else {}))
    return change


def fixed_length(file):
    """Texts of one length, in several attributes, as Keras 1 and 2 wrote them."""
    for item in [file] + [file[name] for name in file]:
        for attribute in ["layer_names", "weight_names"]:
            if attribute in item.attrs:
                texts = [text.encode() if isinstance(text, str) else text for text in item.attrs[attribute]]
                del item.attrs[attribute]
                if attribute == "layer_names":
                    item.attrs["layer_names0"], item.attrs["layer_names1"] = np.array(texts[:2]), np.array(texts[2:])
                else:
                    item.attrs[attribute] = np.array(texts) if texts else np.zeros(0)


def first_keras(file):
    """Names of weights as in the files of VGG of 2016."""
    group = file["block1_conv1"]
    kernel, bias = (group[name][()] for name in group.attrs["weight_names"])
    group["block1_conv1_W_1:0"], group["block1_conv1_b_1:0"] = kernel, bias
    group.attrs["weight_names"] = np.array([b"block1_conv1_W_1:0", b"block1_conv1_b_1:0"])


def unnamed(file):
    groups = []
    file.visititems(lambda name, item: groups.append(name) if name.endswith("vars") else None)
    for name in groups:
        file[name].attrs.pop("name", None)


def vgg19(file):
    """The names of VGG19's layers with single numbers as weights."""
    for block, count in enumerate([2, 2, 4, 4, 4], 1):
        for number in range(1, count + 1):
            group = file.create_group(f"block{block}_conv{number}")
            group.attrs["weight_names"] = ["kernel", "bias"]
            group["kernel"], group["bias"] = np.float32(1), np.float32(2)
    file.attrs["layer_names"] = list(file)


def attribute(place, name, values):
    return lambda file: file[place].attrs.__setitem__(name, values)


legacy("keras-old.h5")
legacy("keras-latest.h5", libver="latest")
legacy("keras-numbered.h5", numbered())
network().save(folder / "keras-whole.h5")
network().save_weights(folder / "keras-three.weights.h5")
nested = Nested()
nested(np.zeros((1, 8, 8, 3)))
fill(nested)
nested.save_weights(folder / "keras-nested.weights.h5")
changed("keras-unnamed.weights.h5", "keras-nested.weights.h5", unnamed)
changed("keras-fixed.h5", "keras-old.h5", fixed_length)
changed("keras-first.h5", "keras-old.h5", first_keras)
changed("keras-float16.h5", "keras-old.h5", stored_as("<f2"))
changed("keras-float64.h5", "keras-old.h5", stored_as(">f8"))
changed("keras-packed.h5", "keras-old.h5", stored_as("<f4", chunks=True, compression="gzip", shuffle=True))
changed("keras-integers.h5", "keras-old.h5", stored_as("<i4"))
changed("keras-lying-layer.h5", "keras-old.h5", attribute("/", "layer_names", ["block1_conv1", "norm", "final"]))
changed("keras-lying-weight.h5", "keras-old.h5", attribute("norm", "weight_names", ["sequential/norm/beta", "sequential/norm/mean"]))
changed("keras-strange-weight.h5", "keras-old.h5", attribute("last", "weight_names", ["sequential/last/kernel", "sequential/last/kernel"]))
changed("keras-missing.h5", "keras-old.h5", attribute("/", "layer_names", ["block1_conv1", "last"]))
with h5py.File(folder / "vgg19-names.h5", "w") as file:
    vgg19(file)
with h5py.File(folder / "plain.h5", "w") as file:
    file["a/b"] = np.arange(6, dtype="<f4").reshape(2, 3)
    file["scalar"] = np.float64(2.5)
    file["empty"] = np.zeros((0, 3), "<f4")
    file["soft"] = h5py.SoftLink("/a/b")
    file["elsewhere"] = h5py.ExternalLink("other.h5", "/x")
    file.create_dataset("outside", (4,), "<f4", external=[("/etc/hostname", 0, 16)])
    file["a"].attrs["number"], file["a"].attrs["text"] = 7, "déjà vu"
