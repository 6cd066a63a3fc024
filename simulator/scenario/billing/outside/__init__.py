"""Billing sides that we did not write: a class, a program called per verb, a service, a server module of WHMCS."""
