"""What people talk about: the words of each interest, and the grammar that makes posts of them.

Only text belongs here; who writes when does not. Some of it is awkward on purpose: line breaks, quotes, emoji, accents,
and braces that look like the seam between two JSON records.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Interest:
    """An interest with its words: `things` one has or makes, `places` where, `deeds` in the past tense."""

    name: str
    emoji: str
    things: tuple[str, ...]
    places: tuple[str, ...]
    deeds: tuple[str, ...]
    remarks: tuple[str, ...] = ()


INTERESTS = (
    Interest(
        "gardening", "🌱",
        ("broad beans", "a quince tree", "late dahlias", "three kinds of thyme", "the compost heap", "sweet peas"),
        ("on the allotment", "behind the shed", "on a north-facing balcony", "in the cold frame"),
        ("pricked out", "mulched", "rescued", "divided", "watered"),
        ("Frost tonight, fleece is on. Good luck, little ones.",),
    ),
    Interest(
        "baking", "🥐",
        ("rye starter", "a cardamom plait", "crème pâtissière", "six baguettes", "grandmother's strudel", "focaccia"),
        ("in a cast-iron pot", "in the village oven", "in a tiny kitchen", "at the school fair"),
        ("proved", "burnt", "finally mastered", "shared", "kneaded"),
        ("Hydration at 82 % and I regret nothing.",),
    ),
    Interest(
        "cycling", "🚲",
        ("a steel tourer", "new brake pads", "a wheel without a wobble", "120 km before lunch", "the cobbled climb"),
        ("along the canal", "over the pass", "through the forest", "into a headwind", "round the reservoir"),
        ("trued", "greased", "rode", "cursed", "polished"),
        ("Headwind out, headwind back. Explain that.",),
    ),
    Interest(
        "photography", "📷",
        ("a roll of slide film", "the blue hour", "my neighbour's cat", "reflections", "a 50 mm lens", "the old pier"),
        ("at the harbour", "under the viaduct", "in fog", "from the top deck of the bus"),
        ("underexposed", "developed", "framed", "waited two hours for", "printed"),
        ("The best light came when the camera was packed away.",),
    ),
    Interest(
        "birdwatching", "🐦",
        ("a kingfisher", "two hoopoes", "a very loud wren", "the first swifts", "a short-eared owl", "some gulls"),
        ("at the gravel pits", "from the hide", "on the estuary", "over the supermarket"),
        ("heard", "counted", "missed", "sketched", "nearly stepped on"),
        ("Year list: 141. Patience list: 0.",),
    ),
    Interest(
        "board games", "🎲",
        ("a four-hour trading game", "the missing meeple", "a solo campaign", "our house rules", "the expansion"),
        ("at the library", "on game night", "in the pub's back room", "on a train table"),
        ("lost", "taught", "painted", "packed", "sorted"),
        ("House rule: who explains the rules never wins.",),
    ),
    Interest(
        "coding", "💻",
        ("a parser", "the flaky test", "a 12-line script", "our oldest module", "a merge conflict", "type hints"),
        ("on a Friday", "in the staging area", "on the train", "at the meet-up"),
        ("deleted", "rewrote", "documented", "blamed", "profiled"),
        (
            "TIL: {}{} is two empty dicts, and my linter has opinions.",
            'Logged {"a":1}{"b":2} without a newline. Somebody has to read that now.',
            "Naming things, again:\n- thing\n- thing2\n- the_real_thing",
        ),
    ),
    Interest(
        "football", "⚽",
        ("the away end", "a last-minute equaliser", "our under-11s", "the offside rule", "a muddy derby"),
        ("in the rain", "on the common", "at the old ground", "in extra time"),
        ("cheered", "refereed", "argued about", "survived", "filmed"),
        ("Nil all, and the best nil all of the season… ¡olé!",),
    ),
    Interest(
        "books", "📚",
        ("a doorstop of a novel", "a slim book of essays", "the sequel", "a signed copy", "travel diaries"),
        ("in one sitting", "by the stove", "on the night bus", "at the book swap"),
        ("finished", "abandoned", "lent", "reread", "annotated"),
        ("A bookmark is just a promise in paper form.",),
    ),
    Interest(
        "music", "🎻",
        ("the second movement", "a borrowed cello", "an out-of-tune piano", "a brass band", "four chords", "vinyl"),
        ("in the stairwell", "at open mic", "with the choir", "on a rooftop"),
        ("rehearsed", "recorded", "tuned", "hummed", "borrowed"),
        ("The metronome and I are no longer on speaking terms.",),
    ),
    Interest(
        "hiking", "🥾",
        ("the ridge path", "blisters", "a hut with soup", "the long way round", "a thermos of tea", "wild garlic"),
        ("above the tree line", "in horizontal rain", "before sunrise", "on the coast path"),
        ("swore by", "sketched", "praised", "earned", "underestimated"),
        ("No such thing as bad weather. That is what I told my socks.",),
    ),
    Interest(
        "film", "🎬",
        ("a silent comedy", "the director's cut", "a double bill", "subtitles", "the worst sequel ever", "a noir"),
        ("at the open-air cinema", "in row F", "on a bedsheet screen", "at the festival"),
        ("watched", "walked out of", "defended", "rewatched", "slept through"),
        ("Stayed for the credits. All of them.",),
    ),
)  # fmt: skip

_OPENINGS = (
    "", "", "", "Today: ", "Small victory. ", "Update: ", "So… ", "Finally! ", "Note to self: ", "Well. ",
    "«Just one more», I said. ",
)  # fmt: skip
_SENTENCES = (
    "{deed} {thing} {place}.",
    "{deed} {thing} {place}, and would do it again tomorrow.",
    "Who else has {deed_low} {thing} {place}?",
    "Never thought I would miss {thing}.",
    "{thing_up}, {place}. That is the whole post.",
    "Three years ago I knew nothing about {thing}. Now look.",
    "Can anybody recommend {thing}? Asking for a friend.",
    "My neighbour {deed_low} {thing} {place}; I only watched.",
    "{thing_up} and {other}: a love story.",
    "It is {hour} o'clock and I am thinking about {thing}.",
    "Swapped {other} for {thing}. No regrets so far.",
    "Never say no to {thing} {place}.",
)
_CLOSINGS = (
    "", "", "", "", " {emoji}", " {emoji}{emoji}", " #{tag}", " #{tag} {emoji}", " More photos tomorrow.",
    "\n\nThoughts?",
    ' "Worth it," she said.', " (Yes, again.)",
)  # fmt: skip
_ABOUTS = (
    "{tag} and {tag2}, in that order",
    "Mostly {tag}. Sometimes {tag2}.",
    "{emoji} {tag} / {emoji2} {tag2}",
    "Here for the {tag}, staying for the {tag2}",
    "Amateur of {tag}; {place} most weekends",
    "I {deed_low} {thing} once and never stopped talking about it",
    "{tag}, {tag2} & bad puns",
)
_BY_NAME = {interest.name: interest for interest in INTERESTS}
_NAMES = tuple(_BY_NAME)


def interest_names() -> tuple[str, ...]:
    """The names of all interests."""
    return _NAMES


def write_post(name: str, rng: Random) -> str:
    """The body of a post about the interest called `name`: one to three sentences."""
    interest = _BY_NAME[name]
    if interest.remarks and rng.random() < 0.06:
        return rng.choice(interest.remarks)
    sentences = [_filled(rng.choice(_SENTENCES), interest, rng) for _ in range(rng.choice((1, 1, 2, 2, 3)))]
    return rng.choice(_OPENINGS) + " ".join(sentences) + _filled(rng.choice(_CLOSINGS), interest, rng)


def write_about(names: tuple[str, ...], rng: Random) -> str:
    """What somebody with the interests `names` (two or more) says of themself."""
    first, second = _BY_NAME[names[0]], _BY_NAME[names[1]]
    text = _filled(rng.choice(_ABOUTS), first, rng, tag2=second.name, emoji2=second.emoji)
    return text[:1].upper() + text[1:]


def write_search(name: str, rng: Random) -> str:
    """What somebody with this interest looks for."""
    return rng.choice(_BY_NAME[name].things)


def _filled(pattern: str, interest: Interest, rng: Random, **more: str) -> str:
    if "{" not in pattern:
        return pattern
    thing, other = rng.sample(interest.things, 2)
    deed = rng.choice(interest.deeds)
    words = {
        "thing": thing,
        "thing_up": thing[:1].upper() + thing[1:],
        "other": other,
        "place": rng.choice(interest.places),
        "deed": deed[:1].upper() + deed[1:],
        "deed_low": deed,
        "hour": str(rng.randint(5, 11)),
        "emoji": interest.emoji,
        "tag": interest.name.replace(" ", ""),
        **more,
    }
    return string.Formatter().vformat(pattern, (), words)
