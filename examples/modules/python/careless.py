"""The same module with one mistake: an order that was not answered is ordered again, and nobody looks what the first one has done."""

import pathlib

import dcimanager

HERE = pathlib.Path(__file__).parent


def without(file, careful, careless=""):
    source = (HERE / file).read_text()
    assert careful in source
    return compile(source.replace(careful, careless), file, "exec")


LOOKED = """    for last in (False, False, False, True):
        if done():
            return
"""
GIVEN_BACK = """        for extra in server(number)["ip"][1:]:  # an order that came twice
            free(number, extra["id"])
"""
exec(without("dcimanager.py", LOOKED, "    for last in (False, False, False, True):\n"), vars(dcimanager))
exec(without("provision.py", GIVEN_BACK))
