"""What a captioner sees, drawn: attention maps and sheets of pictures."""

from captioner.visual.attention_figure import attention_figure

__all__ = ["attention_figure"]
