"""The functions, one package for each resource."""

import gc

# A start makes some 100,000 objects and drops few: the collector would look through them hundreds of times in vain.
gc.set_threshold(200_000)
