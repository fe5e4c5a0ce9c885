"""Local time."""

from datetime import timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""One zone for the whole country, without summer time."""
