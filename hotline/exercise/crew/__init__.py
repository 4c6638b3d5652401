"""Simulated crews, which play a centre through its node's API as officers do.

A crew reads its inbox by precedence, opens, reads back and answers, acknowledges alarms by name,
activates and ends its own notices, calls over the telephone when the line is down, and relieves
its watch. Every name of its officers begins with ``sim.``, so that nobody takes it for a person.

`dice` (what a seed decides), `reading_back`, `judgement` and `wording` are pure; `desk` asks the
node; `officer` is one crew at work; `telephone` joins two of them. May import ``api``'s client and
shapes, ``model``, the scenario's shapes and the clock; ``docs/howto/simulated-crews.md`` says what
a crew does, with every mistake that it can make on purpose.
"""
