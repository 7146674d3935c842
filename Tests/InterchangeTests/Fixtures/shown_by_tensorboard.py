"""What TensorBoard shows of a folder, as JSON: the steps and values of `training/loss`, as its own program and its
plugin read them, the steps of the pictures `samples`, and the hyperparameters, as its HParams page reads them."""

import json
import sys

from google.protobuf import json_format
from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
from tensorboard.plugins.hparams import metadata

everything = {"scalars": 0, "images": 0, "tensors": 0}
events = event_accumulator.EventAccumulator(sys.argv[1], everything).Reload()
plugin = plugin_event_accumulator.EventAccumulator(sys.argv[1], everything).Reload()
session = plugin.SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data
assert session.plugin_name == metadata.PLUGIN_NAME
assert plugin.Tensors(metadata.SESSION_START_INFO_TAG)
hyperparameters = metadata.parse_session_start_info_plugin_data(session.content).hparams
print(
    json.dumps(
        {
            "scalars": [[event.step, event.value] for event in events.Scalars("training/loss")],
            "images": [event.step for event in events.Images("samples")],
            "plugin": [event.step for event in plugin.Tensors("training/loss")],
            "hyperparameters": {name: json_format.MessageToDict(hyperparameters[name]) for name in hyperparameters},
        }
    )
)
