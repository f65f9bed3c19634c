"""Campaigns: daily sales of what a campaign's coupons cover, before it, while it ran, and after it."""

import streamlit as st

from tributary.sdk import pages

SUMMARY, DAILY = "gold.campaign_summary", "gold.campaign_daily_sales"
MARGIN = 28

st.title("Campaigns")
pages.freshness(SUMMARY, DAILY)
all_of_them = pages.rows(SUMMARY, order="campaign")
if all_of_them.empty:
    st.info("No campaign is there yet.")
    st.stop()
campaign = st.selectbox("Campaign", list[int](all_of_them["campaign"]), key="campaign", bind="query-params")
one = pages.document(f"/campaigns/{campaign}")
st.markdown(
    f"{one['campaign_type']}, {one['start_date']} to {one['end_date']}, {one['products']:,} products with coupons."
)


def dollars(value: float | None) -> str:
    """A mean, or that there is none."""
    return "none" if value is None else f"${value:,.0f}"


figures = st.columns(6)
figures[0].metric("A day before", dollars(one["daily_sales_before"]))
figures[1].metric("A day during", dollars(one["daily_sales_during"]))
figures[2].metric("A day after", dollars(one["daily_sales_after"]))
figures[3].metric("Lift", "none" if one["lift"] is None else f"{one['lift']:+.0%}", help="During against before")
figures[4].metric("Coupons redeemed", f"{one['redemptions']:,}")
figures[5].metric(
    "Redeemed by",
    f"{one['households_redeeming']:,} of {one['households_targeted']:,}",
    help="Households that redeemed, of those it was sent to",
)

near = {"days_since_start": f"gte.{-MARGIN}", "order": "date"}
days = pages.rows(DAILY, campaign=f"eq.{campaign}", **near)
days = days[days["days_since_start"] < one["days"] + MARGIN]
days["time"] = "before"
days.loc[days["is_running"], "time"] = "during"
days.loc[days["days_since_start"] >= one["days"], "time"] = "after"
pages.chart("Daily sales of its products", days, "date", "sales_value", color="time", labels=("day", "dollars"))
st.header("All campaigns", anchor=False)
day = st.column_config.DateColumn()
st.dataframe(all_of_them, hide_index=True, column_config={"start_date": day, "end_date": day})
st.download_button("Save all campaigns as CSV", all_of_them.to_csv(index=False), "campaigns.csv", "text/csv")
