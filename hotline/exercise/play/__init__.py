"""The director: plays a scenario against two nodes, and writes down what it does.

In: a scenario, a ground, a directory. Out: the record, the collected journals, the board.
Drives nodes through the API's client only, and breaks things through the ground only.

``msel`` (which inject is due, by the record), ``delivering`` (one inject carried out),
``sent_before`` (whether it was, before the director was killed), ``following`` (both logs, as they
grow), ``checks`` (what must be so before STARTEX), ``faults`` (what is broken, and until when),
``stopping`` (real world, no play), ``ending`` (ENDEX), ``director`` (who brings it together),
``board`` (what is shown), ``control`` (the socket behind `pause`, `inject`, `end` and the rest).
"""
