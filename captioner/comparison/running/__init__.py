"""The commands of a comparison: tasks, their order, what they leave behind."""
