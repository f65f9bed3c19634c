"""What the sensors and schedules of sources share: what they remember, what they ask for, and with how much patience.

What a source's sensor looks at, and what it decides, belongs to the source.
"""
