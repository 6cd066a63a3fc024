"""The `provisioner` command."""

from provisioner.cli.app import app, main

__all__ = ["app", "main"]
