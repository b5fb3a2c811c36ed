"""Part of Unmask: the stages as units of work that any number of processes share."""
