"""What a model may be asked: the parameters that a report's header declares, their types and what their values may be.

How a report's answers are read as a whole and bound to its SELECT is `assets.reporting`'s matter.
"""
