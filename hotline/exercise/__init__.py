"""Exercises: two crews train on real nodes over a real line, unmistakably marked.

``scenario`` (what is to happen, and what is expected), ``traffic`` (mock notices by a seed),
``crew`` (simulated officers), ``ground`` (the nodes that are played on), ``faults`` (what is broken
on purpose), ``record`` (what the director did, and when), ``play`` (the director), ``report``
(score and after-action report, from both journals and the record).

A node is driven through the API's client only; ``ground`` alone also makes nodes, with keys and
letters of their own.
"""
