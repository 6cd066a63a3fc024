"""Small panels, billing systems in front of them, and what can happen to the messages and processes between."""
