"""What the node has said in English, said in the officer's language.

Alarms, flags, relations and the brief are entered in the record as English sentences, which the
node signs and which stay as they are. A page says them in the language of whoever reads: the
sentence is known by its English (``words/entered.toml`` has each one to the letter), its values are
read out of it, and a sentence of the other language is made with them. What is not known word for
word is shown as it was entered, in English, and says so.

In go the shapes of the API and the words of a language; out comes markup for a template. Nothing
here asks the node.
"""
