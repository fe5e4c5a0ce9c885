"""The demonstration township: 抚松镇 with accounts and some hundred tickets of the last thirty days."""

from api.demonstration.loading import accounts_as_text, is_loaded, load, load_town

__all__ = ["accounts_as_text", "is_loaded", "load", "load_town"]
