"""The source `pledges`: pawn-loan bills by branch and month, as branches drop them, down to each ornament.

`files` says what a file must be, `reading` what makes a line unfit, `standin` makes a sample; all tables beyond
`staged` are models under `sql/pledges/`.
"""
