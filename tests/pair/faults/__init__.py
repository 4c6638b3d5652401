"""Real faults against two real nodes: what is broken, by what, and what must hold afterwards.

`machine` runs one node as its own process on its own network; `trial` puts both under load, lets a
fault happen and checks what must hold; `catalogue` names the faults. ``python -m
tests.pair.faults`` tries all of them and prints the table of docs/topics/reliability.md.
"""
