"""The processes of `tributary up`: what they are, starting, watching and stopping them together.

Nothing is printed here: the command line says what is going on. Only the standard library is imported at the top.
"""
