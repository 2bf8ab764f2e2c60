"""Every rule of every pack in one: the engine starts one process for it, where each pack by itself takes its own."""
