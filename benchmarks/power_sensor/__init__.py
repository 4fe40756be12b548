"""How well a GPU's own power sensor agrees with an external power meter, once it is corrected."""
