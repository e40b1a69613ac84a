"""Stable Diffusion 2.x and SDXL as small as Architecture("tiny")."""

from pathlib import Path

from container.architectures import Architecture

TINY_2 = Architecture("tiny_2", Path(__file__).parent)
TINY_XL = Architecture("tiny_xl", Path(__file__).parent)
