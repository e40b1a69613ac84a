"""The model server: draws orders with Stable Diffusion."""

VERSION = "0.1.0"
