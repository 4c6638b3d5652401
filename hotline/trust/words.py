"""A card's fingerprint as sixteen words, to be read out over a telephone and compared.

256 plain English words stand for the 256 values of a byte; sixteen of them are the first 128 bits
of the fingerprint, four lines of four. The list is our own. No two words share their first four
letters, differ by fewer than three letters, or have the same consonants to the ear (voiced and
unvoiced taken as one); none is a word of the spelling alphabet or a number. It never changes: the
same card must read the same at both ends.
"""

from __future__ import annotations

import re

from hotline.errors import UsageError
from hotline.model.times import shorten

WORD_COUNT = 16

_LIST = """
almond alphabet amber anchor antelope aquarium armchair artist autumn avenue bacon badger bamboo
barrel beaver beehive biscuit bishop blossom blueberry bonfire bottle bracelet branch breeze brick
bridge buffalo bungalow butter cabin cactus calendar camel canary canyon carpet castle celery
chimney chocolate circus clarinet clover coconut coffee compass concert copper coral cotton cricket
crystal cucumber cupboard daffodil daisy dancer dentist desert diamond doctor dolphin dominoes
donkey dragon drawer drum earring eclipse elbow elephant elevator emerald engine escalator fabric
factory farmer feather festival fiddle flag flamingo flute forest fossil fountain fruit furniture
galaxy garden garlic gazelle giraffe glacier goat gondola grape guitar hamster handbag harbour
harvest hawk hedgehog helmet horizon hornet hospital iceberg icicle igloo insect island ivory jacket
jaguar jewel jigsaw journal jungle kangaroo ketchup kingdom kitchen koala lagoon lantern laptop
laundry lavender lemon leopard library limestone lizard luggage magician magnet mango marble
mattress meadow midnight mirror mitten museum mushroom music mustard napkin necklace needle notebook
nursery oasis ocean octopus olive onion opera orange orchard origami ostrich oyster palace pancake
panda paper parsley passenger peach pebble pelican pencil pharmacy picnic picture pigeon pineapple
planet pony postcard potato pumpkin puzzle pyramid rabbit radish rainbow raspberry raven reindeer
ruby scarf school scooter shampoo shovel silver skeleton snail spider spinach squirrel staircase
starfish stomach sugar suitcase summer sunflower swan tadpole tailor teacup teaspoon telescope
temple textbook theatre thunder tiger tornado tortoise tractor treasure triangle trousers trumpet
tulip tunnel turtle umbrella unicorn valley vanilla vegetable village vinegar violin visitor volcano
voyage walnut waterfall whistle window winter yeast yogurt zebra zeppelin zigzag
"""

WORDS = tuple(_LIST.split())
"""The word for each value of a byte."""

_VALUES = {word: value for value, word in enumerate(WORDS)}
_SEPARATORS = re.compile(r"[^a-z]+")


def words_of(fingerprint: bytes) -> tuple[str, ...]:
    """Return the 16 words for the first 16 bytes of a fingerprint (32 bytes)."""
    return tuple(WORDS[byte] for byte in fingerprint[:WORD_COUNT])


def lines_of(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words as they are shown and read out: four lines of four."""
    return tuple(" ".join(words[start : start + 4]) for start in range(0, len(words), 4))


def parse_words(text: str) -> tuple[str, ...]:
    """Return the words that somebody typed, in any case and with any separators between them.

    Raises ``UsageError`` (``trust.unknown-word``) for a word that is not on the list.
    """
    words = separated(text)
    for word in words:
        if word not in _VALUES:
            raise UsageError(
                "trust.unknown-word",
                f"{shorten(word)} is not one of the fingerprint words",
                "type the words as `hotline keys show` prints them at the other side",
            )
    return words


def separated(text: str) -> tuple[str, ...]:
    """Return the runs of the letters a to z in a text, in small letters."""
    return tuple(word for word in _SEPARATORS.split(text.lower()) if word)
