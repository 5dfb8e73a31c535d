"""The guide: a page next to the console that ticks each step when it is done.

    lessons.py   what a step asks for, in the words of its place
    page.py      the page and its parts, by the templates of `results`
    looks.py     the looks that all open pages share
    server.py    who may see the page, and what it is sent

It only reads: its only way to the lab is a session's look.
"""
