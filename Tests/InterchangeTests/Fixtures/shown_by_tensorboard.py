"""What TensorBoard shows of a folder, as JSON: the steps and values of `training/loss`, as its own program and its
plugin read them, and the steps of the pictures `samples`."""

import json
import sys

from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator

everything = {"scalars": 0, "images": 0, "tensors": 0}
events = event_accumulator.EventAccumulator(sys.argv[1], everything).Reload()
plugin = plugin_event_accumulator.EventAccumulator(sys.argv[1], everything).Reload()
print(
    json.dumps(
        {
            "scalars": [[event.step, event.value] for event in events.Scalars("training/loss")],
            "images": [event.step for event in events.Images("samples")],
            "plugin": [event.step for event in plugin.Tensors("training/loss")],
        }
    )
)
