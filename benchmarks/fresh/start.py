"""Imports a neighbouring module at a call depth, and prints the processor seconds of the process until then.

python -S start.py function|raw DEPTH
"""

import sys
import time
from importlib import import_module


def start(name: str, depth: int) -> None:
    if depth:
        start(name, depth - 1)
    else:
        import_module(name)


start(sys.argv[1], int(sys.argv[2]))
print(time.process_time())
