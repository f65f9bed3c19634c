"""The network as its members see it: who is there, who follows whom, and which posts there are to like.

What happens in a visit is seen by others some visits later, since visits overlap: so nobody likes a post before it was
written, or follows somebody before they joined, at whatever times the visits are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from tributary.assets.social.standin.people import Person

SEEN_AFTER_VISITS = 20
REST_VISITS = 40
"""Nobody comes again sooner, so that no two visits of one person overlap."""

_POSTS_REMEMBERED = 300
_TRIES = 8
_FRIEND_OF_MANY, _SAME_INTEREST = 0.45, 0.85


@dataclass(frozen=True, slots=True)
class Post:
    """A post that can be liked."""

    post_id: str
    author: Person


class _Weighted:
    """People drawn by weight; the list grows."""

    def __init__(self) -> None:
        self._people: list[Person] = []
        self._cumulated: list[float] = []

    def add(self, person: Person, weight: float) -> None:
        self._people.append(person)
        self._cumulated.append(weight + (self._cumulated[-1] if self._cumulated else 0.0))

    def draw(self, rng: Random) -> Person:
        return self._people[bisect_right(self._cumulated, rng.random() * self._cumulated[-1])]


class Network:
    """The state that visits read and change."""

    def __init__(self, founders: Sequence[Person]) -> None:
        self._visits = 0
        self._visitors = _Weighted()
        self._resting: deque[int] = deque(maxlen=REST_VISITS)
        self._by_appeal = _Weighted()
        self._by_interest: dict[str, _Weighted] = defaultdict(_Weighted)
        self._followed: list[Person] = []
        self._posts: deque[Post] = deque(maxlen=_POSTS_REMEMBERED)
        self._unseen: deque[tuple[int, Callable[[], None]]] = deque()
        self._following: dict[int, list[Person]] = defaultdict(list)
        for person in founders:
            self._visitors.add(person, person.activity)
            self._show(person)

    def begin_visit(self) -> None:
        """Count a visit, and let what has become old enough be seen."""
        self._visits += 1
        while self._unseen and self._unseen[0][0] + SEEN_AFTER_VISITS < self._visits:
            self._unseen.popleft()[1]()

    def somebody(self, rng: Random) -> Person:
        """A member who comes now; the active ones come more often, and nobody twice within `REST_VISITS`."""
        person = self._visitors.draw(rng)
        while person.number in self._resting:
            person = self._visitors.draw(rng)
        self._resting.append(person.number)
        return person

    def join(self, person: Person) -> None:
        """Make `person` a member, whose visit this is."""
        self._visitors.add(person, person.activity)
        self._resting.append(person.number)
        self._unseen.append((self._visits, partial(self._show, person)))

    def following(self, person: Person) -> Sequence[Person]:
        """Whom `person` follows, the longest followed first."""
        return self._following[person.number]

    def follow(self, person: Person, other: Person) -> None:
        """Note that `person` follows `other`, which makes `other` likelier to be followed by more."""
        self._following[person.number].append(other)
        self._unseen.append((self._visits, partial(self._followed.append, other)))

    def unfollow(self, person: Person, other: Person) -> None:
        """Note that `person` follows `other` no longer."""
        self._following[person.number].remove(other)

    def post(self, post: Post) -> None:
        """Note a new post."""
        self._unseen.append((self._visits, partial(self._posts.append, post)))

    def somebody_to_follow(self, person: Person, rng: Random) -> Person | None:
        """Somebody whom `person` does not follow yet: mostly those with many followers, or of the same interests."""
        for _ in range(_TRIES):
            chance = rng.random()
            if chance < _FRIEND_OF_MANY and self._followed:
                other = rng.choice(self._followed)
            elif chance < _SAME_INTEREST:
                interest = rng.choice(person.interests)
                other = self._by_interest[interest].draw(rng)
            else:
                other = self._by_appeal.draw(rng)
            if other is not person and other not in self._following[person.number]:
                return other
        return None

    def post_to_like(self, person: Person, rng: Random) -> Post | None:
        """A recent post of somebody else, rather of one whom `person` follows; None where nobody has posted."""
        if not self._posts:
            return None
        followed = self._following[person.number]
        found = None
        for _ in range(_TRIES):
            # The latest posts are at the top of the feed.
            post = self._posts[-1 - int(len(self._posts) * rng.random() ** 2)]
            if post.author is not person:
                found = post
                if post.author in followed:
                    break
        return found

    def _show(self, person: Person) -> None:
        self._by_appeal.add(person, person.appeal)
        for interest in person.interests:
            self._by_interest[interest].add(person, person.appeal)
