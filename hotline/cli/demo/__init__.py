"""The demonstration: two real nodes on this machine, one line, cut in the middle and restored.

In: a directory, the sample messages. Out: a story on the terminal, one line an event, and a
summary whose every figure is read from the two journals afterwards; nothing is assumed.

``command`` (options, staying up), ``play`` (the course of events), ``ground`` (directories, keys,
configuration), ``nodes`` (the two processes), ``relay`` (the cable that can be pulled),
``officers`` (who read and reply), ``samples`` (what is sent), ``story`` (what is printed),
``audit`` (what the journals say), ``consoles`` (what a browser is shown afterwards).
"""
