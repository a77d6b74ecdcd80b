"""Calendars over HTTP, answered from memory, before the web framework sees them."""
