"""The source `platform`: what the platform knows of its own tables, as tables that anybody may ask.

What is told comes from the warehouse's engine; tables of a business belong to the other sources.
"""
