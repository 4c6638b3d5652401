"""Copies of a record that outlive the node: backups, and archived epochs of a line.

In: a journal, running or not, and what lies around it that everybody may see. Out: a *record*, a
directory with a ``node.toml`` that every reading command takes; never a private key. Each is
checked before it gets its name.
"""
