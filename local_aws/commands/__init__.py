"""What `python -m local_aws COMMAND` does besides serving: a module for each command.

Each has `add_options(parser)` and `run(options)`, which returns the exit code; `options.words` are
the words of the command line.
"""

NOT_RUNNING = 3
"""The exit code of `status` where none is running, as service scripts have it (LSB)."""

COMMANDS = {
    "start": "start a local AWS that stop, status, logs and env know",
    "stop": "end the local AWS that was started",
    "status": f"say which local AWS is running, and how it fares; exit code {NOT_RUNNING} for none",
    "logs": "show what the local AWS in the background said",
    "env": 'print the variables that point AWS clients at it: eval "$(local-aws env)"',
    "run": "start a local AWS for a command, and say what the command called",
    "export": "write all records as a folder of log files, as a trail delivers them",
    "policy": "the least-privilege IAM policy of what was called",
    "select": "what event selectors would have recorded of log files, why, and for what price",
}
"""The modules here that are commands, named as they are, and what each does."""

SERVING = frozenset({"start", "run"})
"""Those that also take the options of serving."""
