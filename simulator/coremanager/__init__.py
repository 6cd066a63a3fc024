"""COREmanager: what the products of that generation share. Documents and their formats, lists, errors, sessions, and the
one address where `func` says what is meant. It knows no product; `simulator.api5` and `simulator.ispmanager` stand on it.
"""
