"""The client: a small library for the API, and the command line on it."""
