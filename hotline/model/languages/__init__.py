"""The three languages of a line: the words that the model's layouts are made of.

What is signed are fields, the same in every language; here is only how a person reads them. In
come the names of closed vocabularies, of labels, of flags; out go words in English, Russian or
Hebrew. Numbers, coordinates, times and flight levels have one form in all three, so that two
officers who compare them by voice see the same characters. Imports nothing but the model.
"""
