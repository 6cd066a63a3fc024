"""Steps on a server of a DCImanager 6 that every billing module for it does alike: the server with its owner, ports and
power; its addresses; its operations.
"""
