"""``hotline exercise``: two crews train. One file a command; ``group`` has the table of them."""
