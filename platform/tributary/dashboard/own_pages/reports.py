"""Reports: what finished requests gave, whichever report was asked: rows, chart, and the tables made of them."""

from typing import Any

import pandas as pd
import streamlit as st

from tributary.sdk import pages

SHOWN = 10_000

st.title("Reports: results")
finished = [one for one in pages.document("/reports/requests", limit="1000") if one["state"] == "finished"]
titles = {one["name"]: one["title"] or one["name"] for one in pages.document("/reports")}
asked = [name for name in titles if any(one["report"] == name for one in finished)]
if not asked:
    st.info("No request has finished yet: ask one below /reports/.")
    st.page_link("/reports/", label="Ask a report")
    st.stop()


def words(value: object) -> str:
    """An answer as people say it."""
    if isinstance(value, dict):
        return " ".join(f"{name} {words(one)}" for name, one in value.items() if one not in (None, [], ""))
    return ", ".join(words(one) for one in value) if isinstance(value, list) else str(value)


def told(request: dict[str, Any]) -> str:
    """A request in a line: when it was asked, how many rows it gave, and what was asked."""
    answers = {name: value for name, value in request["parameters"].items() if value not in (None, [], "")}
    question = "; ".join(f"{name} {words(value)}" for name, value in answers.items()) or "everything"
    return f"{request['asked_at'][:16].replace('T', ' ')}, {request['rows']:,} rows: {question}"


left, right = st.columns([1, 2])
with left:
    report = pages.choose("Report", asked, "report", lambda name: titles[name])
requests = {one["id"]: one for one in finished if one["report"] == report}
with right:
    id_ = pages.choose("Request", list(requests), "request", lambda one: told(requests[one]))
request = requests[id_]
declared = pages.document(f"/reports/{report}")
pages.freshness(declared["table"])

took = pages.age(request["asked_at"], request["finished_at"])
st.markdown(f"**What was asked:** {told(request).partition(': ')[2]}")
st.markdown(
    f"**{request['rows']:,} rows**, asked by {request['who']} at {request['asked_at'][:16].replace('T', ' ')} UTC, "
    f"there after {took:,.0f} s."
)
links = st.columns(4)
links[0].link_button("The request's own page", f"/reports/requests/{id_}")
for place, (format_, name) in zip(
    links[1:], {"csv": "CSV", "xlsx": "Excel", "parquet": "Parquet"}.items(), strict=True
):
    place.link_button(f"All rows as {name}", f"/api/v1/reports/requests/{id_}/download?format={format_}")

try:
    drawn = pages.document(f"/reports/requests/{id_}/chart")
except pages.PageError as error:
    drawn = {"points": []}
    st.info(f"The chart is not shown to you. {error}")
if drawn["points"]:
    points = pd.DataFrame(drawn["points"]).fillna({"x": "none"})
    kind = drawn["kind"] if drawn["kind"] == "line" or len(points) > 12 else "lying"
    pages.chart(drawn["title"], points, "x", "y", kind=kind, labels=(drawn["x"], drawn["y"]))

found = pages.document(f"/reports/requests/{id_}/rows", limit=f"{SHOWN}")
st.header("Rows", anchor=False)
if found["rows"]:
    st.dataframe(pd.DataFrame(found["rows"]), hide_index=True, key="rows")
else:
    st.info("Nothing matched.")
if found["total"] > SHOWN:
    st.markdown(f"The first {SHOWN:,} of {found['total']:,} rows; the files have them all.")

for table in pages.document(f"/tables/{declared['table']}")["read_by"]:
    names = pages.columns(table)
    if "request_id" not in names:
        continue
    st.header(f"Totals: {table}", anchor=False)
    totals = pages.rows(table, request_id=f"eq.{id_}")
    if totals.empty:
        st.info("It has no rows of this request: the table holds the newest of each question, once it is made again.")
        continue
    pages.freshness(table)
    st.dataframe(totals.drop(columns=["request_id", "request_key"], errors="ignore"), hide_index=True, key=table)
    st.download_button("Save as CSV", totals.to_csv(index=False), f"{table}-{id_}.csv", "text/csv", key=f"save-{table}")
