"""Rules about calls: how a client speaks to a panel."""
