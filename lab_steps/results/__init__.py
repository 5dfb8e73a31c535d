"""What was found, as a document and in the formats that people and CI read.

    result.py         the document, and its JSON Schema (result.schema.json)
    delivered.py      what the trails delivered, as far as a report shows it
    fields.py         the document's reference, docs/result.md, written from the types
    reporting.py      a result in the form that is wanted, to stdout or a file
    plain_text.py     for people at a terminal
    html.py           one page, from templates/
    timeline.py       what the trails recorded over time, as a plot
    text_timeline.py  that plot as text
    object_tree.py    a bucket's keys as folders
    junit.py          for CI

It imports `lab` and `checking`. No format checks the lab again.
"""
