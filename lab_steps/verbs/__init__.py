"""The verbs of the command line, one file each: what a verb can be told, and what it does.

    run  doctor  plan  up  check  watch  guide  report  bundle  status  explain  hint  down  class
    policy  local  logs

A verb is a module with `add_options(parser, lab)` and `run(given) -> exit code`, and a line in
`command_line/parser.py`, which imports it by its name. Only `local`, whose options are not ours,
has `serve`, which `__main__` calls. Verbs import everything below them; `bundle` and `report` also
`check`, `hint` also `explain`.
"""
