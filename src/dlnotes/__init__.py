"""dlnotes: the NumPy library behind the study guide.

`import dlnotes` brings the modules below and needs NumPy alone. `dlnotes.plotting`, which needs matplotlib,
is imported by name.

- `perceptron`: a single unit, the logic gates, Rosenblatt's learning rule
- `activations`: activation functions and their derivatives
- `losses`: loss functions and their gradients
- `gradients`: central differences, and checks of a gradient against them
- `layers`: layers with a forward and a backward pass
- `training`: gradient descent, mini-batches, a plain training loop
"""

from dlnotes import activations, gradients, layers, losses, perceptron, training

__all__ = ["activations", "gradients", "layers", "losses", "perceptron", "training"]

__version__ = "0.1.0"
