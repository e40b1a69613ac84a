"""The client: a small library for the API, and a command line on top of it."""
