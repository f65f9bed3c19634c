"""The data API at `/api/v1`: tables and named resources over one publication, for programs.

Names come from the catalogue, values are bound, and every refusal is a problem document (RFC 9457). How rows are read
is `resources.serving`'s matter; pages for people are the other packages'.
"""
