"""For all tests."""

from hypothesis import HealthCheck, settings

# How long one example takes says what else the machine is doing.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
