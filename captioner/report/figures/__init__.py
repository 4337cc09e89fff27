"""The figures of a report: one idea each, readable in grey and by the colour-blind."""
