"""The local face of a node: an HTTP API on a Unix socket, its live stream, and its client.

In: requests of this centre's own people and programs, who are whoever may open the socket.
Out: JSON of the shapes in ``schema``, server-sent events, metrics, an OpenAPI 3.1 document.
``cli`` and everything above reach a node through ``client`` only, so that a node in a container
works like one next door. May import ``node`` and the rooms below.

``schema`` (shapes), ``routes`` (the table of paths), ``requests`` (what comes in, read strictly),
``handlers`` (one a route), ``views`` (journal rows made into shapes), ``standing`` (status: what is
wrong first), ``live`` (events), ``gauges`` (set for each scrape), ``openapi`` (the document, from
table and shapes), ``server``, ``client``, ``stopped`` (a stopped node's journal in these shapes).
"""
