"""The code server: the process that holds the definitions, and the template from which it and its runs are forked.

Importing Dagster and the definitions costs seconds of processor time and a hundred megabytes; here that is paid once.
"""
