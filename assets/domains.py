"""The domains of the platform. A new one is a package beside this file, and its line here."""

from __future__ import annotations

from tributary.assets.calendar.domain import CALENDAR
from tributary.assets.domain import Domain
from tributary.assets.meetup.domain import MEETUP
from tributary.assets.retail.domain import RETAIL
from tributary.assets.sneakers.domain import SNEAKERS
from tributary.assets.social.domain import SOCIAL

DOMAINS: tuple[Domain, ...] = (CALENDAR, RETAIL, SOCIAL, SNEAKERS, MEETUP)
