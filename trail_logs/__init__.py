"""Log files of any bucket or folder: read, count, and check what they should contain.

    athena/                    the same expectations as one SQL statement for Amazon Athena
    reader.py                  reads a location: the answer to every expectation
    workers.py                 decodes log files on several CPUs
    cache.py                   keeps what was read, so that only what is new is read again
    surveying/                 what is in log files, without expectations
    tally.py                   counts what is in each file, and merges the counts
    expectation_predicates.py  expectations compiled for the local reader
    expectations.py            what to search for, as data
    selecting/                 what event selectors would have recorded
    other_forms.py             records in other forms than log files
    records.py                 a log file's records, typed
    damage.py                  what makes a file or a record damaged
    sources/                   where log files come from: a folder, a bucket, a bundle
    layout.py                  which prefixes can have the wanted records
    endpoints.py               the host of an endpoint URL
    prices.py                  list prices
    counting.py                numbers of things, as text

Imports go down this list. It imports `cloudtrail`. `lab_steps` and the local AWS's command line
(`local_aws.commands`) import it.
"""
