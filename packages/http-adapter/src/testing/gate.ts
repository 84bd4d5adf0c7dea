/** Something that is held back until it is let go. */
export function gate() {
  const waiting: (() => void)[] = []
  let isOpen = false
  return {
    pass: () => (isOpen ? Promise.resolve() : new Promise<void>((resolve) => void waiting.push(resolve))),
    step: () => waiting.shift()?.(),
    open: () => {
      isOpen = true
      for (const go of waiting.splice(0)) go()
    },
  }
}
