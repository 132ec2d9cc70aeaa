"""dlnotes: the NumPy library behind the study guide.

`import dlnotes` brings the modules below and needs NumPy alone. `dlnotes.plotting`, which needs matplotlib,
is imported by name.

- `perceptron`: a single unit, the logic gates, Rosenblatt's learning rule
- `activations`: activation functions and their derivatives
- `losses`: loss functions and their gradients
- `gradients`: central differences, and checks of a gradient against them
- `convolution`: convolution and pooling of images
- `initializers`: initial values of weights
- `layers`: layers with a forward and a backward pass
- `normalization`: batch normalisation
- `optimizers`: rules that make new parameters out of gradients
- `datasets`: handwritten digits, points in the plane, MNIST
- `augmentation`: batches of images moved, mirrored, turned, disturbed
- `training`: gradient descent, mini-batches, training loops, accuracy
"""

from dlnotes import (
    activations,
    augmentation,
    convolution,
    datasets,
    gradients,
    initializers,
    layers,
    losses,
    normalization,
    optimizers,
    perceptron,
    training,
)

__all__ = [
    "activations",
    "augmentation",
    "convolution",
    "datasets",
    "gradients",
    "initializers",
    "layers",
    "losses",
    "normalization",
    "optimizers",
    "perceptron",
    "training",
]

__version__ = "0.1.0"
