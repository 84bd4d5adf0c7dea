/** What is wrapped by all: it does nothing, and takes as long as nothing takes. */
export const nothing = async (): Promise<number> => 1

/** A way of wrapping an async function so that it is known of afterwards. */
export interface Wrapper {
  readonly name: string
  /** Makes all that stands before the first call. */
  readonly start: (calls: number) => Wrapped
}

export interface Wrapped {
  /** Calls `nothing` and gives what it gives. */
  readonly call: (index: number) => Promise<number>
  /** How many calls it knows to have succeeded; undefined for those who keep nothing. */
  readonly succeeded: () => number | undefined
}
