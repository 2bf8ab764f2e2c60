"""For the GPU pool, whose nodes are simulated: it never runs there."""
