"""The domains of the platform. A new one is a package beside this file, and its line here."""

from __future__ import annotations

from assets.calendar.domain import CALENDAR
from assets.domain import Domain
from assets.meetup.domain import MEETUP
from assets.retail.domain import RETAIL
from assets.sneakers.domain import SNEAKERS
from assets.social.domain import SOCIAL

DOMAINS: tuple[Domain, ...] = (CALENDAR, RETAIL, SOCIAL, SNEAKERS, MEETUP)
