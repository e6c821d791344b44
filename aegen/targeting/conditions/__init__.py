"""Conditions that a target is made of, one kind a file."""
