/**
 * How the end of the work behind a value can be observed.
 *
 * `value`: the work is done. `generator` (asynchronous): at its last step. `lazy`: not at all, because the work starts when
 * the value is awaited (a query builder), read (an iterator, a stream) or subscribed to; an array of promises counts as
 * `lazy`. A promise: when it settles, by the `then` that this is.
 */
export type Kind = 'value' | 'generator' | 'lazy' | Then

export type Then = (
  this: unknown,
  onValue: (value: unknown) => unknown,
  onError: (error: unknown) => unknown,
) => Promise<unknown>

const native = /^function Promise\(\)\s*\{\s*\[native code\]\s*\}$/

/** Whether an object is the prototype of native promises, of any realm. */
function isPromisePrototype(owner: object): boolean {
  const { value: made } = Object.getOwnPropertyDescriptor(owner, 'constructor') ?? {}
  if (typeof made !== 'function' || made.prototype !== owner) return false
  return made === Promise || native.test(Function.prototype.toString.call(made))
}

/**
 * The `then` that a promise inherits from its realm's Promise, or from the global Promise (replaced by zone.js and
 * polyfills). An own `then`, or that of a subclass, may start the work, so it is never read.
 */
function thenOf(value: object): Then | undefined {
  // The usual case, without property descriptors, which take as long as observing the promise.
  const { prototype } = Promise as { readonly prototype: { readonly then: Then } }
  const isOfThisRealm = Object.getPrototypeOf(value) === prototype && !Object.hasOwn(value, 'then')
  if (isOfThisRealm) return prototype.then
  let owner: object | null = value
  while (owner && !Object.hasOwn(owner, 'then')) owner = Object.getPrototypeOf(owner) as object | null
  if (!owner || owner === value || !isPromisePrototype(owner)) return undefined
  return Object.getOwnPropertyDescriptor(owner, 'then')?.value as Then | undefined
}

/** Reads only the methods of a generator: any other getter may start the work. */
export function kindOf(value: unknown): Kind {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return 'value'
  try {
    if ('then' in value) return thenOf(value) ?? 'lazy'
    if (Symbol.asyncIterator in value) return isGenerator(value) ? 'generator' : 'lazy'
    // Any of its promises may still fail.
    if (Array.isArray(value)) return value.slice(0, 100).some(isThenable) ? 'lazy' : 'value'
    const isIterator = Symbol.iterator in value && 'next' in value
    // Streams are not iterable in all browsers.
    const isObservable = 'subscribe' in value && 'pipe' in value
    return isIterator || isObservable || 'getReader' in value ? 'lazy' : 'value'
  } catch {
    // A proxy that throws.
    return 'lazy'
  }
}

const isThenable = (value: unknown): boolean => typeof value === 'object' && value !== null && 'then' in value

function isGenerator(value: object): boolean {
  const { next, return: end, throw: fail } = value as Partial<AsyncGenerator>
  return [next, end, fail].every((method) => typeof method === 'function')
}

/**
 * Adds handlers to a promise. Returns the derived promise, or undefined for a value that cannot be observed. Throws what the
 * promise's class throws.
 */
export function observe(
  value: unknown,
  onValue: (value: unknown) => unknown,
  onError: (error: unknown) => unknown,
): Promise<unknown> | undefined {
  const kind = kindOf(value)
  return typeof kind === 'string' ? undefined : kind.call(value, onValue, onError)
}
