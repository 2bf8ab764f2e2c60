"""Where custom resources hold images: by shape, as the pack's own walker does it, for new kinds come every week.

CEL has no recursion, so the walk goes down level by level, a variable for each. What is deeper still is refused: it
would be a place to hide. Texts are left to the pack: what is made of them is a pod, or another object, and judged then.
"""

from typing import Any

from ..forms import DIGESTS, SCHEMA, TAGS
from ..images import NEVER_IMAGES, NO_IMAGES_IN_METADATA
from ..names import FIELD, GROUP
from .cel import Variable, texts, whole

LEVELS = 32

BUILT_IN = (
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
)
"""The groups of Kubernetes itself, whose kinds hold no images but those of `workloads`."""

_EVERYTHING = {"apiVersions": ["*"], "operations": ["CREATE", "UPDATE"], "resources": ["*"]}
RESOURCES: list[dict[str, Any]] = [{"apiGroups": ["*"], **_EVERYTHING}]
EXCLUDED: list[dict[str, Any]] = [{"apiGroups": list(BUILT_IN), **_EVERYTHING}]

# Controllers write status and metadata all the time, and neither holds what is yet to run.
CHANGED = """request.operation != 'UPDATE' || object.exists(k, !(k in ['metadata', 'status'])
&& !(k in oldObject && object[k] == oldObject[k]))"""


def _is_map(value: str) -> str:
    return f"type({value}) == map"


def _is_list(value: str) -> str:
    return f"type({value}) == list"


def _is_string(value: str) -> str:
    return f"type({value}) == string"


# Few keys go past the first half, which costs a fraction of the second.
def _is_field(key: str) -> str:
    return f"({key}.contains('mage') && {key}.matches({whole(FIELD)}))"


def _is_group(key: str) -> str:
    return f"({key}.contains('mage') && {key}.matches({whole(GROUP)}))"


def _described_by(image: str) -> str:
    """The fields that name the image of an object, the first of which holds."""
    return f"""['reference', 'repository', 'name'].filter(d, d in {image} && {_is_string(f"{image}[d]")}
&& {image}[d] != '')"""


def _is_schema(image: str) -> str:
    return f"{texts(SCHEMA)}.exists(s, s in {image} && {image}[s] != null)"


def _first(node: str, keys: str) -> str:
    return f"""({keys}.filter(t, t in {node} && {node}[t] != null && {node}[t] != '')
      .map(t, {_is_string(f"{node}[t]")} ? string({node}[t]) : '') + [''])[0]"""


def _record(node: str, key: str, name: str, version: str) -> str:
    return f"""{{'name': string({name}), 'digest': {_first(node, f"([{key} + 'Digest'] + {texts(DIGESTS)})")},
    'tag': {_first(node, f"([{key} + 'Tag'] + {texts(TAGS)})")}, 'version': string({version})}}"""


# Objects of Kubernetes inside of others: what describes fields names no image, and texts are not for here.
_KIND = "('apiVersion' in n && 'kind' in n)"
_IS_TEXT = f"({_KIND} && n.apiVersion == 'v1' && n.kind in ['ConfigMap', 'Secret'])"
_IS_SCHEMA = f"""({_KIND} && n.kind == 'CustomResourceDefinition' && {_is_string("n.apiVersion")}
  && n.apiVersion.startsWith('apiextensions.k8s.io/'))"""

_KEYS = f"k, !(k in {texts(sorted(NEVER_IMAGES))}) && !(k == 'status' && {_KIND})"

# Most values are scalars: whether one leads further down is asked first.
_BELOW = f"""n.transformList(k, v, ({_is_list("v")} || ({_is_map("v")} && !({_is_field("k")}
      && (size({_described_by("v")}) > 0 || {_is_schema("v")}))))
    && !(k in {texts(sorted(NEVER_IMAGES))}) && !(k == 'status' && {_KIND}),
  k == 'metadata' && {_is_map("v")}
    ? v.transformMap(m, w, !(m in {texts(sorted(NO_IMAGES_IN_METADATA))}), w) : v)"""


def _level(above: str) -> str:
    return f"""{above}.map(n, {_is_list("n")} ? n.filter(e, {_is_map("e")} || {_is_list("e")})
: {_IS_TEXT} || {_IS_SCHEMA} ? [] : {_BELOW}).flatten()"""


_NODES = f"""[{", ".join(f"variables.level{number}" for number in range(LEVELS))}].flatten()
.filter(n, {_is_map("n")} && n.exists(k, k.contains('mage') || k == 'storageUri') && !{_IS_TEXT} && !{_IS_SCHEMA})"""

_REPOSITORY = f"""(k == 'image' && 'repository' in n && {_is_string("n.repository")} && n.repository != '')"""
_NAME = f"""({_REPOSITORY} ? n.repository + '/' : '') + (n[k].startsWith('oci://') ? n[k].substring(6) : n[k])"""
_VERSION = f"""({_REPOSITORY} && 'version' in n && {_is_string("n.version")} ? n.version : '')"""

_FIELDS = f"""variables.nodes.map(n, n.map({_KEYS} && {_is_string("n[k]")} && {_is_field("k")},
  {_record("n", "k", _NAME, _VERSION)})).flatten()"""

_REGISTRY = f"""('registry' in o && {_is_string("o.registry")} && o.registry != '' && d != 'reference'
      ? o.registry + '/' : '')"""

# Objects under a field that names one image, and those with a repository under one that names several.
_OBJECTS = f"""variables.nodes.map(n, n.map({_KEYS} && {_is_map("n[k]")} && {_is_field("k")}, n[k])
  + n.map({_KEYS} && {_is_map("n[k]")} && {_is_group("k")}, n[k].map(g, {_is_map("n[k][g]")}, n[k][g])).flatten()
    .filter(o, 'repository' in o || 'reference' in o).filter(o, !('image' in o))
  + n.map({_KEYS} && {_is_list("n[k]")} && ({_is_field("k")} || {_is_group("k")}),
      n[k].filter(g, {_is_map("g")})).flatten()
    .filter(o, 'repository' in o || 'reference' in o).filter(o, !('image' in o))
).flatten()"""

_DESCRIBED = f"""variables.objects.map(o, {_described_by("o")}.map(d, {_record("o", "d", f"{_REGISTRY} + o[d]", "''")}))
.filter(found, size(found) > 0).map(found, found[0])"""

_JOINED = """(variables.fields + variables.described)
.map(r, {'name': r.name, 'digest': r.digest, 'tag': r.tag == '' ? r.version : r.tag})
.map(r, {'digest': r.digest, 'name': r.tag == '' || r.name.substring(r.name.lastIndexOf('/') + 1).contains(':')
  ? r.name : r.name + (r.tag.startsWith('sha256:') ? '@' : ':') + r.tag})
.map(r, r.digest == '' || r.name.substring(r.name.lastIndexOf('/') + 1).contains('@')
  ? r.name : r.name + '@' + r.digest)"""

_SURE = f"""variables.joined + variables.nodes.map(n,
  n.map({_KEYS} && {_is_list("n[k]")} && ({_is_field("k")} || {_is_group("k")}),
    n[k].filter(e, {_is_string("e")})).flatten()
  + n.map({_KEYS} && k == 'storageUri' && {_is_string("n[k]")} && n[k].startsWith('oci://'), n[k].substring(6))
).flatten()"""

_NAMED = f"""variables.nodes.map(n,
  n.map({_KEYS} && {_is_string("n[k]")} && {_is_group("k")} && !{_is_field("k")},
    n[k].findAll(r'[^\\s,;]+').map(p, p.substring(p.lastIndexOf('=') + 1))).flatten()
  + n.map({_KEYS} && {_is_map("n[k]")} && {_is_group("k")}, n[k].map(g, {_is_string("n[k][g]")}, n[k][g])).flatten()
).flatten()
+ variables.objects.filter(o, size({_described_by("o")}) == 0 && 'default' in o
  && {_is_string("o.default")} && o.default != '').map(o, o.default)"""

# An object that names no image, where one should be, and has none below it.
_VAGUE = f"""variables.objects.filter(o, size(o) > 0 && size({_described_by("o")}) == 0
  && !{_is_schema("o")} && !o.exists(k, {_is_field("k")} || {_is_group("k")}
    || ({_is_map("o[k]")} && o[k].exists(i, {_is_field("i")} || {_is_group("i")}))))"""

_PROBLEMS = f"""variables.vague
.map(o, "An image can't be judged: it is an object without reference, repository or name.")
+ variables.nodes.filter(n, 'image' in n && n.image != null && !({_is_string("n.image")} || {_is_map("n.image")}
  || {_is_list("n.image")})).map(n, "An image can't be judged: it is neither text nor an object.")
+ (size(variables.level{LEVELS - 1}) > 0 ? ["Its fields are nested too deeply to be judged."] : [])"""

VARIABLES = (
    Variable("level0", "[object]"),
    *(Variable(f"level{number}", _level(f"variables.level{number - 1}")) for number in range(1, LEVELS)),
    Variable("nodes", _NODES),
    Variable("fields", _FIELDS),
    Variable("objects", _OBJECTS),
    Variable("described", _DESCRIBED),
    Variable("joined", _JOINED),
    Variable("sure", _SURE),
    Variable("named", _NAMED),
    Variable("vague", _VAGUE),
    Variable("problems", _PROBLEMS),
)
