"""From noise to a latent picture, as in the WebUI v1.10: its samplers, schedule types and seeds.

Everything is in variance-exploding scale: x = x0 + sigma * noise.
"""
