"""What the catalogue and the settings of a stack allow, as texts of a ConfigMap that CEL can search.

One key for each registry and each organisation in one, as `docker.io_redis`, and one line for each repository. Of the
lines that match an image the first holds:

    docker.io/library/redis | - | ..7.4 8.. | no | - | is under LicenseRef-RSALv2 OR ... since 7.4, ...
    name, `~` before a pattern | editions | versions | whether a digest alone will do | expression | what to say

Editions are expressions for tags, `+` where those may be used and `-` where not. They go before the versions, which are
ranges that may be used, `..` for all.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from ..allowed_registries import DEFAULT
from ..catalogue import Catalogue, Entry, Terms, pattern
from ..judgement import Judge, Settings
from ..licensing import Licences
from ..open_source_images import open_source_images
from ..references import Reference, parse
from ..versions import ANY

HOSTS, ADDITIONS, MIRRORS, EXCEPTIONS = "_any-registry", "_additions", "_mirrors", "_exceptions"
RULES, REGISTRIES, DIGESTS = "_rules", "_registries", "_require-digest"
BETWEEN, NOTHING = " | ", "-"

_ONLY_A_DIGEST = Reference("example.org", "any", None, "sha256:" + "0" * 64)


class Inexpressible(ValueError):
    """An entry that the form of the parameter has no words for."""


def parameter(rules: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The data for the rules that are on, each with its settings."""
    settings = Settings.read(rules.get(open_source_images.name, {}))
    catalogue = Catalogue.load()
    judge = Judge(catalogue, Licences(catalogue.licences), settings, date.today())
    data = {RULES: sorted(rules), **_by_registry(catalogue, judge.accepts, judge.reason)}
    data[ADDITIONS] = list(_lines(settings.additions, judge.accepts, judge.reason))
    data[MIRRORS] = [f"{mirror.rstrip('/')}/ {_origin(origin)}/" for mirror, origin in settings.mirrors.items()]
    data[EXCEPTIONS] = [
        BETWEEN.join((pattern(exemption.repository).pattern, exemption.until.isoformat()))
        for exemption in settings.exceptions
    ]
    registries = rules.get("allowed-registries", {}).get("registries", DEFAULT)
    data[REGISTRIES] = [f"{registry.rstrip('/').lower()}/" for registry in registries]
    data[DIGESTS] = [str(bool(rules.get("pinned-images", {}).get("requireDigest"))).lower()]
    return {key: "\n".join(lines) for key, lines in data.items()}


def key_of(name: str) -> str:
    """Where to look for a repository: under its organisation if it names one, else under its registry."""
    domain, _, path = name.partition("/")
    organisation, _, rest = path.partition("/")
    if "*" in domain:
        return HOSTS
    spelled_out = f"{domain}/{organisation}" if rest and "*" not in organisation else domain
    return re.sub(r"[/:\[\]]", "_", spelled_out)


def _by_registry(
    catalogue: Catalogue, accepts: Callable[[Terms], bool], reason: Callable[[Terms], str]
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {HOSTS: []}
    patterns = []
    for name, line in _named_lines(catalogue, accepts, reason):
        found.setdefault(key_of(name), []).append(line)
        if key_of(name) == HOSTS:
            patterns.append(pattern(name))
    # A spelled-out registry is searched first, so no pattern for registries may be meant to go before it.
    hidden = [name for name, _, _ in catalogue.by_precedence() if any(each.fullmatch(name) for each in patterns)]
    if spelled_out := [name for name in hidden if "*" not in name.partition("/")[0]]:
        raise Inexpressible(f"{', '.join(spelled_out)}: a pattern for several registries matches it too")
    return found


def _lines(catalogue: Catalogue, *judged: Any) -> Iterator[str]:
    return (line for _, line in _named_lines(catalogue, *judged))


def _named_lines(
    catalogue: Catalogue, accepts: Callable[[Terms], bool], reason: Callable[[Terms], str]
) -> Iterator[tuple[str, str]]:
    for name, matcher, entry in catalogue.by_precedence():
        columns = (
            f"~{name}" if matcher else name,
            " ".join(_editions(entry, accepts)) or NOTHING,
            " ".join(_versions(entry, accepts)) or NOTHING,
            "yes" if _any_version(entry, accepts) else "no",
            matcher.pattern if matcher else NOTHING,
            _words(entry, accepts, reason),
        )
        if any("\n" in column or BETWEEN in column for column in columns):
            raise Inexpressible(f"{name}: a text of its entry has a line break or a bar")
        yield name, BETWEEN.join(columns)


def _editions(entry: Entry, accepts: Callable[[Terms], bool]) -> Iterator[str]:
    tagged = [terms for terms in entry.terms if terms.tags]
    if tagged != list(entry.terms[: len(tagged)]) or any(terms.range != ANY for terms in tagged):
        raise Inexpressible(f"{entry.project}: terms for certain tags stand first, and are for all versions")
    for terms in tagged:
        yield ("+" if accepts(terms) else "-") + "|".join(_expression(tags) for tags in terms.tags)


def _versions(entry: Entry, accepts: Callable[[Terms], bool]) -> Iterator[str]:
    """The ranges that may be used, neighbours made one."""
    ranges = sorted((terms for terms in entry.terms if not terms.tags), key=lambda terms: terms.range.low)
    for before, after in pairwise(ranges):
        if before.range.high > after.range.low:
            raise Inexpressible(f"{entry.project}: two licences for one version")
    begun: str | None = None
    for index, terms in enumerate(ranges):
        if not accepts(terms):
            continue
        following = ranges[index + 1] if index + 1 < len(ranges) else None
        begun = (terms.since or "") if begun is None else begun
        if not following or not accepts(following) or following.range.low != terms.range.high:
            yield f"{begun}..{terms.before or ''}"
            begun = None


def _any_version(entry: Entry, accepts: Callable[[Terms], bool]) -> bool:
    possible = entry.terms_of(_ONLY_A_DIGEST)
    return bool(possible) and all(accepts(terms) for terms in possible)


def _words(entry: Entry, accepts: Callable[[Terms], bool], reason: Callable[[Terms], str]) -> str:
    """What to say of an image that may not be used; nothing where all of them may."""
    bad = [terms for terms in entry.terms if not accepts(terms)]
    if not bad:
        return NOTHING
    instead = f" Use {' or '.join(entry.instead)} instead." if entry.instead else ""
    if len(entry.terms) == 1:
        return f"{reason(bad[0])}{instead}"
    possible = "; ".join(_described(terms) for terms in entry.terms)
    return f"is not open source in that version, or does not name it ({possible}).{instead}"


def _described(terms: Terms) -> str:
    between = f" before {terms.before}" if terms.since and terms.before else ""
    return f"{terms}{between}" + (f" for {', '.join(terms.tags)}" if terms.tags else "")


def _expression(tags: str) -> str:
    """A shell pattern as a regular expression, without the look-around that `fnmatch` makes of it."""
    special = {"*": ".*", "?": ".", ".": r"\.", "+": r"\+"}
    return "".join(special.get(character, character) for character in tags).replace("[!", "[^")


def _origin(text: str) -> str:
    """What a mirror's images come from, with Docker's defaults; a repository's `library/` depends on the repository."""
    return parse(f"{text.rstrip('/')}/any/any").repository.removesuffix("/any/any")
