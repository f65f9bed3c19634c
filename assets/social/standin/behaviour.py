"""What people do in a visit: a walk through the network that leaves actions.

Only the choices belong here. The visit's `wrongs` are troubles that are due: each is taken where it fits.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from tributary.assets.social.standin.actions import (
    FOLLOW,
    LIKE,
    MAX_PAUSE_SECONDS,
    POST,
    SEARCH,
    UNFOLLOW,
    Action,
    Kind,
)
from tributary.assets.social.standin.network import Network, Post
from tributary.assets.social.standin.people import Person, unused
from tributary.assets.social.standin.words import INTERESTS, write_about, write_post, write_search

DOUBLE_FOLLOW, UNFOLLOW_FIRST = "double_follows", "unfollows_before_follow"

_MAX_STEPS = 9
_MEAN_STEPS = 3.2
_WEIGHTS = (28, 25, 25, 7, 1.6, 1.6, 2.0)
"""How often a step that is not writing is looking, liking, following, searching, unfollowing, grouping and editing."""


class Profiles:
    """What members say of themselves now, which names are taken, and who has told the network who they are."""

    def __init__(self, people: tuple[Person, ...]) -> None:
        self.taken = {person.username.lower() for person in people}
        self.identified: set[int] = set()
        self._changed: dict[int, dict[str, Any]] = {}

    def traits(self, person: Person) -> dict[str, Any]:
        """All traits of `person` as they are now."""
        traits: dict[str, Any] = {"username": person.username, "email": person.email}
        if person.about_me:
            traits["about_me"] = person.about_me
        traits |= {
            "age_range": person.age_range,
            "country": person.country,
            "interests": list(person.interests),
            "newsletter": person.newsletter,
            "plan": person.plan,
        }
        return traits | self._changed.get(person.number, {})

    def change(self, person: Person, **traits: object) -> None:
        """Note new values of some traits."""
        self._changed.setdefault(person.number, {}).update(traits)


class Walk:
    """One visit of `person` under way. `rng` decides; `wrongs` counts the troubles that are due."""

    def __init__(
        self, person: Person, network: Network, profiles: Profiles, rng: Random, wrongs: Counter[str], known: bool
    ) -> None:
        self.actions: list[Action] = []
        self.person = person
        self._network = network
        self._profiles = profiles
        self._rng = rng
        self._wrongs = wrongs
        self._known = known
        self._path = "/"
        self._seconds = 0.0
        self._choices = (
            self._look_step, self._like_step, self._follow_step, self._search_step, self._unfollow_step,
            self._group_step, self._edit_step,
        )  # fmt: skip

    def as_stranger(self) -> None:
        """Somebody who is not signed in looks around."""
        self._look("Home", "/")
        for _ in range(self._steps(1.2)):
            name, path = self._rng.choice(
                (("Explore", "/explore"), ("About", "/about"), ("Sign Up", "/signup"), ("Group", self._group()))
            )
            self._look(name, path)

    def as_newcomer(self) -> None:
        """Somebody signs up, tells who they are, and begins to use it."""
        self._look("Home", "/")
        self._look("Sign Up", "/signup")
        self._known = True
        self._identify()
        if self.person.device.numeric_ids or self._rng.random() < 0.03:
            self._do("alias", self.person.device.anonymous_id, {})
        self.as_member()

    def as_member(self) -> None:
        """A member reads, writes, follows and goes."""
        if self.person.number not in self._profiles.identified or self._rng.random() < 0.05:
            self._identify()
        self._look("Feed", "/feed")
        for _ in range(1 + self._steps(_MEAN_STEPS)):
            if self._rng.random() < self.person.talk:
                self._write()
            else:
                self._rng.choices(self._choices, _WEIGHTS)[0]()

    def _look_step(self) -> None:
        name, path = self._rng.choice((("Feed", "/feed"), ("Notifications", "/notifications"), ("Explore", "/explore")))
        self._look(name, path)

    def _like_step(self) -> None:
        post = self._network.post_to_like(self.person, self._rng)
        if post is None:
            return
        if self._rng.random() < 0.4:
            self._look("Post", f"/posts/{post.post_id}")
        self._track(LIKE, {"post_id": post.post_id, "author": post.author.user_id})

    def _follow_step(self) -> None:
        other = self._network.somebody_to_follow(self.person, self._rng)
        if other is None:
            return
        if self._rng.random() < 0.35:
            self._look("Profile", f"/users/{other.user_id}")
        if self._due(UNFOLLOW_FIRST):
            self._track(UNFOLLOW, {"user_id": other.user_id})
        self._network.follow(self.person, other)
        self._track(FOLLOW, {"user_id": other.user_id})
        if self._due(DOUBLE_FOLLOW):
            self._track(FOLLOW, {"user_id": other.user_id})

    def _unfollow_step(self) -> None:
        followed = self._network.following(self.person)
        if followed:
            other = self._rng.choice(followed)
            self._network.unfollow(self.person, other)
            self._track(UNFOLLOW, {"user_id": other.user_id})

    def _search_step(self) -> None:
        query = write_search(self._rng.choice(self.person.interests), self._rng)
        self._look("Search", "/search")
        self._track(SEARCH, {"query": query, "results": int(self._rng.expovariate(1 / 12))})

    def _group_step(self) -> None:
        path = self._group()
        self._look("Group", path)
        name = path.rpartition("/")[2]
        self._do("group", name, {"name": name.replace("-", " ").title(), "role": "member"})

    def _edit_step(self) -> None:
        self._look("Settings", "/settings")
        kind = self._rng.random()
        if kind < 0.45:
            self._edit(about_me=write_about(self.person.interests, self._rng))
        elif kind < 0.8:
            word = self._rng.choice(INTERESTS).replace(" ", "").title()
            self._edit(username=unused(f"{self.person.username}{word}", self._profiles.taken))
        else:
            self._edit(plan="plus" if self._profiles.traits(self.person)["plan"] == "free" else "free")

    def _edit(self, **traits: object) -> None:
        # A form sends what was changed, a page that knows the member's data all of it.
        self._profiles.change(self.person, **traits)
        everything = self._rng.random() < 0.5
        self._do("identify", "", self._profiles.traits(self.person) if everything else dict(traits))

    def _write(self) -> None:
        post_id = f"{self._rng.getrandbits(64):016x}"
        self._network.post(Post(post_id, self.person))
        body = write_post(self._rng.choice(self.person.interests), self._rng)
        self._track(POST, {"author": self.person.user_id, "body": body, "post_id": post_id})

    def _identify(self) -> None:
        self._profiles.identified.add(self.person.number)
        self._do("identify", "", self._profiles.traits(self.person))

    def _look(self, name: str, path: str) -> None:
        self._path = path
        self._do("page" if self.person.device.has_pages else "screen", name, {})

    def _track(self, event: str, properties: dict[str, Any]) -> None:
        self._do("track", event, properties)

    def _do(self, kind: Kind, name: str, body: dict[str, Any]) -> None:
        self.actions.append(Action(kind, name, body, self._seconds, self._path, self._known))
        self._seconds += min(MAX_PAUSE_SECONDS, 2 + self._rng.expovariate(1 / 18))

    def _due(self, trouble: str) -> bool:
        if not self._wrongs[trouble]:
            return False
        self._wrongs[trouble] -= 1
        return True

    def _steps(self, mean: float) -> int:
        return min(_MAX_STEPS, int(self._rng.expovariate(1 / mean)))

    def _group(self) -> str:
        return f"/groups/{self._rng.choice(INTERESTS).replace(' ', '-')}-friends"
