"""The `random` provider: values that are made once, kept in the state, and made anew when their inputs change."""
