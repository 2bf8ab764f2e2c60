"""Policy packs: one folder per pack. They read their own data and what the engine hands them, and nothing else."""
