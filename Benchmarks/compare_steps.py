"""A training step of the variational autoencoder: figment beside PyTorch, in turns, in one run.

Usage: compare_steps.py [--batch-sizes 16 128] [--devices cpu opencl] [--rounds 5]

Prints, for every batch size, PyTorch's median in both memory formats and figment's on every device, with the
ratio to PyTorch's better one (above 1: figment is faster). Rounds alternate, so that a machine whose speed
drifts treats all alike.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import time

import torch
import torch.nn.functional as F
from torch import nn

FIGMENT = pathlib.Path(__file__).resolve().parent.parent / ".build/release/figment"


class VariationalAutoencoder(nn.Module):
    def __init__(self, channels_last):
        super().__init__()
        self.channels_last = channels_last
        self.convolutions = nn.ModuleList([
            nn.Conv2d(1, 32, 3, padding=1),
            nn.Conv2d(32, 64, 3, stride=2, padding=1),
            nn.Conv2d(64, 64, 3, padding=1),
            nn.Conv2d(64, 64, 3, padding=1),
        ])
        self.dense = nn.Linear(14 * 14 * 64, 32)
        self.mean, self.log_variance = nn.Linear(32, 2), nn.Linear(32, 2)
        self.expand = nn.Linear(2, 14 * 14 * 64)
        self.transposed = nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1)
        self.output = nn.Conv2d(32, 1, 3, padding=1)

    def forward(self, images):
        features = images
        for convolution in self.convolutions:
            features = F.relu(convolution(features))
        features = F.relu(self.dense(features.flatten(1)))
        mean, log_variance = self.mean(features), self.log_variance(features)
        latents = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        features = F.relu(self.expand(latents)).view(-1, 64, 14, 14)
        if self.channels_last:
            features = features.contiguous(memory_format=torch.channels_last)
        return self.output(F.relu(self.transposed(features))), mean, log_variance


def torch_step(batch_size, channels_last):
    """A function that takes one training step and reads the loss."""
    model = VariationalAutoencoder(channels_last)
    images = torch.rand(batch_size, 1, 28, 28)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.RMSprop(model.parameters(), 1e-3, alpha=0.9, eps=1e-7)

    def step():
        logits, mean, log_variance = model(images)
        divergence = torch.mean(1 + log_variance - mean**2 - log_variance.exp())
        loss = F.binary_cross_entropy_with_logits(logits, images) - 5e-4 * divergence
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def torch_milliseconds(step, seconds):
    for _ in range(2):
        step()
    times, start = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - start < seconds:
        began = time.perf_counter()
        step()
        times.append(time.perf_counter() - began)
    return 1e3 * statistics.median(times)


def figment_milliseconds(device, batch_size, seconds):
    arguments = ["benchmark", "steps", "vae", "--device", device, "--batch-size", str(batch_size),
                 "--format", "json", "--seconds", str(seconds)]
    output = subprocess.run([FIGMENT, *arguments], check=True, capture_output=True, text=True).stdout
    return json.loads(output)["median_ms"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[16, 128])
    parser.add_argument("--devices", nargs="+", default=["cpu", "opencl"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()

    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads")
    for batch_size in options.batch_sizes:
        runs = {"torch contiguous": [], "torch channels-last": [], **{f"figment {d}": [] for d in options.devices}}
        steps = {name: torch_step(batch_size, name.endswith("last")) for name in runs if name.startswith("torch")}
        for _ in range(options.rounds):
            for name, times in runs.items():
                if name in steps:
                    times.append(torch_milliseconds(steps[name], options.seconds))
                else:
                    times.append(figment_milliseconds(name.removeprefix("figment "), batch_size, options.seconds))
        medians = {name: statistics.median(times) for name, times in runs.items()}
        best = min(medians[name] for name in steps)
        for name, median in medians.items():
            times = runs[name]
            print(f"batch {batch_size:4d}  {name:20s} {median:8.2f} ms  ({min(times):.2f} to {max(times):.2f})"
                  f"  {best / median:5.2f}×")


if __name__ == "__main__":
    main()
