"""`gold.household_summary` by DuckDB from the CSV files: `summary_duckdb.py FOLDER SEED OUT`."""

import sys

import duckdb

SECTIONS = (
    "alcohol", "beverages", "concessions", "dairy", "drug", "garden", "grain_goods", "grocery", "home_family",
    "junk_food", "kitchen", "meat", "misc", "produce", "seasonal",
)  # fmt: skip
SUMS = ", ".join(f"sum(cents) FILTER (section = '{name}') AS {name}" for name in SECTIONS)
DOLLARS = ", ".join(f"(coalesce({name}, 0) / 100)::DECIMAL(14, 2) AS {name}" for name in (*SECTIONS, "total_sales"))
SALES = """{'household_key': 'INTEGER', 'BASKET_ID': 'BIGINT', 'DAY': 'INTEGER', 'PRODUCT_ID': 'INTEGER',
 'QUANTITY': 'INTEGER', 'SALES_VALUE': 'DECIMAL(12, 2)', 'STORE_ID': 'INTEGER', 'RETAIL_DISC': 'DECIMAL(12, 2)',
 'TRANS_TIME': 'INTEGER', 'WEEK_NO': 'INTEGER', 'COUPON_DISC': 'DECIMAL(12, 2)',
 'COUPON_MATCH_DISC': 'DECIMAL(12, 2)'}"""
GASOLINE = "GASOLINE-REG UNLEADED"
# Days are counted from 2004-03-23, so that 101 is 2004-07-01 and 709 is 2006-03-01.
QUERY = f"""
WITH listed AS (
    SELECT PRODUCT_ID, coalesce(trim(seed.SECTION), 'misc') AS section
    FROM read_csv($folder || '/product.csv', all_varchar = true) AS product
    LEFT JOIN read_csv($seed, all_varchar = true) AS seed
        ON trim(product.COMMODITY_DESC) = trim(seed.COMMODITY_DESC)
    WHERE '{GASOLINE}' NOT IN (coalesce(trim(product.COMMODITY_DESC), ''), coalesce(trim(SUB_COMMODITY_DESC), ''))
),
lines AS (
    SELECT household_key, BASKET_ID, DAY, (SALES_VALUE * 100)::BIGINT AS cents, section
    FROM read_csv($folder || '/transaction_data.csv', header = true, columns = {SALES}) AS sale
    JOIN listed ON sale.PRODUCT_ID = listed.PRODUCT_ID::INTEGER
    WHERE QUANTITY > 0 AND SALES_VALUE > 0 AND DAY >= 101 AND DAY < 709
),
shoppers AS (
    SELECT household_key, max(DAY) AS last, count(DISTINCT BASKET_ID) / (max(DAY) - min(DAY) + 1) AS frequency,
           sum(cents) AS total_sales, {SUMS}
    FROM lines GROUP BY household_key HAVING min(DAY) < max(DAY)
),
edges AS (
    SELECT quantile_cont(frequency, [0.2, 0.4, 0.6, 0.8]) AS f,
           quantile_cont(total_sales / 100, [0.2, 0.4, 0.6, 0.8]) AS m
    FROM shoppers
),
scored AS (
    SELECT shoppers.*,
           CASE WHEN last <= 525 THEN 1 WHEN last <= 615 THEN 2 WHEN last <= 675 THEN 3 WHEN last <= 700 THEN 4
                ELSE 5 END AS r_score,
           1 + len(list_filter(f, lambda edge: edge < frequency)) AS f_score,
           1 + len(list_filter(m, lambda edge: edge < total_sales / 100)) AS m_score
    FROM shoppers, edges
),
people AS (
    SELECT household_key::INTEGER AS household_key, coalesce(trim(AGE_DESC), '') AS age,
           coalesce(trim(INCOME_DESC), '') AS income,
           coalesce(trim(HOUSEHOLD_SIZE_DESC), '') AS size, coalesce(trim(HH_COMP_DESC), '') AS composition
    FROM read_csv($folder || '/hh_demographic.csv', all_varchar = true)
)
SELECT household_key,
       age IN ('45-54', '55-64', '65+') AS age_45_plus,
       income IN ('50-74K', '75-99K', '100-124K', '125-149K', '150-174K', '175-199K', '200-249K', '250K+')
           AS income_50k_plus,
       composition IN ('1 Adult Kids', '2 Adults Kids') OR size IN ('3', '4', '5+') AS has_kids,
       composition IN ('Single Female', 'Single Male') OR size = '1' AS single,
       composition = '2 Adults No Kids' AS couple,
       CASE size WHEN '1' THEN 1 WHEN '2' THEN 2 WHEN '3' THEN 3 WHEN '4' THEN 3 WHEN '5+' THEN 3 END
           AS single_couple_family,
       r_score, f_score, m_score, r_score + f_score + m_score AS rfm_score,
       CASE WHEN rfm_score < 6 THEN 1 WHEN rfm_score < 9 THEN 2 WHEN rfm_score < 13 THEN 3
            WHEN rfm_score < 15 THEN 4 ELSE 5 END AS rfm_bin,
       {DOLLARS}
FROM people JOIN scored USING (household_key)
ORDER BY household_key
"""


def main(folder: str, seed: str, out: str) -> None:
    """Make the table, as CSV at `out`."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    connection.sql(QUERY, params={"folder": folder, "seed": seed}).write_csv(out, header=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
