"""The DCImanager 6 dialect: its paths, bodies, lists and errors in front of the panel. No decisions here, only words."""

from simulator.api6.app import create_app, create_gateway

__all__ = ["create_app", "create_gateway"]
