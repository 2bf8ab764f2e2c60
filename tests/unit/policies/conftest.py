"""For all tests of rules."""

from hypothesis import settings

# How long one example takes says what else the machine is doing.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
