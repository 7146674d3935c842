"""Small runs of `figment train` for trials of what may befall them, and readers for what they leave, which share nothing
with Figment's own."""

import json
import math
import pathlib
import struct
import subprocess
import zlib

HERE = pathlib.Path(__file__).resolve().parent
FIGMENT = HERE.parent.parent / ".build/release/figment"


# Small networks, one of each kind.
CONFIGURATIONS = {
    "vae": {"imageShape": [8, 8, 1]},
    "gan": {"imageShape": [8, 8, 1], "latentSize": 3, "generatorUnits": [6], "discriminatorUnits": [5]},
    "gan3d": {"latentSize": 5, "filters": [4, 3]},
    "srgan": {"imageSize": [8, 8], "scale": 2, "residualBlocks": 1, "contentNetwork": "pixels"},
    "age-cgan": {"latentSize": 4, "generatorUnits": 8, "generatorFilters": [4, 4, 4], "discriminatorFilters": [4, 4, 4, 4],
                 "encoderFilters": [4, 4, 4, 4], "encoderUnits": 8},
}
DATA = {"gan3d": "shapes", "srgan": "pictures", "age-cgan": "people"}


def png(width, height, seed):
    """A picture in colors."""
    rows = b"".join(b"\0" + bytes((seed * 41 + x * (3 + seed % 5) + y * 7 + channel * 60) % 256
                                  for x in range(width) for channel in range(3)) for y in range(height))

    def chunk(name, contents):
        return struct.pack(">I", len(contents)) + name + contents + struct.pack(">I", zlib.crc32(name + contents))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Workplace:
    """A folder with 40 images of 8×8 for training, 12 for validation, some pictures of other kinds, and configurations to fit."""

    def __init__(self, folder, figment):
        self.folder, self.figment = pathlib.Path(folder), pathlib.Path(figment).resolve()
        data = self.folder / "data"
        data.mkdir()
        for name, count in [("train", 40), ("t10k", 12)]:
            pixels = bytes((image * 37 + pixel * 5) % 256 for image in range(count) for pixel in range(64))
            (data / f"{name}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 0x803, count, 8, 8) + pixels)
            labels = bytes(image % 10 for image in range(count))
            (data / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, count) + labels)
        for name, count, size in [("pictures", 9, 40), ("people", 24, 64)]:
            (self.folder / name).mkdir()
            for number in range(count):
                (self.folder / name / f"{number}.png").write_bytes(png(size, size, number))
        (self.folder / "people/labels.csv").write_text(
            "file,age\n" + "".join(f"{number}.png,{number * 13 % 80 + 1}\n" for number in range(24)))
        for model, configuration in CONFIGURATIONS.items():
            (self.folder / f"{model}.json").write_text(json.dumps(configuration))

    def start(self, model, length, run, *more):
        """The command that trains `model` for `length`, such as ["--epochs", "2"], into the folder `run`."""
        return [self.figment, "train", model, "--data", DATA.get(model, "data"), "--config", f"{model}.json", "--batch-size", "4", "--seed",
                "5", "--device", "cpu", "--output", run, *length, *more]

    def resume(self, run):
        return [self.figment, "train", "--resume", run, "--device", "cpu"]

    def run(self, command, environment=None):
        """The status, negative for a signal, and what was written to standard error."""
        done = subprocess.run([str(word) for word in command], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)
        return done.returncode, done.stderr.decode()

    def finish(self, model, length, run, environment=None):
        """Goes on with a run to its end, or starts it again if it had not come to a checkpoint."""
        if (self.folder / run / "checkpoints/last.safetensors").exists():
            command = self.resume(run)
        else:
            command = self.start(model, length, run, "--overwrite")
        status, errors = self.run(command, environment)
        if status != 0:
            raise Failure(f"`{' '.join(str(word) for word in command[1:])}` ended with status {status}: {errors.strip()}")

    def last(self, run):
        return (self.folder / run / "checkpoints/last.safetensors").read_bytes()


class Failure(Exception):
    """What a trial found."""


def check_safetensors(folder):
    """Fails unless every checkpoint in a folder is whole: its header is JSON, its tensors fill the rest, all finite."""
    for path in sorted(pathlib.Path(folder).rglob("*.safetensors")):
        if path.name.startswith("."):
            continue
        contents = path.read_bytes()
        try:
            (count,) = struct.unpack_from("<Q", contents)
            header = json.loads(contents[8:8 + count])
            json.loads(header.pop("__metadata__")["figment"])
            end = 0
            for tensor in sorted(header.values(), key=lambda tensor: tensor["data_offsets"]):
                start, after = tensor["data_offsets"]
                if start != end or after - start != 4 * math.prod(tensor["shape"]) or tensor["dtype"] != "F32":
                    raise ValueError(f"{tensor} does not follow at byte {end}")
                end = after
            values = struct.unpack(f"<{end // 4}f", contents[8 + count:])
            if not all(map(math.isfinite, values)):
                raise ValueError("not all values are finite")
        except (ValueError, KeyError, struct.error) as error:
            raise Failure(f"{path} is damaged: {error}") from error


def check_metrics(run):
    """The lines of a run's metrics by stage and step, without the speed; fails if one is not JSON or a step comes twice."""
    lines = {}
    for number, text in enumerate((pathlib.Path(run) / "metrics.jsonl").read_text().splitlines(), 1):
        line = json.loads(text)
        line.pop("imagesPerSecond")
        place = line.get("stage", ""), line["step"]
        if place in lines:
            raise Failure(f"{run}: step {line['step']} comes twice in metrics.jsonl, again in line {number}")
        lines[place] = line
    return lines


def check_events(run):
    """The scalars, and the sizes of the pictures, of a run's TensorBoard events, by folder, tag and step; fails if one comes
    twice or a file is torn. The hyperparameters are no such values."""
    found = {}
    for path in sorted(pathlib.Path(run).rglob("events.out.tfevents.*")):
        contents, offset = path.read_bytes(), 0
        while offset < len(contents):
            (count,) = struct.unpack_from("<Q", contents, offset)
            end = offset + 12 + count + 4
            if end > len(contents):
                raise Failure(f"{path} ends within the record at byte {offset}")
            event = fields(contents[offset + 12:offset + 12 + count])
            step = event.get(2, [0])[0]
            for summary in event.get(5, []):
                for value in fields(summary).get(1, []):
                    value = fields(value)
                    key = (str(path.parent.relative_to(run)), value[1][0].decode(), step)
                    if key[1] == "_hparams_/session_start_info":
                        continue
                    if key in found:
                        raise Failure(f"{path}: {key[1]} of step {step} comes twice")
                    found[key] = len(value[4][0]) if 4 in value else struct.unpack("<f", value[2][0])[0]
            offset = end
    return found


def scalars(events):
    """Those of the events that are scalars. The speed is another every time; its points are the same."""
    return {key: key[1] == "images_per_second" or value for key, value in events.items() if key[0] != "."}


def fields(message):
    """The fields of an encoded protocol buffer by number: whole numbers, or bytes."""
    found, offset = {}, 0

    def varint():
        nonlocal offset
        value, shift = 0, 0
        while True:
            byte = message[offset]
            offset += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while offset < len(message):
        tag = varint()
        if tag & 7 == 0:
            value = varint()
        else:
            size = varint() if tag & 7 == 2 else {1: 8, 5: 4}[tag & 7]
            value = message[offset:offset + size]
            offset += size
        found.setdefault(tag >> 3, []).append(value)
    return found


def check_samples(run):
    """The pictures of a run by name."""
    pictures = {}
    for path in sorted((pathlib.Path(run) / "samples").glob("*.png")):
        contents = path.read_bytes()
        if not contents.startswith(b"\x89PNG") or not contents.endswith(b"IEND\xaeB`\x82"):
            raise Failure(f"{path} is no whole picture")
        pictures[path.name] = contents
    return pictures
