"""Whether what a stack runs fits on the nodes that it declares, told before anything is made."""
