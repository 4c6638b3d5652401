"""What is said on a line: notices, advisories, replies, and the letter that both sides agreed on.

In come the bytes of files and objects that `wire` unpacked; out go frozen messages, MessagePack
payloads, plain text, and lists of `Problem`. Nothing here knows of lines, keys or stores.

One idea runs through the room. A *type* says what a message is made of and is kept lenient; a
*rule* (`rules.problems`) says what a good message looks like. Composing refuses whatever breaks a
rule; receiving never does: the message is delivered, and its problems are shown as flags.

May import: `hotline.errors`, msgspec, and the pure part of the standard library.
"""
