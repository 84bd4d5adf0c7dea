/**
 * How a value tells when its work is done.
 *
 * `value`: it is done. `promise`: by settling. `generator`: an asynchronous one, by its last step. `lazy`: not at all,
 * for it starts its work when it is awaited (a query builder), read (an iterator, a stream) or subscribed to. A list of promises is `lazy`, too.
 */
export type Kind = 'value' | 'promise' | 'generator' | 'lazy'

type Then = (
  this: unknown,
  onValue: (value: unknown) => unknown,
  onError: (error: unknown) => unknown,
) => Promise<unknown>

const native = /^function Promise\(\)\s*\{\s*\[native code\]\s*\}$/

/** Whether an object is the prototype of a native promise, of this realm or another. */
function isPromisePrototype(owner: object): boolean {
  const { value: made } = Object.getOwnPropertyDescriptor(owner, 'constructor') ?? {}
  if (typeof made !== 'function' || made.prototype !== owner) return false
  return made === Promise || native.test(Function.prototype.toString.call(made))
}

/**
 * The `then` of a promise that may be observed: one that its realm's Promise, or the global Promise (zone.js and
 * polyfills replace it), hands on to it. One of its own, or of a subclass, may start the work: it is not read.
 */
function thenOf(value: object): Then | undefined {
  // The promise of an async function, without the descriptors of its prototype, which cost as much as observing it.
  const { prototype } = Promise as { readonly prototype: { readonly then: Then } }
  const isOfThisRealm = Object.getPrototypeOf(value) === prototype && !Object.hasOwn(value, 'then')
  if (isOfThisRealm) return prototype.then
  let owner: object | null = value
  while (owner && !Object.hasOwn(owner, 'then')) owner = Object.getPrototypeOf(owner) as object | null
  if (!owner || owner === value || !isPromisePrototype(owner)) return undefined
  return Object.getOwnPropertyDescriptor(owner, 'then')?.value as Then | undefined
}

/** Reads no property of the value but those of a generator: a getter may start the work. */
export function kindOf(value: unknown): Kind {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return 'value'
  try {
    if ('then' in value) return thenOf(value) ? 'promise' : 'lazy'
    if (Symbol.asyncIterator in value) return isGenerator(value) ? 'generator' : 'lazy'
    // Any of them may fail later.
    if (Array.isArray(value)) return value.slice(0, 100).some(isThenable) ? 'lazy' : 'value'
    const isIterator = Symbol.iterator in value && 'next' in value
    // Not every browser iterates its streams.
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
 * Hears how a promise settles, without counting as its caller: gives the promise that the handlers make, or undefined
 * for everything that cannot be observed. Throws what the promise's own class throws.
 */
export function observe(
  value: unknown,
  onValue: (value: unknown) => unknown,
  onError: (error: unknown) => unknown,
): Promise<unknown> | undefined {
  if (kindOf(value) !== 'promise') return undefined
  return thenOf(value as object)?.call(value, onValue, onError)
}
