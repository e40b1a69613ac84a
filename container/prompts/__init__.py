"""Prompts as the WebUI v1.10 reads them: what their syntax means, and the conditioning that it yields."""
