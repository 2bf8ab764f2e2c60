"""Queues for work that asks for GPUs, CPUs and memory: who may have how much, who lends to whom, who waits."""
