"""Messages to addresses of the user's: signed, tried again, and sent nowhere inside."""
