"""The source `sneakers`: what a collector wrote down about their pairs, from the form app's event log to questions.

Pulling the events, staging them and noticing new ones belong here. What may be written down is the form app's matter;
what the events come to is in `sql/sneakers/`.
"""
