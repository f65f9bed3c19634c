"""The GraphQL documents that are sent to Meetup, all of them read-only.

Groups are asked for by their id: a name in addresses may change, and be taken by another group.
A field that the platform needs is added here, and to the simulator's schema where it does not have it yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from resources.meetup.errors import MeetupUsageError


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

GROUP = Query(
    "group",
    """query Group($id: ID!) {
  group(id: $id) { ...GroupFields }
}
"""
    + _GROUP,
)

GROUP_EVENTS = Query(
    "group",
    """query GroupEvents($id: ID!, $filter: GroupEventFilter!, $first: Int!, $after: String) {
  group(id: $id) {
    id
    events(filter: $filter, sort: ASC, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges { node { ...EventFields } }
    }
  }
}
"""
    + _EVENT,
)

QUERIES = (SEARCH_GROUPS, GROUP, GROUP_EVENTS)
"""Every document there is."""
