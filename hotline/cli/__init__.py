"""The ``hotline`` command: how people and scripts use a node, and the demonstration.

Commands reach a node through ``api``'s client only, so that a node in a container works like one
next door; those that need no node (keys, letter, log verify) read its files. stdout is data,
stderr all talk. May import every room below.

``root`` (errors, exit codes), ``group`` (commands loaded when called), ``asking`` (one question to
the node), ``output`` (terminals, JSON, times as people say them), ``files`` (what is written, and
only when complete), ``progress``; then a module for each command or pair of commands; ``log`` (the
record, read from the node's files); ``demo`` (two real nodes, one line, cut and restored).
"""

from __future__ import annotations


def main() -> None:
    """Run the command line and end the process with its exit code."""
    from hotline.cli.root import root

    root(prog_name="hotline")
