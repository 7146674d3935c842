"""Draws how many times as fast as PyTorch figment takes training steps, from a file of `compare.py steps`.

Usage: chart.py RESULTS.jsonl PICTURE.png        (needs matplotlib)
"""
import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


def main():
    machine, *rows = [json.loads(line) for line in open(sys.argv[1])]
    programs = list(dict.fromkeys(row["program"] for row in rows if row["program"].startswith("figment")))
    steps = list(dict.fromkeys((row["step"], row["batch"]) for row in rows))
    figure, axes = plt.subplots(figsize=(9, 4.2), dpi=110)
    width = 0.8 / len(programs)
    for index, program in enumerate(programs):
        ratios = [next(r["ratio"] for r in rows if (r["step"], r["batch"], r["program"]) == (*step, program))
                  for step in steps]
        places = [position + (index - (len(programs) - 1) / 2) * width for position in range(len(steps))]
        bars = axes.bar(places, ratios, width, label=program, color=["#3b6fb6", "#e08a3c", "#5a9e6f"][index % 3])
        axes.bar_label(bars, [f"{ratio:.1f}" for ratio in ratios], padding=2, fontsize=8)
    axes.axhline(1, color="black", linewidth=1)
    axes.text(len(steps) - 0.5, 1, " PyTorch", va="bottom", fontsize=8)
    axes.set_xticks(range(len(steps)), [name.replace("-", "-\n") + f"\nbatch {batch}" for name, batch in steps], fontsize=8)
    axes.set_ylabel("times as fast as PyTorch")
    axes.set_title(f"A training step, {machine['machine']}, {machine['cores']} cores, {machine['date']}", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    figure.tight_layout()
    figure.savefig(sys.argv[2])


if __name__ == "__main__":
    main()
