"""How lists are asked for and answered: conditions, columns, order, pages, and the cache of their rows."""
