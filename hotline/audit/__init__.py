"""The audit: what a record proves, to its owner, to the other side, and to a stranger.

In: a journal (running, stopped, backed up, archived), an export or an evidence file, and public
cards. Out: findings, evidence, reports, exports; nothing here signs or writes to a journal.
May import ``journal``, ``line``, ``wire``, ``trust``, ``model``, ``errors``; touches files.

``verification`` (whether one record holds), ``evidence`` (one exchange, provable offline),
``reconcile`` (two records side by side), ``search`` and ``export`` (the record in other forms),
``keep`` (backups and archived segments).
"""
