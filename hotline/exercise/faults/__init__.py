"""What is broken on purpose, through a proxy on the line and through the nodes themselves."""
