"""Makes the JSON texts beside it as Python's own writer forms them: python3 make.py"""

import json
import pathlib

folder = pathlib.Path(__file__).parent
sample = {
    "text": 'é \x01 \x7f \u2028 😀 " \\ / \n',
    "whole": -7,
    "largest": 2**64 - 1,
    "least": -(2**63),
    "float": 0.1,
    "tiny": 5e-324,
    "large": 1.7976931348623157e308,
    "none": None,
    "empty": [],
    "nested": {"x": [1.5, None], "y": {"a": True}},
}
forms = {
    "default": {},
    "compact": {"separators": (",", ":")},
    "indented": {"indent": 4},
    "sorted": {"sort_keys": True, "indent": "\t"},
    "unescaped": {"ensure_ascii": False},
}
for name, form in forms.items():
    (folder / f"{name}.json").write_text(json.dumps(sample, **form), encoding="utf-8")
(folder / "nan.json").write_text(json.dumps({"a": float("nan")}))
