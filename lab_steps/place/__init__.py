"""Where a lab is: the target, who may change it, its state, its stacks."""
