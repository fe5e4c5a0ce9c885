"""The demonstration township: 抚松镇 with accounts and some hundred tickets of the last thirty days."""

from api.demonstration.loading import accounts_as_text, load

__all__ = ["accounts_as_text", "load"]
