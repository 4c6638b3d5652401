"""XML from strangers: no entities, no document type, bounded in size, depth and elements."""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import DefusedXMLParser  # type: ignore[import-untyped]

from hotline.errors import ModelError

MAX_XML_BYTES: Final = 8 * 1024 * 1024
"""A drawing has every corner several times: more than the 1 MiB of a file in JSON."""
MAX_DEPTH: Final = 32
MAX_ELEMENTS: Final = 50_000
_NOT_IN_XML: Final = dict.fromkeys(
    [*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF],
    "\N{REPLACEMENT CHARACTER}",
)


class _BoundedTree(TreeBuilder):
    """Builds no deeper and no larger tree than a file of one notice can need."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._count += 1
        if self._depth > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise ModelError(
                "formats.xml-too-large",
                f"the file nests elements more than {MAX_DEPTH} deep, or has more than "
                f"{MAX_ELEMENTS} of them",
                "export only the areas of this notice",
            )
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse_xml(data: bytes) -> Element:
    """Return the root element of an XML file.

    Raises:
        ModelError: ``model.file-too-large``, ``formats.xml-too-large``, ``formats.xml-entities``
            for a document type or entities, ``formats.not-xml``.

    """
    if len(data) > MAX_XML_BYTES:
        raise ModelError(
            "model.file-too-large",
            f"the file has {len(data)} bytes, more than {MAX_XML_BYTES}",
            "check that this is the right file; one file holds one message",
        )
    parser = DefusedXMLParser(target=_BoundedTree(), forbid_dtd=True)
    try:
        parser.feed(data)
        root: Element = parser.close()
    except DefusedXmlException:
        raise ModelError(
            "formats.xml-entities",
            "the file has a document type or entities, which can hide anything",
            "remove the <!DOCTYPE ...> part, or export the file again",
        ) from None
    except (ParseError, ValueError, LookupError) as error:
        raise ModelError(
            "formats.not-xml",
            f"the file is not XML: {error}",
            "mend the place named, or export the file again",
        ) from None
    return root


def xml_text(text: str) -> str:
    """Return a text with what XML 1.0 cannot hold replaced (section 2.2 of its standard)."""
    return text.translate(_NOT_IN_XML)


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]
