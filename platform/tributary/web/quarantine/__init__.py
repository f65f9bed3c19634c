"""The pages of the quarantine: which records no table could take, why, their bytes, and reading them again."""
