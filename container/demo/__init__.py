"""A small model of its own: coloured shapes on coloured grounds, trained from nothing. See README.md beside this."""
