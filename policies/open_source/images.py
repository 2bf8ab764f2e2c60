"""The shared walker: every image that a resource names, wherever it hides, with the path to it.

It goes by shape, not by a list of kinds: operators invent new kinds every week, but an image is always a field called
`image`, a pair of repository and tag, a variable or flag that says so, or a manifest in a text.
"""

import base64
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from . import forms, kinds, names, texts
from .containers import parts, told
from .found import Found, Images, Trust
from .kinds import Kind
from .reading import UNKNOWN, plain

_DEEPEST_TEXT = 3
# A Ceph block device's image is a disk; the others hold labels, which name what they like.
NEVER_IMAGES = {"rbd", "labels", "matchLabels", "nodeSelector"}
NO_IMAGES_IN_METADATA = NEVER_IMAGES | {"annotations", "managedFields", "ownerReferences"}


class _Last(threading.local):
    """The latest walk of a thread: the rules ask one after the other about the same resource, each with new proxies."""

    about: tuple[str, Any] | None = None
    images = Images()


_last = _Last()


def images(token: str, properties: Mapping[str, Any]) -> Images:
    """All images of the resource of type `token`."""
    kind = kinds.of_object(token)
    if not kind:
        return Images()
    about = (token, plain(properties))
    if about != _last.about:
        walker = _Walker()
        walker.thing(about[1], "", kind)
        _last.about, _last.images = about, walker.images
    return _last.images


class _Walker:
    def __init__(self, text_depth: int = 0) -> None:
        self.images = Images()
        self._text_depth = text_depth
        self._seen: set[tuple[int, Trust]] = set()

    def thing(self, node: dict[str, Any], path: str, said: Kind | None = None) -> None:
        """One object of Kubernetes. It may say to be of another kind than its resource: no image hides in either."""
        possible = {kind for kind in (said, kinds.of_body(node)) if kind}
        if possible and all(kind.is_schema for kind in possible):
            return
        if any(kind.is_text for kind in possible):
            self._settings(node, path)
        if possible and all(kind.is_text for kind in possible):
            self._metadata(node, path, Trust.FIELD)
            return
        skipped = {"status"}
        listed = next((kind for kind in possible if kind.name.endswith("List")), None)
        if listed:
            skipped.add("items")
            self._items(node.get("items"), _join(path, "items"), listed)
        self._fields(node, path, Trust.FIELD, skipped)

    def below(self, value: Any, path: str, trust: Trust, field: str = "") -> None:
        """Whatever stands at `path`, in a field of that name."""
        if not self._is_new(value, trust):
            return
        if isinstance(value, dict):
            if kinds.of_body(value):
                self.thing(value, path)
            else:
                self._fields(value, path, trust)
        elif isinstance(value, list):
            for index, element in enumerate(value):
                place = f"{path}[{index}]"
                if element is UNKNOWN:
                    self._unknown(place, names.lists_pods(field))
                else:
                    self.below(element, place, trust, field)
        elif isinstance(value, str) and texts.may_be_document(value):
            self._text(field, value, path)

    def _items(self, values: Any, path: str, listed: Kind) -> None:
        item = Kind(listed.group, listed.name.removesuffix("List"))
        if values is UNKNOWN:
            self._unknown(path)
        for index, value in enumerate(values) if isinstance(values, list) else ():
            place = f"{path}[{index}]"
            if value is UNKNOWN:
                self._unknown(place)
            elif isinstance(value, dict):
                self.thing(value, place, item if item.name else None)

    def _fields(self, node: dict[str, Any], path: str, trust: Trust, skipped: set[str] | None = None) -> None:
        for place, text, named in told(node):
            self._told(_join(path, place), text, named)
        for key, value in _entries(node):
            where = _join(path, key)
            if value is UNKNOWN:
                self._unknown(where, names.holds_pods(key))
            elif key == "metadata" and isinstance(value, dict):
                self._metadata(node, path, trust)
            elif key in NEVER_IMAGES or (skipped and key in skipped):
                continue
            elif names.is_field(key):
                self._image(node, key, value, where, trust)
            elif names.is_group(key):
                self._group(value, where, trust)
            elif isinstance(value, str) and key == "storageUri" and value.startswith("oci://"):
                self.images.found.append(Found(where, value.removeprefix("oci://"), trust))
            else:
                self.below(value, where, Trust.FIELD if names.are_containers(key) else trust, key)

    def _image(self, node: dict[str, Any], key: str, value: Any, where: str, trust: Trust) -> None:
        if isinstance(value, str):
            self._written(where, forms.joined(node, key, value.removeprefix("oci://")), trust)
        elif isinstance(value, dict):
            self._object(value, where, trust)
        elif isinstance(value, list):
            self._group(value, where, trust)
        elif value is not None and key == "image":
            self.images.unreadable.append((where, "it is neither text nor an object"))

    def _object(self, image: dict[str, Any], where: str, trust: Trust) -> None:
        if not self._is_new(image, trust):
            return
        if written := forms.described(image):
            self._written(f"{where}.{written.place}", written.text, trust)
        elif forms.is_schema(image):
            default = image.get("default")
            if isinstance(default, str) and default:
                self.images.found.append(Found(f"{where}.default", default, Trust.NAMED))
        else:
            before = len(self.images)
            self._fields(image, where, trust)
            if len(image) and trust is Trust.FIELD and before == len(self.images):
                self.images.unreadable.append((where, "it is an object without reference, repository or name"))

    def _group(self, values: Any, where: str, trust: Trust) -> None:
        if isinstance(values, str):
            self._told(where, values, named=True)
        if not self._is_new(values, trust):
            return
        named = isinstance(values, dict)
        for key, value in _entries(values) if named else enumerate(values if isinstance(values, list) else ()):
            place = f"{where}.{key}" if named else f"{where}[{key}]"
            if value is UNKNOWN:
                self._unknown(place)
            elif isinstance(value, str):
                # A name in an object may stand for another setting, such as a pull policy.
                self.images.found.append(Found(place, value, min(trust, Trust.NAMED) if named else trust))
            elif isinstance(value, dict) and forms.is_described(value):
                self._object(value, place, trust)
            else:
                self.below(value, place, trust)

    def _metadata(self, node: dict[str, Any], path: str, trust: Trust) -> None:
        metadata = node.get("metadata")
        if not isinstance(metadata, dict) or not self._is_new(metadata, trust):
            return
        annotations = metadata.get("annotations")
        for key, value in _entries(annotations) if isinstance(annotations, dict) else ():
            if names.is_annotation(key):
                self._told(_join(path, f"metadata.annotations[{key}]"), value, named=True)
        self._fields(metadata, _join(path, "metadata"), trust, NO_IMAGES_IN_METADATA)

    def _settings(self, node: dict[str, Any], path: str) -> None:
        """The texts of a ConfigMap or Secret. Generated ones are unknown at preview as a rule, and say nothing."""
        for section in ("data", "stringData", "binaryData"):
            values = node.get(section)
            for key, value in _entries(values) if isinstance(values, dict) else ():
                where = _join(path, f"{section}[{key}]")
                if value is UNKNOWN:
                    self._unknown(where, _says_image(key))
                elif isinstance(value, str):
                    for text in {value, _decoded(value)} if section != "stringData" else {value}:
                        self._setting(key, text, where)

    def _setting(self, key: str, text: str, where: str) -> None:
        if _says_image(key) and not texts.is_manifest(key):
            self._told(where, text, named=True)
        else:
            self._text(key, text, where)

    def _told(self, where: str, text: Any, named: bool) -> None:
        if text is UNKNOWN:
            self._unknown(where)
        elif not isinstance(text, str):
            return
        elif named and text.lstrip()[:1] in ("{", "[") and not text.lstrip().startswith("{{"):
            self._text("", text, where, named)
        elif named:
            self.images.found += [Found(where, part, Trust.NAMED) for part in parts(text)]
        elif _looks_like_one(text):
            self.images.found.append(Found(where, text, Trust.GUESS))

    def _text(self, name: str, text: str, where: str, named: bool = False) -> None:
        """A manifest inside a text, or else the lines in it that set an image."""
        if not named and not texts.may_name_images(text):
            return
        try:
            documents = texts.documents(text) if self._text_depth < _DEEPEST_TEXT else texts.too_nested()
            for document in documents or ():
                self._document(document, where, named)
        except (RecursionError, texts.TooNested):
            self.images.unreadable.append((where, "its text is nested too deeply"))
            return
        if documents is None:
            trust = Trust.NAMED if texts.is_manifest(name) else Trust.GUESS
            self.images.found += [Found(f"{where} line {line}", value, trust) for line, value in texts.lines(text)]

    def _document(self, document: Any, where: str, named: bool) -> None:
        inner = _Walker(self._text_depth + 1)
        if named:
            inner._group(document, where, Trust.NAMED)
        else:
            inner.below(document, where, Trust.NAMED)
        filled_in = texts.placeholders(document)
        self.images.found += [found for found in inner.images.found if found.text not in filled_in]
        self.images.unreadable += inner.images.unreadable

    def _is_new(self, value: Any, trust: Trust) -> bool:
        """Whether this object or list is met for the first time: anchors of YAML can make a text endless."""
        if not isinstance(value, dict | list):
            return True
        if (id(value), trust) in self._seen:
            return False
        self._seen.add((id(value), trust))
        return True

    def _written(self, where: str, text: Any, trust: Trust) -> None:
        if text is UNKNOWN:
            self._unknown(where)
        else:
            self.images.found.append(Found(where, text, trust))

    def _unknown(self, where: str, matters: bool = True) -> None:
        if matters:
            self.images.unknown.append(where)


def _entries(node: dict[Any, Any]) -> Iterator[tuple[str, Any]]:
    """In YAML a key may be anything."""
    return ((str(key), value) for key, value in node.items())


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _says_image(name: str) -> bool:
    return names.is_variable(name) or names.is_field(name) or names.repository_of(name) is not None


def _decoded(value: str) -> str:
    """It may have line breaks, which the API server takes."""
    try:
        return base64.b64decode(value).decode()
    except ValueError:
        return value


def _looks_like_one(text: str) -> bool:
    """A host and a path; whoever reads it sees whether there is a tag or a digest, which few other texts have."""
    host, slash, _ = text.partition("/")
    return slash == "/" and ("." in host or ":" in host)
