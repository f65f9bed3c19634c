"""The GraphQL documents that are sent to Meetup, all of them read-only.

A group is asked for in one of two ways (`WAYS`): by its name in addresses, as Meetup's public documents do, or by its
id. A name may change, and be taken by another group, so that only the id of what answers says whether it is the one.
A field that the platform needs is added here, and to the simulator's schema where it does not have it yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from tributary.assets.meetup.api.errors import MeetupUsageError


@dataclass(frozen=True)
class Query:
    """One document.

    Attributes:
        field: the root field whose value is the answer.
        text: the document, which must be a query: nothing is ever changed at Meetup.

    Raises:
        MeetupUsageError: for a document that is not a query.
    """

    field: str
    text: str

    def __post_init__(self) -> None:
        if not self.text.lstrip().startswith("query ") or "mutation" in self.text:
            raise MeetupUsageError(f"The document for {self.field} is no query; only queries are sent to Meetup.")


_GROUP = """
fragment GroupFields on Group {
  id urlname name description link status isPrivate joinMode customMemberLabel
  city state country zip lat lon timezone foundedDate proJoinDate
  topicCategory { id name urlkey }
  activeTopics { id name urlkey }
  stats {
    memberCounts { all leadership pending }
    eventRatings { average totalRatings totalReviews }
  }
  keyGroupPhoto { id baseUrl highResUrl }
}
"""

_EVENT = """
fragment EventFields on Event {
  id token title eventUrl description howToFindUs eventType status
  dateTime endTime createdTime duration
  maxTickets guestsAllowed numberOfAllowedGuests
  feeSettings { accepts amount currency required refundPolicy { days notes } }
  venues { id name address city state country postalCode lat lon venueType }
  rsvps { yesCount noCount waitlistCount attendedCount noShowCount absentCount totalCount }
  topics { edges { node { id name urlkey } } }
  featuredEventPhoto { id baseUrl highResUrl }
  series { id description endDate }
  group { id urlname }
}
"""

SEARCH_GROUPS = Query(
    "groupSearch",
    """query SearchGroups($filter: GroupSearchFilter!, $first: Int!, $after: String) {
  groupSearch(filter: $filter, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node { ...GroupFields } }
  }
}
"""
    + _GROUP,
)


@dataclass(frozen=True)
class Way:
    """A way to ask for one group.

    Attributes:
        variable: what the documents call that by which the group is asked for.
        group: asks for the group.
        events: asks for its events.
    """

    variable: str
    group: Query
    events: Query


def _way(field: str, variable: str, kind: str) -> Way:
    group = f"""query Group(${variable}: {kind}) {{
  {field}({variable}: ${variable}) {{ ...GroupFields }}
}}
"""
    events = f"""query GroupEvents(${variable}: {kind}, $filter: GroupEventFilter!, $first: Int!, $after: String) {{
  {field}({variable}: ${variable}) {{
    id
    events(filter: $filter, sort: ASC, first: $first, after: $after) {{
      totalCount
      pageInfo {{ hasNextPage endCursor }}
      edges {{ node {{ ...EventFields }} }}
    }}
  }}
}}
"""
    return Way(variable, Query(field, group + _GROUP), Query(field, events + _EVENT))


BY_URLNAME = _way("groupByUrlname", "urlname", "String!")
BY_ID = _way("group", "id", "ID!")
WAYS = (BY_URLNAME, BY_ID)

QUERIES = (SEARCH_GROUPS, *(query for way in WAYS for query in (way.group, way.events)))
"""Every document there is."""
