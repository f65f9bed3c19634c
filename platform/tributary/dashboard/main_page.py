"""Streamlit's main script: the pages of the sources that are on, and a first page that lists them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from tributary.assets.pages import page_files
from tributary.assets.sources import get_sources
from tributary.resources.errors import TributaryError
from tributary.resources.look.files import STATIC


def _pages() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for source in get_sources().working:
        if files := page_files(source):
            found[source.name.capitalize()] = [
                st.Page(one.path, title=one.title, url_path=one.address) for one in files
            ]
    return found


def _home(pages: dict[str, list[Any]]) -> None:
    st.title("Dashboard")
    if not pages:
        st.info("No source that is on brings a page.")
    for source, own in pages.items():
        st.subheader(source)
        for one in own:
            st.page_link(one)


def _main() -> None:
    # An icon by name would be fetched from elsewhere.
    st.set_page_config(page_title="Tributary", page_icon=STATIC / "tributary.svg", layout="wide")
    pages = _pages()
    home = st.Page(lambda: _home(pages), title="Overview", url_path="overview", default=True)
    chosen = st.navigation({"": [home], **pages})
    try:
        chosen.run()
    except TributaryError as error:
        st.error(str(error))


_main()
