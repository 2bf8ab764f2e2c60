"""The verdict on each image, in CEL: what the rules of the pack say, from the parameter."""

from ..allowed_registries import allowed_registries
from ..open_source_images import open_source_images
from ..pinned_images import MOVING, pinned_images
from ..references import TEMPLATE
from ..subjects import PICTURES
from ..versions import AFTER_NUMBER, BEFORE_NUMBER, NUMBER
from .cel import Variable, column, lines, text, texts, whole
from .parameter import ADDITIONS, DIGESTS, EXCEPTIONS, HOSTS, REGISTRIES, RULES

_MOST_SAID, _LONGEST_SAID = 8, 120

# The server sets both times itself; a request has none that CEL could read.
_TODAY = """request.operation == 'CREATE' && has(object.metadata.creationTimestamp)
? string(object.metadata.creationTimestamp).substring(0, 10)
: object.metadata.?managedFields.orValue([]).filter(f, has(f.time)).map(f, string(f.time).substring(0, 10)).max()"""

_TERMS = f"""variables.images.map(r, {{
  'text': r.text, 'digest': r.digest, 'tag': r.tag, 'repository': r.repository, 'upstream': r.upstream,
  'terms': string((
    ([r.upstream.split('/')[0] + '/' + r.upstream.split('/')[1], r.upstream.split('/')[0]]
      .map(b, b.replace('/', '_').replace(':', '_').replace('[', '_').replace(']', '_'))
      .filter(b, b in params.data).map(b, params.data[b].split('\\n')).flatten() + variables.elsewhere)
    .filter(l, l.startsWith('~') ? r.upstream.startsWith(l.substring(1, l.indexOf('*')))
      && r.upstream.matches('^(?:' + {column("l", 4)} + ')$') : l.startsWith(r.upstream + ' | '))
    + ['']
  )[0])
}})"""

# A version becomes a text that sorts as it does: nine digits for each part. The tag `7` means some 7.x.
_VERSIONS = f"""variables.terms.map(r, {{
  'text': r.text, 'digest': r.digest, 'tag': r.tag == '' && r.digest == '' ? 'latest' : r.tag,
  'repository': r.repository, 'upstream': r.upstream, 'terms': r.terms,
  'number': r.tag.matches(r'^RELEASE\\.\\d{{4}}-\\d{{2}}-\\d{{2}}(?:$|T)') ? r.tag.substring(8, 18).replace('-', '.')
    : r.tag.matches({text(f"^{BEFORE_NUMBER}{NUMBER}(?:{AFTER_NUMBER})")}) ? r.tag.find({text(NUMBER)}) : ''
}})
.map(r, {{
  'text': r.text, 'digest': r.digest, 'tag': r.tag, 'repository': r.repository, 'upstream': r.upstream,
  'terms': r.terms,
  'low': r.number == '' ? '' : r.number.split('.').map(p, ('000000000' + p).substring(size(p))).join('.'),
  'high': r.number == '' ? '~' : (r.number.split('.').slice(0, size(r.number.split('.')) - 1)
    + [string(int(r.number.split('.').last().value()) + 1)]).map(p, ('000000000' + p).substring(size(p))).join('.')
}})"""

_OPEN = f"""variables.versions.filter(r, r.terms != '').filter(r,
  r.tag == '' ? {column("r.terms", 3)} == 'yes'
  : {column("r.terms", 1)}.split(' ').exists(e, e != '-' && r.tag.matches('^(?:' + e.substring(1) + ')$'))
  ? {column("r.terms", 1)}.split(' ').filter(e, e != '-' && r.tag.matches('^(?:' + e.substring(1) + ')$'))[0]
    .startsWith('+')
  : {column("r.terms", 2)}.split(' ').filter(v, v.contains('..')).map(v, v.split('..')).exists(v,
    (v[0] == '' ? '' : v[0].split('.').map(p, ('000000000' + p).substring(size(p))).join('.')) <= r.low
    && r.high <= (v[1] == '' ? '~' : v[1].split('.').map(p, ('000000000' + p).substring(size(p))).join('.')))
).map(r, r.text)"""

# Of what only may be an image, that which can be one.
_MEANT = f"""variables.terms.filter(r, r.text in variables.sure || r.terms != '' || r.tag != '' || r.digest != ''
  || (r.text.contains('/') && !{texts(PICTURES)}.exists(s, r.text.lowerAscii().endsWith(s))))"""

# As in Python, the first exception for a repository holds, even where it has ended.
_EXEMPT = f"""variables.meant.filter(r,
  variables.exceptions.filter(e, r.upstream.matches('^(?:' + {column("e", 0)} + ')$')).map(e, {column("e", 1)})
  .slice(0, variables.exceptions.exists(e, r.upstream.matches('^(?:' + {column("e", 0)} + ')$')) ? 1 : 0)
  .exists(until, until >= variables.today)).map(r, r.text)"""

_NAME = "r.repository + (r.tag == '' ? '' : ':' + r.tag) + (r.digest == '' ? '' : '@' + r.digest)"

_UNREADABLE = f"""variables.texts
.filter(t, !variables.images.exists(r, r.text == t) && (t in variables.sure || t.matches({text(TEMPLATE)})))
.map(t, "The image '" + strings.quote(t.substring(0, size(t) < {_LONGEST_SAID} ? size(t) : {_LONGEST_SAID}))
  + "' can't be judged: it is no reference that a registry would serve.")
+ variables.problems"""

_CLOSED = f"""variables.meant.filter(r, !(r.text in variables.open) && !(r.text in variables.exempt))
.map(r, {_NAME} + (r.terms == ''
  ? ' is not in the licence catalogue, so nobody has said that it is open source.'
  : {column("r.terms", 5)} == '-' ? ' has no licence on record for that tag: name the full version.'
  : ' ' + {column("r.terms", 5)}))"""

_MOVING = f"""variables.meant.filter(r, r.digest == '' && ({lines(DIGESTS)}[0] == 'true' || r.tag == ''
  || r.tag.matches({whole(MOVING)})))
.map(r, {_NAME} + ({lines(DIGESTS)}[0] == 'true' ? ' has no digest: write name:tag@sha256:...'
  : ' is whatever is the newest on the day that a node pulls it: name the version.'))"""

_FOREIGN = f"""variables.meant.filter(r, !{lines(REGISTRIES)}.exists(p, (r.repository + '/').startsWith(p)))
.map(r, {_NAME} + ' comes from ' + r.repository.split('/')[0] + ', which is not allowed.')"""


def _if_on(rule: str, findings: str) -> str:
    return f"({text(rule)} in variables.rules ? {findings} : [])"


_FINDINGS = " + ".join(
    (
        "(size(variables.rules) > 0 ? variables.unreadable : [])",
        _if_on(open_source_images.name, "variables.closed"),
        _if_on(pinned_images.name, "variables.moving"),
        _if_on(allowed_registries.name, "variables.foreign"),
    )
)

VARIABLES = (
    Variable("rules", lines(RULES)),
    Variable("elsewhere", f"{lines(HOSTS)} + {lines(ADDITIONS)}"),
    Variable("exceptions", lines(EXCEPTIONS)),
    Variable("today", _TODAY),
    Variable("terms", _TERMS),
    Variable("versions", _VERSIONS),
    Variable("open", _OPEN),
    Variable("meant", _MEANT),
    Variable("exempt", _EXEMPT),
    Variable("unreadable", _UNREADABLE),
    Variable("closed", _CLOSED),
    Variable("moving", _MOVING),
    Variable("foreign", _FOREIGN),
    Variable("findings", _FINDINGS),
)
SATISFIED = "size(variables.findings) == 0"
MESSAGE = f"""variables.findings
.slice(0, size(variables.findings) < {_MOST_SAID} ? size(variables.findings) : {_MOST_SAID}).join(' ')"""
