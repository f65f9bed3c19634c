"""The network's story: who comes when, who joins, and where trouble is due. It follows from seed and length alone.

Times are positions among all activity, which `rhythm` turns into hours; so every period of one length has the same
story, and the live stream goes on where it ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

from tributary.assets.social.standin.actions import Visit
from tributary.assets.social.standin.behaviour import DOUBLE_FOLLOW, UNFOLLOW_FIRST, Profiles, Walk
from tributary.assets.social.standin.chance import stream
from tributary.assets.social.standin.network import Network
from tributary.assets.social.standin.people import Person, make_people

VISITS_PER_DAY = 300
DOUBLE_FOLLOWS, UNFOLLOWS_FIRST = 24, 10

_STRANGER_SHARE = 0.10
_SOON_MEMBER = 0.5
_NEXT_TO_JOIN = 60
_SETTLED_SHARE = 0.95


class Story:
    """The story of `days` days; `visits` tells it once, and `visit` goes on for ever after."""

    def __init__(self, seed: int, days: int) -> None:
        self.people = make_people(seed, days)
        self._rng = stream(seed, "story", days)
        self._profiles = Profiles(self.people.members)
        self._network = Network(self.people.members[: self.people.founders])
        self._joined = self.people.founders
        self._wrongs: Counter[str] = Counter()
        self._count = VISITS_PER_DAY * days
        self._number = 0

    def visits(self) -> Iterator[Visit]:
        """All visits of the story, in the order in which they begin."""
        joining = self._slots(len(self.people.members) - self.people.founders)
        doubled, reversed_ = self._slots(DOUBLE_FOLLOWS), self._slots(UNFOLLOWS_FIRST)
        for number in range(self._count):
            self._wrongs[DOUBLE_FOLLOW] += number in doubled
            self._wrongs[UNFOLLOW_FIRST] += number in reversed_
            position = (number + self._rng.random()) / self._count
            if number in joining:
                yield self._joining(position)
            else:
                yield self.visit(self._rng, position)

    def visit(self, rng: Random, position: float = 1.0) -> Visit:
        """One more visit, of a member or of somebody who is not signed in, decided by `rng`."""
        self._network.begin_visit()
        if rng.random() < _STRANGER_SHARE:
            walk = self._stranger(rng)
            walk.as_stranger()
        else:
            walk = self._walk(self._network.somebody(rng), rng, known=True)
            walk.as_member()
        return self._told(walk, position)

    def _joining(self, position: float) -> Visit:
        self._network.begin_visit()
        person = self.people.members[self._joined]
        self._joined += 1
        self._network.join(person)
        walk = self._walk(person, self._rng, known=False)
        walk.as_newcomer()
        return self._told(walk, position)

    def _stranger(self, rng: Random) -> Walk:
        soon = self.people.members[self._joined : self._joined + _NEXT_TO_JOIN]
        candidates = soon if soon and rng.random() < _SOON_MEMBER else self.people.strangers
        return self._walk(rng.choice(candidates), rng, known=False)

    def _walk(self, person: Person, rng: Random, *, known: bool) -> Walk:
        return Walk(person, self._network, self._profiles, rng, self._wrongs, known)

    def _told(self, walk: Walk, position: float) -> Visit:
        number = self._number
        self._number += 1
        return Visit(number, position, walk.person, walk.actions)

    def _slots(self, count: int) -> frozenset[int]:
        """`count` visits that are chosen for something; none is so late that it could come to nothing."""
        return frozenset(self._rng.sample(range(int(self._count * _SETTLED_SHARE)), count))
