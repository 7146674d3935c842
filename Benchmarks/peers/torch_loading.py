"""Decodes and resizes a folder of pictures to 64×64 as torchvision users do, once: `torch_loading.py FOLDER`; prints the seconds."""

import sys
import time

import torch
from torchvision import transforms
from torchvision.datasets import ImageFolder

transform = transforms.Compose(
    [transforms.Resize(64), transforms.CenterCrop(64), transforms.ToTensor()])  # antialiased, bilinear


def main():
    start = time.perf_counter()
    loader = torch.utils.data.DataLoader(ImageFolder(sys.argv[1], transform), batch_size=128, num_workers=2)
    count = sum(len(images) for images, _ in loader)
    print(f"{time.perf_counter() - start:.3f}", count)


if __name__ == "__main__":
    main()
