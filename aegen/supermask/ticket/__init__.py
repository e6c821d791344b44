"""Tickets: files that hold the masks of a network in about their entropy."""
