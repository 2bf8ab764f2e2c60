"""References as CEL reads them: the same expressions as in Python, for the same verdict.

Texts come in `sure`, which are images, and `named`, which only may be. `images` has the legal ones, taken apart.
"""

from ..references import COMPONENT, DEFAULT_DOMAIN, DIGEST, DOMAIN, IMAGE_ID, LONGEST_PATH, OFFICIAL, PATH, TAG
from .cel import Variable, lines, whole
from .parameter import MIRRORS

# What stands before the first slash is a host if it could be no part of a path, or looks like a host all the same.
_PLAIN = COMPONENT.replace(r"\.|", "")
_LEGAL = rf"(?:{DOMAIN}/{PATH}|{_PLAIN}/{PATH}|{COMPONENT})(?::{TAG})?(?:@(?:{DIGEST}))?"

_TEXTS = "(variables.sure + variables.named).map(t, string(t)).distinct()"

_PARTS = f"""variables.texts
.filter(t, t.matches({whole(_LEGAL)}) && !t.matches({whole(IMAGE_ID)}))
.map(t, {{'text': t, 'digest': t.contains('@') ? t.split('@')[1] : '', 'bare': t.split('@')[0]}})
.map(r, {{
  'text': r.text, 'digest': r.digest,
  'tag': r.bare.lastIndexOf(':') > r.bare.lastIndexOf('/') ? r.bare.substring(r.bare.lastIndexOf(':') + 1) : '',
  'name': r.bare.lastIndexOf(':') > r.bare.lastIndexOf('/') ? r.bare.substring(0, r.bare.lastIndexOf(':')) : r.bare
}})"""

_PLACES = f"""variables.parts
.map(r, {{
  'text': r.text, 'digest': r.digest, 'tag': r.tag, 'name': r.name,
  'host': r.name.contains('/') && r.name.split('/')[0].matches(r'^localhost$|[A-Z.:]') ? r.name.split('/')[0] : ''
}})
.map(r, {{
  'text': r.text, 'digest': r.digest, 'tag': r.tag,
  'domain': r.host.lowerAscii() in ['', 'index.{DEFAULT_DOMAIN}'] ? '{DEFAULT_DOMAIN}' : r.host.lowerAscii(),
  'path': r.host == '' ? r.name : r.name.substring(size(r.host) + 1)
}})
.map(r, {{
  'text': r.text, 'digest': r.digest, 'tag': r.tag, 'domain': r.domain,
  'path': r.domain == '{DEFAULT_DOMAIN}' && !r.path.contains('/') ? '{OFFICIAL}/' + r.path : r.path
}})
.filter(r, size(r.path) <= {LONGEST_PATH})"""

# Where a mirrored image comes from; Docker's default holds there once more.
_IMAGES = f"""variables.places
.map(r, {{
  'text': r.text, 'digest': r.digest, 'tag': r.tag, 'repository': r.domain + '/' + r.path,
  'upstream': (variables.mirrors.filter(m, (r.domain + '/' + r.path).startsWith(m.split(' ')[0]))
    .map(m, m.split(' ')[1] + (r.domain + '/' + r.path).substring(size(m.split(' ')[0])))
    + [r.domain + '/' + r.path])[0]
}})
.map(r, {{
  'text': r.text, 'digest': r.digest, 'tag': r.tag, 'repository': r.repository,
  'upstream': r.upstream.matches(r'^{DEFAULT_DOMAIN}/[^/]+$')
    ? '{DEFAULT_DOMAIN}/{OFFICIAL}/' + r.upstream.split('/')[1] : r.upstream
}})"""

VARIABLES = (
    Variable("texts", _TEXTS),
    Variable("parts", _PARTS),
    Variable("places", _PLACES),
    Variable("mirrors", lines(MIRRORS)),
    Variable("images", _IMAGES),
)
