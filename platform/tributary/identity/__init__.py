"""Who is there, and what they may do: asked once, before every application, at the one address.

| module | subject |
| --- | --- |
| `signing`, `behind` | how an application behind the gateway is told who asks (`tributary.resources.principal`) |
| `tables`, `users`, `sessions`, `keys`, `audit` | what is kept, in the schema `identity` of the database `app` |
| `passwords`, `oidc`, `pages` | logging in and out |
| `rules`, `dagster_rules` | what a request takes: which role, and what the audit log calls it |
| `gate`, `sockets` | the ASGI layer that applies all this |

Hosts, origins and sizes are `tributary.resources.gateway`'s; which applications there are is `tributary.web`'s.
Everything here fails closed: what cannot be understood, found or noted is refused.
"""
