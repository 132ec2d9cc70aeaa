"""What a computational graph shows: its nodes, checked, and the texts of nodes and lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dlnotes.plotting import _style as style

type Node = str | tuple[str, str, Sequence[str]]
type Value = float | str
type Gradients = Mapping[str | tuple[str, str], Value]


@dataclass(frozen=True)
class Graph:
    """What is drawn: operations and inputs of each node, texts of each node and of each line."""

    ops: dict[str, str]  # node -> operation; "" for a variable
    inputs: dict[str, list[str]]
    above: dict[str, str]
    below: dict[str, str]
    branch: dict[tuple[str, str], str]
    names: dict[str, str]  # text of variables and of the ends of the graph


def read_graph(nodes: Sequence[Node], values: Mapping[str, Value], gradients: Gradients, form: str) -> Graph:
    """Check the description; every result gets a further node that shows its name."""
    ops: dict[str, str] = {}
    inputs: dict[str, list[str]] = {}
    for node in nodes:
        name, op, needs = (node, "", ()) if isinstance(node, str) else _operation(node)
        if name in ops:
            raise ValueError(f"node {name!r} is defined twice")
        ops[name], inputs[name] = op, list(needs)
    if not ops:
        raise ValueError("nodes expects at least one node, got none")
    consumers: dict[str, set[str]] = {name: set() for name in ops}
    for name, needs in inputs.items():
        for need in needs:
            if need not in ops:
                raise ValueError(f"node {name!r} has the unknown input {need!r}; known are {', '.join(ops)}")
            consumers[need].add(name)
    for key in (*values, *gradients):
        name, *rest = (key,) if isinstance(key, str) else key
        if name not in ops or any(consumer not in consumers[name] for consumer in rest):
            raise ValueError(f"a value or gradient is given for the unknown node {key!r}; known are {', '.join(ops)}")
    names = {name: name for name, op in ops.items() if not op}
    for name in [name for name in ops if ops[name] and not consumers[name]]:
        end = f"\0end\0{name}"  # the name of a result stands at the end of its line, as a node of its own
        ops[end], inputs[end], names[end] = "", [name], name
    return Graph(
        ops,
        inputs,
        above={name: style.number(v, form) for name, v in values.items()},
        below={name: style.number(v, form) for name, v in gradients.items() if isinstance(name, str)},
        branch={key: style.number(v, form) for key, v in gradients.items() if not isinstance(key, str)},
        names=names,
    )


def _operation(node: object) -> tuple[str, str, Sequence[str]]:
    match node:
        case (str(name), str(op), [*needs]) if op and needs and all(isinstance(need, str) for need in needs):
            return name, op, [str(need) for need in needs]
    raise TypeError(f"a node is a name or (name, operation, [inputs]), got {node!r}")
