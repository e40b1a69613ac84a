"""Guiding a picture by another: edges, poses, lines. What the WebUI's ControlNet extension does, version 1.1.455."""
