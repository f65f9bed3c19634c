"""What a message of Segment's protocol is: its JSON, its times, its kinds, and how objects of many are taken apart.

Both sides must agree to the letter, or one takes what the other cannot read. What becomes of a message belongs to them.
"""
