"""The same module with one mistake: an order that was not answered is ordered again, whether it took effect or not."""

import pathlib

import dcimanager

CAREFUL = """    for last in (False, False, False, True):
        if done():
            return
"""
CARELESS = """    for last in (False, False, False, True):
"""
source = pathlib.Path(dcimanager.__file__).read_text()
assert CAREFUL in source
exec(compile(source.replace(CAREFUL, CARELESS), dcimanager.__file__, "exec"), vars(dcimanager))

import provision  # noqa: E402, F401 - it answers while it is imported, as it does when it is started
