"""What age-cgan has learnt of the drawn faces, whose ages and people are known, judged by two small networks that
PyTorch trains on real ones: one tells the six groups of age, the other tells people apart at any age.

  pip install torch 'pillow==11.*' numpy
  figment data make faces faces --count 12000 --seed 11       # --data faces has seed 1: these are other people
  figment data make faces others --count 400 --seed 12
  python age_faces.py classifier faces age.pt
  python age_faces.py people faces people.pt
  python age_faces.py pick others hundred                     # a face of each, in a folder for each group of age

  figment train age-cgan --data faces --stage gan --output run
  figment train --resume run --stage encoder
  cp -r run second
  figment train --resume run --stage identity
  figment train --resume run --stage identity-encoder
  figment generate run --count 3000 --output generated.npy    # all ages in turn
  for run in second run; do mkdir $run.strips; for group in 0,9 1,24 2,34 3,44 4,54 5,75; do
    figment age $run --input hundred/${group%,*} --from-age ${group#*,} --count 64 --output $run.strips/${group%,*}.png
  done; done
  python age_faces.py ages age.pt generated.npy
  python age_faces.py identity people.pt hundred second.strips run.strips
"""
import argparse
import json
import pathlib
import re
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

SIDE, BATCH = 64, 64
GROUPS = ["0-18", "19-29", "30-39", "40-49", "50-59", "60+"]


def facts(file):
    """Person and group of age, by a name such as 83/7883_1909-09-27_1961.jpg: each person has four pictures in a row,
    taken in the middle of a year."""
    number, year, month, _, taken = map(int, re.findall(r"\d+", file.stem))
    age = taken - year - (month >= 7)
    return number // 4, sum(age >= first for first in (19, 30, 40, 50, 60))


def faces(folder):
    """Pixels, people and groups, in the order of the numbers."""
    files = sorted(pathlib.Path(folder).rglob("*.jpg"), key=lambda file: int(file.name.split("_")[0]))
    pixels = [np.asarray(Image.open(file).convert("RGB").resize((SIDE, SIDE), Image.BILINEAR)) for file in files]
    people, groups = zip(*map(facts, files))
    return planes(np.stack(pixels)), torch.tensor(people), torch.tensor(groups)


def planes(pixels):
    """[N, 64, 64, 3], 8-bit or in [0, 1], to [N, 3, 64, 64], 8-bit."""
    if pixels.dtype != np.uint8:
        pixels = (pixels * 255).round().clip(0, 255).astype(np.uint8)
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()


def network(outputs):
    layers, channels = [], 3
    for filters, stride in ((32, 2), (64, 2), (64, 1), (128, 2), (128, 1), (256, 2)):
        layers += [nn.Conv2d(channels, filters, 3, stride, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()]
        channels = filters
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(256 * 4 * 4, outputs))


def unit(pixels):
    return pixels.to(device).float() / 127.5 - 1


def outputs(model, pixels):
    model.eval()
    with torch.no_grad():
        return torch.cat([model(unit(part)) for part in pixels.split(500)]).cpu()


def train(model, pixels, labels, epochs, loss, flip, others=()):
    """Pictures are moved by up to two pixels. `others` are parameters besides the model's."""
    optimizer = torch.optim.AdamW([*model.parameters(), *others], 2e-3, weight_decay=0.05)
    steps, start = epochs * (len(pixels) // BATCH), time.time()
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, steps, pct_start=0.1)
    for epoch in range(epochs):
        model.train()
        total, order = 0, torch.randperm(len(pixels))[:len(pixels) // BATCH * BATCH]
        for part in order.split(BATCH):
            x = F.pad(unit(pixels[part]), (2, 2, 2, 2), mode="replicate")
            top, left = torch.randint(5, (2,)).tolist()
            x = x[:, :, top:top + SIDE, left:left + SIDE]
            if flip:
                x = torch.where(torch.rand(BATCH, 1, 1, 1, device=device) < 0.5, x.flip(3), x)
            value = loss(model(x), labels[part].to(device))
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            schedule.step()
            total += value.item() * BATCH / len(order)
        print(f"epoch {epoch + 1}  loss {total:.4f}  {time.time() - start:.0f} s", flush=True)


def confusion(found, wanted):
    """Prints how often group `wanted`, a row, was found to be each group."""
    table = np.zeros((6, 6), int)
    np.add.at(table, (wanted.numpy(), found.numpy()), 1)
    print("       " + "".join(f"{name:>7}" for name in GROUPS) + "  recovered")
    for group, row in enumerate(table):
        share = row[group] / max(1, row.sum())
        print(f"{GROUPS[group]:>7}" + "".join(f"{count:7}" for count in row) + f"{share:11.3f}")
    near = (found - wanted).abs() <= 1
    print(json.dumps({"faces": len(found), "recovered": round(table.trace() / table.sum(), 4),
                      "within one group": round(near.float().mean().item(), 4)}))


def classifier(folder, file, epochs):
    """The last tenth is held out: other people."""
    pixels, _, groups = faces(folder)
    held = len(pixels) // 10 // 4 * 4
    model = network(6).to(device)
    train(model, pixels[:-held], groups[:-held], epochs, nn.CrossEntropyLoss(label_smoothing=0.05), flip=True)
    torch.save(model.state_dict(), file)
    confusion(outputs(model, pixels[-held:]).argmax(1), groups[-held:])


def load(file, size):
    model = network(size).to(device)
    model.load_state_dict(torch.load(file, map_location=device))
    return model


def ages(file, generated):
    pixels = planes(np.load(generated))
    confusion(outputs(load(file, 6), pixels).argmax(1), torch.arange(len(pixels)) % 6)


EMBEDDING = 128


def people(folder, file, epochs):
    """By cosines with a learnt direction of each person, which have to stand out by 0.2. The last tenth is held out."""
    pixels, names, _ = faces(folder)
    held = len(pixels) // 10 // 4 * 4
    model = network(EMBEDDING).to(device)
    directions = nn.Parameter(torch.randn(int(names.max()) + 1, EMBEDDING, device=device))

    def loss(found, wanted):
        cosines = F.linear(F.normalize(found), F.normalize(directions))
        return F.cross_entropy(20 * (cosines - 0.2 * F.one_hot(wanted, len(directions))), wanted)

    train(model, pixels[:-held], names[:-held], epochs, loss, flip=False, others=[directions])
    torch.save(model.state_dict(), file)
    # What real faces reach: of a hundred people held out, one face and the three of other ages.
    known = pixels[-held:].unflatten(0, (-1, 4))[:100]
    for name, measure in measures(model).items():
        here = [measure(known[:, 0]), *(measure(known[:, other]) for other in (1, 2, 3))]
        nearest, nearer = np.mean([nearness(torch.cdist(other, here[0])) for other in here[1:]], 0)
        print(json.dumps({"real faces at other ages, by": name, "nearest to their own": round(nearest, 3),
                          "nearer than to a random face": round(nearer, 3)}))


def pick(folder, to, count=100):
    """One picture of each of the first hundred people, each time the next of their four."""
    files = {int(file.name.split("_")[0]): file for file in pathlib.Path(folder).rglob("*.jpg")}
    for person in range(count):
        file = files[4 * person + person % 4]
        group = pathlib.Path(to) / str(facts(file)[1])
        group.mkdir(parents=True, exist_ok=True)
        # Numbers of the same length, so that any order is theirs.
        number, rest = file.name.split("_", 1)
        (group / f"{int(number):06}_{rest}").write_bytes(file.read_bytes())


def measures(model):
    """What distances are taken of: pixels, blurred by a deviation of two, and directions of the network's outputs."""
    kernel = torch.exp(-torch.arange(-6, 7) ** 2 / 8.)
    kernel = (kernel / kernel.sum()).expand(3, 1, 1, 13)

    def blurred(pixels):
        x = F.pad(pixels.float() / 255, (6, 6, 6, 6), mode="replicate")
        return F.conv2d(F.conv2d(x, kernel, groups=3), kernel.transpose(2, 3), groups=3).flatten(1)

    return {"blurred pixels": blurred, "network": lambda pixels: F.normalize(outputs(model, pixels))}


def nearness(distances):
    """Of distances [N, N] of pictures to faces: the share of pictures to which their own face is the nearest, and that
    of pairs of a picture and another's face in which its own is nearer."""
    own, count = distances.diag()[:, None], len(distances)
    nearer = (own < distances).sum().item() / (count * (count - 1))
    return (distances.argmin(1) == torch.arange(count)).float().mean().item(), nearer


def strips(folder, hundred):
    """[N, 8, 3, 64, 64]: each face, anew, and in the six groups, as `figment age` draws them below columns' names."""
    rows = []
    for group in sorted(path.name for path in hundred.iterdir()):
        pixels, count = np.asarray(Image.open(folder / f"{group}.png")), len(list((hundred / group).iterdir()))
        pixels = pixels[len(pixels) - 66 * count:, 2:]
        tiles = pixels.reshape(count, 66, 8, 66, 3)[:, :SIDE, :, :SIDE].swapaxes(1, 2)
        rows.append(planes(tiles.reshape(-1, SIDE, SIDE, 3)).unflatten(0, (-1, 8)))
    return torch.cat(rows)


def identity(file, hundred, folders):
    model, hundred = load(file, EMBEDDING), pathlib.Path(hundred)
    files = [file for group in sorted(hundred.iterdir()) for file in sorted(group.iterdir())]
    groups = torch.tensor([facts(file)[1] for file in files])
    for folder in folders:
        shown = strips(pathlib.Path(folder), hundred)
        read = np.stack([np.asarray(Image.open(file).convert("RGB")) for file in files])
        assert (shown[:, 0].float() - planes(read)).abs().mean() < 3, f"{folder} does not show {hundred}"
        for name, measure in measures(model).items():
            face = measure(shown[:, 0])
            distances = [torch.cdist(measure(shown[:, 2 + group]), face) for group in range(6)]
            anew = torch.stack([distances[group][row] for row, group in enumerate(groups)])
            # Aged pictures are those of other groups than the face's own.
            aged = [(distance.diag()[:, None] < distance)[groups != group] for group, distance in enumerate(distances)]
            share = lambda nearer: round(nearer.sum().item() / (len(nearer) * (len(files) - 1)), 3)
            nearest, nearer = nearness(anew)
            print(json.dumps({
                "strips": folder, "by": name, "faces": len(files), "anew nearest to its own face": round(nearest, 3),
                "anew nearer than to a random face": round(nearer, 3),
                "aged nearer than to a random face": share(torch.cat(aged)), **dict(zip(GROUPS, map(share, aged)))}))


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("command", choices=["classifier", "people", "pick", "ages", "identity"])
parser.add_argument("files", nargs="+")
parser.add_argument("--epochs", type=int, default=12)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
device = "cuda" if torch.cuda.is_available() else "cpu"
torch.manual_seed(options.seed)
if options.command == "classifier":
    classifier(*options.files, options.epochs)
elif options.command == "people":
    people(*options.files, options.epochs)
elif options.command == "pick":
    pick(*options.files)
elif options.command == "ages":
    ages(*options.files)
else:
    identity(*options.files[:2], options.files[2:])
