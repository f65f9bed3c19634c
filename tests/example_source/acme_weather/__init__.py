"""Weather readings by day, as a source of Tributary; all that it imports of Tributary is `tributary.sdk`."""
