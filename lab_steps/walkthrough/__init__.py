"""The lab: the 38 steps of the walkthrough, their trails, table, calls and checks."""
