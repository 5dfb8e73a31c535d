"""The verbs of the command line, one file each: what a verb can be told, and what it does.

A verb is a module with `add_options(parser, lab)` and `run(given) -> exit code`, and a line in
`command_line/verb_table.py`. Only `local`, whose options are not ours, has `serve`, which
`__main__` calls. Verbs import everything below them; `bundle` and `report` also `check`, `hint`
also `explain`.
"""
