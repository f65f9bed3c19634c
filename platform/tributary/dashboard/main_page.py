"""Streamlit's main script: the pages of the sources that are on, and a first page that lists them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from tributary.assets.pages import page_files
from tributary.assets.source import Source
from tributary.assets.sources import get_sources
from tributary.resources.errors import TributaryError
from tributary.resources.look.files import STATIC

# A folder called `pages` beside this file would be Streamlit's own way of finding them, which is the end of any other.
_OWN = Source("reports", "What was asked of reports, and what they gave.", pages=Path(__file__).with_name("own_pages"))
_PRINTED = """<style>@media print {
  [data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stToolbar"], [data-testid="stElementToolbar"],
  [data-testid="stDownloadButton"], [data-testid="stLinkButton"] { display: none !important; }
  [data-testid="stMain"], [data-testid="stAppViewContainer"], .stApp {
    position: static !important; overflow: visible !important;
  }
}</style>"""


def _pages() -> dict[str, tuple[Source, list[Any]]]:
    return {
        source.name.capitalize(): (
            source,
            [st.Page(one.path, title=one.title, url_path=one.address) for one in page_files(source)],
        )
        for source in [*get_sources().working, _OWN]
        if page_files(source)
    }


def _home(pages: dict[str, tuple[Source, list[Any]]]) -> None:
    st.title("Dashboard")
    for name, (source, own) in pages.items():
        st.header(name, anchor=False)
        st.markdown(source.description)
        for one in own:
            st.page_link(one)


def _main() -> None:
    # An icon by name would be fetched from elsewhere.
    st.set_page_config(page_title="Tributary", page_icon=STATIC / "tributary.svg", layout="wide")
    st.html(_PRINTED)
    pages = _pages()
    home = st.Page(lambda: _home(pages), title="Overview", url_path="overview", default=True)
    chosen = st.navigation({"": [home], **{name: own for name, (_, own) in pages.items()}})
    try:
        chosen.run()
    except TributaryError as error:
        st.error(str(error))


_main()
