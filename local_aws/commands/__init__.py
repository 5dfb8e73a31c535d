"""What `python -m local_aws COMMAND` does besides serving: a module for each command.

Each has SUMMARY, `add_options(parser)` and `run(options)`, which returns the exit code.
"""

COMMANDS = ("select",)
"""The modules here that are commands, named as they are."""
