"""Which licence expressions are open source: read by the SPDX library, judged by SPDX data."""

import json
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from license_expression import (
    AND,
    OR,
    ExpressionError,
    LicenseSymbol,
    LicenseWithExceptionSymbol,
    Licensing,
    get_spdx_licensing,
)

_APPROVED = Path(__file__).with_name("osi.json")


class UnreadableLicence(ValueError):
    """A text that is no SPDX licence expression."""


class Licences:
    """The licences that count as open: those approved by the OSI, and the LicenseRefs declared as open."""

    def __init__(self, declared: Mapping[str, bool] | None = None) -> None:
        self._declared = {name.lower(): is_open for name, is_open in (declared or {}).items()}
        approved = json.loads(_APPROVED.read_bytes())["approved"]
        self._open = {name.lower() for name in approved}
        self._open.update(name for name, is_open in self._declared.items() if is_open)

    @cached_property
    def _licensing(self) -> Licensing:
        return get_spdx_licensing()

    @lru_cache(maxsize=1024)  # noqa: B019 one instance lives as long as the pack
    def is_open(self, expression: str, refused: frozenset[str] = frozenset()) -> bool:
        """Whether one may use the software under open licences alone: one side of OR will do, AND needs all.

        `refused` are open licences that the house does not accept. Raises UnreadableLicence.
        """
        unwanted = frozenset(name.lower() for name in refused)
        return self._judge(self._parse(expression), unwanted)

    def unknown(self, expression: str) -> list[str]:
        """The identifiers in `expression` that neither SPDX nor the catalogue declares."""
        return [
            symbol.key
            for symbol in self._licensing.license_symbols(self._parse(expression))
            if symbol.key.lower() not in self._declared and _base(symbol.key.lower()) not in self._known
        ]

    @cached_property
    def _known(self) -> frozenset[str]:
        """The index has not all of the former identifiers that the OSI's list has, such as `GPL-2.0+`."""
        return frozenset(self._licensing.known_symbols_lowercase) | self._open

    def _parse(self, expression: str) -> Any:
        try:
            # `simple` splits on spaces and parentheses, as SPDX does; the default looks for licence names in prose.
            parsed = self._licensing.parse(expression, simple=True)
        except ExpressionError as error:
            raise UnreadableLicence(f"{expression!r} is not an SPDX licence expression") from error
        if parsed is None:
            raise UnreadableLicence("an empty licence expression says nothing")
        return parsed

    def _judge(self, node: Any, refused: Iterable[str]) -> bool:
        if isinstance(node, OR):
            return any(self._judge(side, refused) for side in node.args)
        if isinstance(node, AND):
            return all(self._judge(side, refused) for side in node.args)
        if isinstance(node, LicenseWithExceptionSymbol):
            return _adds_rights(node.exception_symbol) and self._judge(node.license_symbol, refused)
        key = node.key.lower()
        return _base(key) in self._open and key not in refused and _base(key) not in refused


def _adds_rights(exception: LicenseSymbol) -> bool:
    """SPDX's exceptions only add rights; the index also has texts under its own names, which may take some away."""
    return exception.is_exception and not exception.key.startswith("LicenseRef-")


def _base(key: str) -> str:
    """`Apache-2.0+`, this version or a later one, is at least `Apache-2.0`."""
    return key.removesuffix("+")
