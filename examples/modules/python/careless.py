"""The same module with one mistake: an order that was not answered is ordered again, whether it took effect or not."""

import pathlib

CAREFUL = """    for last in (False, False, False, True):
        if done():
            return
"""
CARELESS = """    for last in (False, False, False, True):
"""
source = pathlib.Path(__file__).with_name("provision.py").read_text()
assert CAREFUL in source
exec(compile(source.replace(CAREFUL, CARELESS), "careless.py", "exec"))
