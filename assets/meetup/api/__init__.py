"""The client of Meetup's GraphQL API: reads groups and events, keeps to the rate limit, and never loses a page.

It hands out nodes as the API gave them. What a node means, and where it is kept, belongs to the source in `assets/`.
"""
