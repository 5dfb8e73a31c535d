"""The verbs of the command line, one file each: what a verb can be told, and what it does.

    run  doctor  plan  up  check  watch  guide  report  bundle  status  explain  hint  down  class
    policy  local  logs

A verb is a module with `add_options(parser, lab)` and `run(given) -> exit code`; `local` hands
its options on. Verbs import everything below them, `report` also `check`; nothing imports verbs
but `__main__`.
"""
