"""Part of Unmask."""
