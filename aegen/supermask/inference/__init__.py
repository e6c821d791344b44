"""Inference of tickets without torch, and their accuracy."""
