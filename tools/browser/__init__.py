"""A browser without a window, for tools."""
