"""Five steps of every optimizer on two parameters with given gradients, from Keras."""

import keras
import numpy as np

from fixtures import Fixture

fixture = Fixture("optimizers", seed=7)
STEPS = 5
# One gradient element is always zero and one tiny: there epsilon decides.
shapes = [(3, 4), (5,)]


def case(name, optimizer, slots, **attributes):
    """Roles: `parameter<p>`, `gradient<p>` `[5, …]`, `values<p>` `[5, …]` after each step, and
    `<slot><p>` at the end."""
    initial = [fixture.normal(*shape) for shape in shapes]
    gradients = [fixture.normal(STEPS, *shape) for shape in shapes]
    gradients[1][:, 0] = 0
    gradients[1][:, 1] *= np.float32(1e-6)
    variables = [keras.Variable(value, dtype="float64", name=f"p{i}") for i, value in enumerate(initial)]
    values = [[], []]
    for step in range(STEPS):
        optimizer.apply([g[step].astype(np.float64) for g in gradients], variables)
        for trace, variable in zip(values, variables):
            trace.append(variable.numpy())
    tensors = {}
    for p in range(len(shapes)):
        tensors[f"parameter{p}"] = initial[p]
        tensors[f"gradient{p}"] = gradients[p]
        tensors[f"values{p}"] = np.stack(values[p])
        for slot, attribute in slots.items():
            tensors[f"{slot}{p}"] = getattr(optimizer, attribute)[p].numpy()
    fixture.case(name, {"source": "keras", **attributes}, tensors)


optimizers = keras.optimizers
case("sgd", optimizers.SGD(0.01), {}, rule="sgd", learningRate=0.01, momentum=0, nesterov=False)
for nesterov in (False, True):
    case("sgd-nesterov" if nesterov else "sgd-momentum", optimizers.SGD(0.01, momentum=0.9, nesterov=nesterov),
         {"velocity": "momentums"}, rule="sgd", learningRate=0.01, momentum=0.9, nesterov=nesterov)
case("rmsprop", optimizers.RMSprop(1e-3, rho=0.9, epsilon=1e-7), {"meanSquare": "_velocities"},
     rule="rmsProp", learningRate=1e-3, rho=0.9, epsilon=1e-7)
moments = {"firstMoment": "_momentums", "secondMoment": "_velocities"}
case("adam", optimizers.Adam(1e-3), moments, rule="adam", learningRate=1e-3, beta1=0.9, beta2=0.999,
     epsilon=1e-7)
case("adam-gan", optimizers.Adam(2e-4, beta_1=0.5), moments, rule="adam", learningRate=2e-4, beta1=0.5,
     beta2=0.999, epsilon=1e-7)
case("adamw", optimizers.AdamW(1e-3, weight_decay=4e-3), moments, rule="adamW", learningRate=1e-3,
     beta1=0.9, beta2=0.999, epsilon=1e-7, weightDecay=4e-3)

fixture.write()
