"""Integration modules: one per billing system and panel, each doing what its vendor's document says."""
