"""Who may do what, and how much of it: pure parts that the API's dependencies put together."""
