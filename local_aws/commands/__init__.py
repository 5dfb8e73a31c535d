"""What `python -m local_aws COMMAND` does besides serving: a module for each command.

Each has SUMMARY, `add_options(parser)` and `run(options)`, which returns the exit code; with
SERVES it also takes the options of serving. `options.words` are the words of the command line.
"""

COMMANDS = (
    "start",
    "stop",
    "status",
    "logs",
    "env",
    "run",
    "export",
    "policy",
    "select",
)
"""The modules here that are commands, named as they are."""
