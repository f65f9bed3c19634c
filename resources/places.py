"""Where Tributary itself lies on the disk, in a checkout and as an installed package alike.

What a user's settings say of places belongs to the settings.
"""

from __future__ import annotations

from pathlib import Path

import tributary

PACKAGE = Path(tributary.__file__).parent
"""The package's folder, with `assets`, `resources` and `sql` in it. In a checkout these are links to the top level."""

IMPORT_ROOT = PACKAGE.parent
"""What a process of ours must have on its path to import the package."""
