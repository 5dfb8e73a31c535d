"""A process that serves until a signal, as commands do it.

`options`: what can be asked for, `running`: from the start until a signal, `foreground`: which
signals end it, and how it waits for them, `garbage`: when it is collected, `log_bounds`: a log
that stays small.
"""
