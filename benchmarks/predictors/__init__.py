"""How well costs are predicted, on data that nobody on the project wrote."""
