"""Recipes: scripts that a freshly installed system is given to run."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.dcim.errors import AlreadyThere, Invalid, NotFound
from simulator.dcim.records import Register
from simulator.kernel import Clock

__all__ = ["Recipe", "Recipes"]

LONGEST = 65_536
"""Characters of a script."""


@dataclass(frozen=True, slots=True)
class Recipe:
    id: int
    name: str
    script: str
    created_at: float
    note: str = ""
    for_all: bool = True
    """Users may order it too, not administrators only."""


class Recipes:
    """An administrator writes them; there are none to begin with."""

    def __init__(self, clock: Clock) -> None:
        self.all: Register[Recipe] = Register("recipe")
        self._clock = clock

    def add(self, name: str, script: str, *, note: str = "", for_all: bool = True) -> Recipe:
        """Raises Invalid, AlreadyThere."""
        self._check(name, script, None)
        return self.all.add(lambda number: Recipe(number, name, script, self._clock.now(), note, for_all))

    def edit(self, number: int, **fields: object) -> Recipe:
        recipe = self.all.get(number)
        self._check(str(fields.get("name", recipe.name)), str(fields.get("script", recipe.script)), number)
        return self.all.change(number, **fields)

    def get(self, key: int | str) -> Recipe:
        """By id or by name; raises NotFound."""
        for recipe in self.all:
            if key in (recipe.id, recipe.name):
                return recipe
        raise NotFound(self.all.kind, key)

    def _check(self, name: str, script: str, number: int | None) -> None:
        if not name.strip():
            raise Invalid("name", "a recipe has a name")
        if not script.strip() or len(script) > LONGEST:
            raise Invalid("script", f"a script has 1 to {LONGEST} characters")
        if any(recipe.name == name and recipe.id != number for recipe in self.all):
            raise AlreadyThere(f"there is a recipe {name} already", name)
