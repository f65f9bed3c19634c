"""A household: who it is, its value (RFM) and where that stands among all, what it buys, and what to offer it."""

import pandas as pd
import streamlit as st

from tributary.sdk import linked, pages

SUMMARY, DAILY, RECOMMENDED = "gold.household_summary", "gold.household_daily_spend", "gold.product_recommendations"
SCORES = {"r_score": "Recency", "f_score": "Frequency", "m_score": "Money"}
TRAITS = {
    "age_45_plus": "45 or older",
    "income_50k_plus": "50,000 dollars or more",
    "has_kids": "kids",
    "couple": "couple",
}

OFFER = {"rank": "Rank", "product_id": "Product", "reason": "Why"}

st.title("Household")
pages.freshness(SUMMARY, RECOMMENDED)
keys = pages.rows(SUMMARY, select="household_key", order="household_key")
if keys.empty:
    st.info("No household is there yet.")
    st.stop()
key = st.selectbox("Household", list[int](keys["household_key"]), key="household", bind="query-params")
who = pages.document(f"/households/{key}")
spent = {name: float(who[name]) for name in pages.columns(SUMMARY, "decimal")}
total = spent.pop("total_sales")
everybody = len(keys)
below = int(pages.aggregate(SUMMARY, "count", total_sales=f"lt.{total}")["count"].iloc[0])

figures = st.columns(5)
figures[0].metric("Spent", f"${total:,.0f}", help="What counts for the value: July 2004 to February 2006")
figures[1].metric("Spends more than", f"{below / everybody:.0%}", help=f"Of {everybody:,} households")
for place, (name, title) in zip(figures[2:], SCORES.items(), strict=True):
    place.metric(title, f"{who[name]} of 5")
same = int(pages.aggregate(SUMMARY, "count", rfm_bin=f"eq.{who['rfm_bin']}")["count"].iloc[0])
traits = ", ".join(words for name, words in TRAITS.items() if who[name]) or "nothing in the survey"
st.markdown(f"Value {who['rfm_bin']} of 5, as {same:,} of {everybody:,} households. What is known: {traits}.")

left, right = st.columns(2)
with left:
    sections = [(name.replace("_", " "), dollars) for name, dollars in spent.items() if dollars]
    sections.sort(key=lambda one: -one[1])
    by_section = pd.DataFrame(sections, columns=["section", "dollars"])
    pages.chart("Spend by section", by_section, "section", "dollars", kind="lying")
with right:
    st.header("Recommendations", anchor=False)
    offers = pages.rows(RECOMMENDED, household_key=f"eq.{key}", order="rank", select="rank,product_id,reason")
    st.table(offers.rename(columns=OFFER).set_index("Rank"))
pages.show(
    linked.Linked(
        title="Daily sales",
        table=DAILY,
        where={"household_key": f"eq.{key}"},
        dimensions={"day": linked.Time("Day", "date"), "spent": linked.Number("Spent in a day", "total_sales", 10)},
        measures={"dollars": linked.Measure("Dollars", "total_sales"), "days": linked.Measure("Shopping days")},
        views=[
            linked.Bars("Sales over time, in dollars", "day", "dollars", wide=True),
            linked.Bars("Shopping days by dollars spent", "spent", "days"),
            linked.Rows(
                "Shopping days",
                {"date": "Day", "total_sales": "Dollars", "grocery": "Grocery", "meat": "Meat", "produce": "Produce"},
                "date",
                wide=False,
            ),
        ],
    )
)
