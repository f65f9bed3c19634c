"""What all pages of the web process share: one call of a page, the frame around it, and how what goes wrong is shown.

What a page shows is in the package of its subject; the look itself is `resources/look`.
"""
