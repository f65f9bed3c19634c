"""The pages of reports under `/reports/`: asking, following requests, reading what they made.

All is made on the server from what the reports declare; the one script only saves reloads, and every page works without
it. What a report is and what becomes of a request is `tributary.reports`' matter, what a page looks like the look's.
"""
