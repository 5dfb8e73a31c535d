"""The 38 steps of the walkthrough, one module for each of its parts."""
