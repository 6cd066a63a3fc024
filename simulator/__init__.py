"""Rackloop: an emulated datacenter for software that sells dedicated servers."""
