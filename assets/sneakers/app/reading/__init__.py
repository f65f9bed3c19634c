"""What the pages ask of the tables. Each function reads in one transaction and writes nothing."""
