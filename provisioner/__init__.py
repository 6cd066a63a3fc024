"""What a billing system does: services, the modules that provision them, and clients of the panels' HTTP APIs.

It talks HTTP only and knows nothing of the simulator: the same code can be pointed at a real panel.
"""
