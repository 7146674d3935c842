"""How NumPy prints arrays of 32-bit floats: numpy-text.json, beside this file.

  python numpy_text.py        # NumPy 2
"""
import json, pathlib
import numpy as np

random = np.random.default_rng(5)
cases = {
    "row": [1, 2, 3], "mixed": [1, 2.5, -0.125], "scalar row": [0.1], "large": [1e8, 2], "small": [1e-5, 1],
    "edge of small": [1e-4, 0.05], "ratio": [0.001, 1.5], "zeros": [0, 0, -0.0], "negative exponents": [-1e-10, 0, 3e38],
    "not finite": [np.nan, 1, -np.inf, np.inf], "only nan": [np.nan, np.nan], "integers": [[1, 20], [300, -4]],
    "thirds": list(np.float32(np.arange(9)) / 3), "digits": [123456.79, 1000.1, 999.9],
    "many decimals": [0.000123456789, 0.1], "empty": [], "one": [[[7]]],
    "long row": list(random.normal(size=40)), "matrix": random.normal(size=(3, 4)).tolist(),
    "wide matrix": random.normal(size=(2, 17)).tolist(), "cube": random.normal(size=(2, 2, 3)).tolist(),
    "shortened": np.arange(1200).tolist(), "shortened matrix": np.arange(4000).reshape(40, 100).tolist(),
    "shortened cube": np.arange(1440).reshape(2, 8, 90).tolist(),
}
out = []
for name, values in cases.items():
    array = np.array(values, np.float32)
    counted = array.size > 1000  # 0, 1, 2, …
    values = [] if counted else [repr(float(value)) for value in array.ravel()]
    out.append({"name": name, "shape": list(array.shape), "values": values, "text": str(array).split("\n")})
path = pathlib.Path(__file__).with_name("numpy-text.json")
path.write_text("[\n" + ",\n".join(json.dumps(case) for case in out) + "\n]\n")
