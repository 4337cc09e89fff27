"""What a captioner sees, drawn: attention maps and sheets of pictures."""
