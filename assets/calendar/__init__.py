"""The source `calendar`: the days that every other source refers to, and what is known of each.

It has no source but the calendar itself. What a day means to one business (a campaign, a season's sale) belongs to
that source.
"""
