"""The names of the resources that most sources' steps and sensors share; a source's own are named by itself."""

LAKE = "lake"
WAREHOUSE = "warehouse"
