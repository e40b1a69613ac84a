"""A small model of its own: coloured shapes on coloured grounds, trained from scratch. See README.md beside this."""
