import type { Page } from 'playwright-core'

/** Waits until slides and fades are over, so that places and colors are what they will be. What goes round for ever may. */
export const atRest = (page: Page): Promise<unknown> =>
  page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .flatMap((one) => (one.effect?.getTiming().iterations === Infinity ? [] : one.finished)),
    ).then(() => undefined),
  )
