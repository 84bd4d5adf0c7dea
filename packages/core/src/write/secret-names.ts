// cspell:words libpq пароль
// The last words of names. Sources: OWASP, Logging cheat sheet (data to exclude); RFC 6265, 6749, 6750, 7616 and 7617 (cookies,
// OAuth, Authorization); AWS, Azure and Google (credentials, signed addresses); libpq and ADO.NET (connection strings).
const sure =
  'passw(?:or)?d|passphrase|passcode|pwd|secret|credential|cookie|token|authorization|bearer|otp|(?:api|access|private|secret)[-_ ]?key|access[-_]?key[-_]?id|connection[-_]?string|密码|пароль'
const likely = 'key|auth|signature|sig|jwt|session|sid|session[-_]?id'
/** A value of these names is a secret. */
const always = new RegExp(`(?:${sure})s?$`)
/** A value of these names is a secret if it looks like one. */
const often = new RegExp(`(?:tokens|${likely})s?$`)
/** Names that only end like one of a secret. */
const never = /^(has|is|next|max)-|(page|continuation)-token$|(public|cache|idempotency|object|file)-key$/

/** Whether a value of this name is a secret. */
export function suspicionOf(name: string): 'always' | 'often' | undefined {
  const words = name
    .replace(/%5f|\\u005f/gi, '-')
    .replace(/[a-z\d](?=[A-Z])/g, '$&-')
    .replace(/[\s!-/:-@[-`{-~]+/g, '-')
    .toLowerCase()
    .replace(/-$/, '')
  if (never.test(words)) return undefined
  return !words.endsWith('tokens') && always.test(words) ? 'always' : often.test(words) ? 'often' : undefined
}

const isMixed = (run: string) => /\d/.test(run) && /[a-z]/.test(run) && /[A-Z]/.test(run)

/** Whether a text has a run that could be made up: 16 signs of digits, small and capital letters, or 32 of hex. */
export const looksSecret = (text: string): boolean =>
  /[\da-f-]{32}/.test(text) || (text.match(/[\w+/=.~%-]{16,}/g) ?? []).some(isMixed)

// Where a name may end. The whole of it is read backwards from there.
export const nameEnd = new RegExp(
  `(?:${sure}|${likely}|basic|code|verifier|response|policy)s?(?![\\w-])`,
  'gi',
)
const wholeName = /(?:[aps]\w+ )?[\w.%\\\u0080-\uffff-]{0,60}$/i

// What stands between a name and its value. As in JSON, headers, forms, code and dumps:
export const assignment = /\\{0,9}["'`\]]{0,2}\s{0,4}(?:=>|->|%3[Dd]|=(?!=)|:(?![/:]))\s{0,4}/y
// As in prose, tags and arguments, where only a long value counts:
export const gap = /\\{0,9}[^\w$./?&@#%\\-]{1,8}(?:(?:is|was|value)[\s="']{1,3})?/y

// What a value may be, to its 400th sign, by which it is decided: quoted, a line of cookies, a scheme with its credentials, what
// is in brackets, or a run of signs.
const quoted = /[bu]?(\\{0,9})(["'])/y
export const line = /[^\n"']{0,400}/y
export const scheme = /(?:[a-z][\w-]{0,40} {1,4})?[^\s"'&;<>,]{0,400}/iy
export const group = /[[{][^\]}]{0,400}/y
export const run = /[^\s"'&;<>]{1,400}/y
const opaque = /[\w+/=.~:%-]{12,}/y
/** What follows a name that has a value: read first, as most words that could be a name have none. */
export const either = new RegExp(`${assignment.source}|${gap.source}[\\w+/=.~:%-]{12}`, 'iy')

// The name of a variable instead of a value, and what redaction has left.
const placeholder = /^(?:\w+ )?(?:\$(?:[A-Z_\d]+$|\{)|<|\[redacted)/

const isJumbled = (text: string) => /\d|[a-z][A-Z].*[a-z][A-Z]/.test(text)

/** The match of a sticky expression at a place; empty if there is none. */
function take(shape: RegExp, text: string, at: number): string {
  shape.lastIndex = at
  return shape.exec(text)?.[0] ?? ''
}

/** Start and end of the secret after a name; undefined if there is none. */
function secretAfter(text: string, at: number, name: string, isSure: boolean): [number, number] | undefined {
  const sign = take(assignment, text, at)
  let from = at + (sign || take(gap, text, at)).length
  let to = from
  let isSecret: boolean
  quoted.lastIndex = from
  const quote = sign && quoted.exec(text)
  if (!sign) {
    const value = isSure && from > at ? take(opaque, text, from) : ''
    to += value.length
    isSecret = /passw|basic|bearer/i.test(name) ? isJumbled(value) : looksSecret(value)
  } else if (quote) {
    from += quote[0].length
    // The same sign after as many backslashes as before the value, or fewer.
    const close = new RegExp(`(?<!\\\\)\\\\{0,${quote[1]!.length}}${quote[2]}|$`, 'g')
    close.lastIndex = from
    to = close.exec(text)!.index
    isSecret = to > from + 2
  } else {
    const cookies = /cookies?$/i.test(name) && /^.*=.*/.exec(take(line, text, from))?.[0]
    const isAuthorization = /authorization$/i.test(name)
    // As in a form: after a sign that prose does not know.
    const isPlain = sign === '=' && !isAuthorization
    const list = take(group, text, from)
    const value =
      cookies || list || take(isAuthorization ? scheme : run, text, from).replace(/[,.)\]}]+$/, '')
    to += value.length
    isSecret =
      !!cookies ||
      (list ? /["'\d]/.test(value) : value.length > (isPlain ? 2 : 5) && (isPlain || isJumbled(value)))
  }
  const value = text.slice(from, to)
  if (!(isSure ? isSecret : looksSecret(value)) || placeholder.test(value)) return undefined
  // What was too long to be read for the decision.
  if (!quote && to - from >= 400) while (/[^\s"'&;<>\]}]/.test(text[to] ?? ' ')) to += 1
  return [from, to]
}

/** A text without the values that are named as secrets. */
export function hideNamed(text: string): string {
  let kept = ''
  let done = 0
  for (const { 0: word, index } of text.matchAll(nameEnd)) {
    const end = index + word.length
    if (end <= done || !take(either, text, end)) continue
    const name = wholeName.exec(text.slice(Math.max(done, end - 64), end))![0]
    // In a form or a header only: OAuth's codes, CloudFront's policies, answers to a digest.
    const isForm = text[end] === '=' && /(^|-|_)(code|verifier|response|policy)$/i.test(name)
    const suspicion = isForm ? 'often' : /basic$/i.test(name) ? 'always' : suspicionOf(name)
    const secret = suspicion && secretAfter(text, end, name, suspicion === 'always')
    if (!secret) continue
    kept += `${text.slice(done, secret[0])}[redacted]`
    done = secret[1]
  }
  return kept + text.slice(done)
}
