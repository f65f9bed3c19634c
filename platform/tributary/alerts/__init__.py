"""Alerts: tells people of problems by mail, chat or webhook, once when they begin and once when they are over.

What is wrong is found in `problems`. Here is what of it is told (`deciding`), what was told (`record`), to whom and how
(`sending`), and who looks again and again (`watching`).
"""
