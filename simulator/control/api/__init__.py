"""Handlers of the lab's control API."""
