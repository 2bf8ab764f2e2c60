"""MLRun: its API, its web page, and Nuclio for functions that serve."""
