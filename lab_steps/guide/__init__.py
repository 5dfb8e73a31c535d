"""The guide: a page next to the console that ticks each step when it is done.

    lessons.py   what a step asks for, with what is known of the place filled in
    page.py      the page and its parts, by the templates of `results`
    looks.py     the looks that all open pages share
    server.py    who may see the page, and what it is sent

It only reads: all it does to the lab is to look at it, through a session.
"""
