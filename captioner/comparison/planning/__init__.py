"""What is compared with what: plans, conditions, names, checkpoints that are there already."""
