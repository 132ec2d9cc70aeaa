"""A figure's text is caption and alternative text: what says nothing to those who do not see the figure is refused."""

import pytest

from dlnotes_site import blocks, checks

PAGE = """\
# The sigmoid function {{#sigmoid}}

```python
plot()
```

<!-- figure: sigmoid-derivative | {first} -->
<!-- figure: sigmoid-slope | {second} -->
"""
GOOD = "The derivative of the sigmoid function, 0.25 at most"


@pytest.mark.parametrize(
    ("first", "second", "line", "said"),
    [
        (GOOD, "The slope at 0, where it is largest", 0, ""),
        ("", GOOD, 7, "says too little"),
        ("a curve", GOOD, 7, "says too little"),
        ("Sigmoid derivative", GOOD, 7, "says too little"),
        ("sigmoid_derivative", GOOD, 7, "says too little"),
        ("sigmoid-derivative.svg", GOOD, 7, "says too little"),
        ("The Sigmoid function.", GOOD, 7, "is a heading's"),
        (GOOD, GOOD, 8, "is that of line 7"),
        (GOOD, f"{GOOD}.", 8, "is that of line 7"),
        ("**Bold** words and others", GOOD, 7, "no markup"),
    ],
)
def test_a_caption_says_what_is_to_be_seen(first: str, second: str, line: int, said: str) -> None:
    found = list(checks.captions(blocks.read(PAGE.format(first=first, second=second))))
    assert [finding.line for finding in found] == [line] * bool(line)
    assert all(said in finding.text for finding in found)
