"""The DCImanager 5 dialect: functions, envelopes and errors in front of the panel. No decisions here, only words."""

from simulator.api5.app import PATHS, create_app

__all__ = ["PATHS", "create_app"]
