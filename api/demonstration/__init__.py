"""The demonstration township: 抚松镇 with accounts and some hundred tickets of the last thirty days."""

from api.demonstration.loading import TICKETS, accounts_as_text, load, load_tickets, load_town

__all__ = ["TICKETS", "accounts_as_text", "load", "load_tickets", "load_town"]
