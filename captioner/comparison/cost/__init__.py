"""What captioners cost: time, memory, steps, and how far their gradients reach."""
