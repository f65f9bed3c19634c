"""What the made-up groups are about: names, topics, and the words that their events' titles are made of.

Words belong here; who meets when and where is decided in `founding` and `meeting`.
"""

from __future__ import annotations

from dataclasses import dataclass

TECH = ("292", "Technology", "technology")
OUTDOORS = ("684", "Sports & Fitness", "sports-fitness")
CAREER = ("405", "Career & Business", "career-business")
"""Topic categories: id, name and urlkey."""


@dataclass(frozen=True)
class Theme:
    """A subject.

    Attributes:
        name: as it stands in group names.
        category: id, name and urlkey of the topic category.
        topics: names of the topics, the main one first.
        subjects: what an event can be about.
        formats: what an event can be, with `{}` where the subject goes.
        since: the first year in which groups on it were founded.
    """

    name: str
    category: tuple[str, str, str]
    topics: tuple[str, ...]
    subjects: tuple[str, ...]
    formats: tuple[str, ...]
    since: int = 2008


_TALKS = ("Intro to {}", "{} Workshop", "{} in Production", "Lightning Talks: {}", "An Evening on {}", "{} Study Group")

THEMES = (
    Theme(
        "Python",
        TECH,
        ("Python", "Web Development", "Open Source", "Software Development"),
        ("Django", "Flask", "asyncio", "Type Hints", "Decorators", "Packaging", "pytest", "pandas", "Generators"),
        (*_TALKS, "Python Project Night: {}", "Pythonistas & Pizza 🍕 {}"),
    ),
    Theme(
        "Data Science",
        TECH,
        ("Data Science", "Data Analytics", "Statistics", "Python", "Big Data"),
        ("Bayesian Statistics", "Forecasting", "A/B Testing", "Data Pipelines", "SQL", "Recommenders", "Causal Models"),
        (*_TALKS, "Data Dive: {}", "Kaggle Night — {}"),
    ),
    Theme(
        "Machine Learning",
        TECH,
        ("Machine Learning", "Deep Learning", "Artificial Intelligence", "Data Science"),
        ("Neural Networks", "Gradient Boosting", "Computer Vision", "Embeddings", "Transformers", "Model Serving"),
        (*_TALKS, "Paper Reading: {}", "ML Hands-On: {}"),
        2010,
    ),
    Theme(
        "JavaScript",
        TECH,
        ("JavaScript", "Node.js", "React", "Web Development", "Frontend Development"),
        ("React Hooks", "Node Streams", "TypeScript", "Vue", "WebAssembly", "Web Performance", "jQuery", "GraphQL"),
        (*_TALKS, "Hack Night: {}", "JS & Beer 🍺 {}"),
    ),
    Theme(
        "Cloud",
        TECH,
        ("Cloud Computing", "DevOps", "Amazon Web Services", "Kubernetes"),
        ("Kubernetes", "Terraform", "Serverless", "Observability", "Containers", "Incident Response", "Cost Control"),
        (*_TALKS, "Cloud Native Night: {}", "{} War Stories 🔥"),
        2009,
    ),
    Theme(
        "Women in Tech",
        TECH,
        ("Women in Technology", "Women Programmers", "Professional Networking"),
        ("Career Ladders", "Public Speaking", "Open Source", "System Design", "Salary Negotiation", "Mentoring"),
        ("Coffee & Code: {}", "{} Circle", "Panel — {}", "{} Workshop", "Brunch and {}"),
    ),
    Theme(
        "Startup Founders",
        CAREER,
        ("Startup Businesses", "Entrepreneurship", "Professional Networking", "Venture Capital"),
        ("Fundraising", "Growth", "Pricing", "Hiring", "Product Market Fit", "Pitching", "Customer Interviews"),
        ("Founders' Dinner: {}", "{} Office Hours", "Pitch Night 🚀 {}", "{} Roundtable", "Fireside Chat on {}"),
    ),
    Theme(
        "Hiking",
        OUTDOORS,
        ("Hiking", "Outdoors", "Fitness", "Nature Walks"),
        ("Mount Tam", "Lands End", "Mission Peak", "Tilden Park", "Point Reyes", "Castle Rock", "Muir Woods"),
        ("{} Sunrise Hike 🌄", "{} Loop", "Easy Walk at {}", "{} Full Moon Hike 🌕", "{} & Picnic"),
    ),
    Theme(
        "Rust",
        TECH,
        ("Rust", "Systems Programming", "Open Source", "Software Development"),
        ("Ownership", "async Rust", "Embedded Rust", "Macros", "WebAssembly", "Unsafe Code", "Tokio"),
        (*_TALKS, "Rust Hack & Learn: {}"),
        2014,
    ),
    Theme(
        "Product Design",
        TECH,
        ("User Experience", "Interaction Design", "Product Design", "Usability"),
        ("Design Systems", "User Research", "Prototyping", "Accessibility", "Figma", "Portfolio Reviews"),
        ("{} Critique", "{} Jam", "Design Drinks 🍷 {}", "{} Workshop", "Talks on {}"),
    ),
)


def topic_of(name: str) -> dict[str, str]:
    """A topic as the API shows it. Its id and urlkey follow from its name, so that all groups share it."""
    known = _TOPIC_NAMES.index(name)
    urlkey = name.lower().replace(".", "").replace(" ", "-")
    return {"id": str(1_000 + 37 * known), "name": name, "urlkey": urlkey}


_TOPIC_NAMES = tuple(dict.fromkeys(topic for theme in THEMES for topic in theme.topics))
