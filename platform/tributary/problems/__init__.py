"""Problems: what needs somebody, found in one place for all who tell of it: the front page, alerts, whoever measures.

What is known is gathered by `knowing`, what is wrong with it is said by `finding` and put together by `looking`;
nothing here sends or shows.
"""

from tributary.problems.finding import Problem
from tributary.problems.looking import Found, Look

__all__ = ["Found", "Look", "Problem"]
