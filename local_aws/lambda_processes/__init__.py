"""AWS Lambda without Docker: functions run as local processes.

functions.py     what a function's code is, and how it runs
asynchronous.py  functions called by events: retried, and given up
concurrency.py   how many run at once
environment.py   their environment variables
processes.py     one run of a function, watched until it has ended
runtimes/        what runs in such a process
"""
