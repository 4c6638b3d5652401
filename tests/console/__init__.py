"""The console: its pages in a real browser, against two real nodes."""
