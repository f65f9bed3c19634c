"""The sneakers form app: a collector records what happens to each pair, and sees the collection.

`app.create_app` makes it. The layers, each of which knows only those before it:

- `events`, `values`, `rules`: what can be recorded and what cannot be true, without a database;
- `models`, `database`, `migrations`: the tables, in a schema of their own;
- `service`: the only writer; `reading`: every question that a page asks;
- `forms`, `views`, `templates`, `static`: the pages.

What the events mean for the warehouse (history, wear, money) does not belong here.
"""
