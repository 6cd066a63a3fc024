"""Devices recorded: asked for all that they tell, made into a page and a walk, and compared with what the page makes of them.

Nothing here writes to a device.
"""
