"""The Python language host: how the engine runs programs and policy packs."""
