"""Reports: models that are asked with parameters, whose answers are kept as extracts in the lake."""
