"""The station's readings, by day and by temperature."""

from tributary.sdk import linked, pages

pages.show(
    linked.Linked(
        title="Readings",
        table="staged.weather_readings",
        dimensions={"day": linked.Time("Day", "date"), "degrees": linked.Number("Degrees", "temperature", 1)},
        measures={"readings": linked.Measure("Readings")},
        views=[
            linked.Bars("Readings over time", "day", "readings", wide=True),
            linked.Bars("Readings by temperature", "degrees", "readings"),
        ],
    )
)
