"""Prompts as the WebUI v1.10 reads them: what their signs mean, and the conditioning that they come to."""
