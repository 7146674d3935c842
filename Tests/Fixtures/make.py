"""Makes all fixture files again, or those whose scripts are named: `python make.py convolution tensors`.

Each script runs in a process of its own, because Keras' number format is a global setting."""

import pathlib
import subprocess
import sys

SCRIPTS = ["convolution", "normalization", "pooling_upsampling", "activations_losses", "tensors",
           "second_derivatives", "optimizers", "training_steps", "adversarial_steps", "adversarial_techniques",
           "dcgan_step", "gan3d_step", "srgan_step", "age_cgan_step",
           "parameter_counts", "backbones", "scores", "distributions"]

folder = pathlib.Path(__file__).parent
for name in sys.argv[1:] or SCRIPTS:
    subprocess.run([sys.executable, folder / f"{name}.py"], check=True)
