"""Pixels in, image tokens out: any timm model as the encoder of a captioner."""

from captioner.encoders.timm_encoder import TimmEncoder

__all__ = ["TimmEncoder"]
