"""The dashboard: Streamlit with the sources' pages, in a process of its own that answers nobody but the gateway.

Pages are the sources' (`Source.pages`), what they are made of is `tributary.assets.pages`; here is how they are served
and how they ask the data API as whoever looks at them.
"""
