"""The ticket (工单): one matter from report to verification, with one task for each department."""

from domain.ticket.ticket import Ticket

__all__ = ["Ticket"]
