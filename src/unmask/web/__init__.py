"""The page: what a person sees of the service. Server-rendered, with a little JavaScript of our own."""
