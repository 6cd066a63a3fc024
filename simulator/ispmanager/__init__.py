"""A small ispmanager: the accounts of a shared hosting server, behind the COREmanager dialect (`ispmgr`)."""

from simulator.ispmanager.app import create_app
from simulator.ispmanager.hosting import Hosting, Setup

__all__ = ["Hosting", "Setup", "create_app"]
