"""What a captioner does, made visible."""

from captioner.report.attention_figure import attention_figure

__all__ = ["attention_figure"]
