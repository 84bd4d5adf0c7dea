import { afterEach, describe, expect, it } from 'vitest'
import { cdp, page } from 'vitest/browser'
import { BackgroundTasksPanel } from './panel/background-tasks-panel.tsx'
import { addMixedShow, cardOf, createFixture, renderWith } from './fixtures.tsx'
import { LoaderBars } from './parts/loader-bars.tsx'
import { ProductionPipeline } from './show/production-pipeline.tsx'

interface Media {
  readonly send: (
    method: 'Emulation.setEmulatedMedia',
    params: { readonly features: readonly { readonly name: string; readonly value: string }[] },
  ) => Promise<unknown>
}

const emulate = (features: Readonly<Record<string, string>>) =>
  (cdp() as unknown as Media).send('Emulation.setEmulatedMedia', {
    features: Object.entries(features).map(([name, value]) => ({ name, value })),
  })

const styleOf = (selector: string) => getComputedStyle(document.querySelector(selector)!)

const mixed = () => {
  const { tracker } = createFixture()
  addMixedShow(tracker)
  return tracker
}

afterEach(async () => {
  delete document.documentElement.dataset['callsheetTheme']
  await emulate({})
})

describe('styles', () => {
  it('has no motion with prefers-reduced-motion', async () => {
    const spinner = "[data-step='trailer'] .callsheet-face svg"
    await renderWith(
      mixed(),
      <>
        <LoaderBars />
        <ProductionPipeline showId="visual" />
        <BackgroundTasksPanel open onOpenChange={() => {}} />
      </>,
    )
    await expect.element(page.getByRole('dialog')).toBeVisible()
    expect(styleOf(spinner).animationName).toBe('callsheet-spin')
    expect(styleOf('.callsheet-loader-bar').animationName).toBe('callsheet-wave')
    expect(styleOf('.callsheet-panel').transitionDuration).toBe('0.2s')
    await emulate({ 'prefers-reduced-motion': 'reduce' })
    await expect.poll(() => styleOf(spinner).animationName).toBe('none')
    expect(styleOf('.callsheet-loader-bar').animationName).toBe('none')
    expect(styleOf('.callsheet-panel').transitionProperty).toBe('none')
    expect(styleOf('.callsheet-bar-fill').transitionProperty).toBe('none')
    expect(styleOf('.callsheet-close').transitionProperty).toBe('none')
  })

  it('is dark by default, and follows the system with the theme auto', async () => {
    const [onDark, onLight] = ['rgb(245, 245, 241)', 'rgb(20, 20, 18)']
    await emulate({ 'prefers-color-scheme': 'light' })
    await renderWith(mixed(), <ProductionPipeline showId="visual" />)
    const color = () => styleOf('.callsheet-pipeline').color
    expect(color()).toBe(onDark)
    document.documentElement.dataset['callsheetTheme'] = 'auto'
    expect(color()).toBe(onLight)
    await emulate({ 'prefers-color-scheme': 'dark' })
    await expect.poll(color).toBe(onDark)
    document.documentElement.dataset['callsheetTheme'] = 'light'
    expect(color()).toBe(onLight)
  })

  it('shows bars with forced colors', async () => {
    await emulate({ 'forced-colors': 'active' })
    await renderWith(mixed(), <ProductionPipeline showId="visual" />)
    await expect.poll(() => styleOf('.callsheet-bar').borderTopWidth).toBe('1px')
    expect(styleOf('.callsheet-bar-fill').forcedColorAdjust).toBe('none')
  })

  it('keeps its look with the global styles of a host', async () => {
    const host = document.createElement('style')
    host.textContent = `
      * { border-color: lime }
      h1, h2, h3, h4, p, li, dt, dd, ul, ol { font: 900 40px/3 serif; letter-spacing: 9px; margin: 30px; padding: 30px; list-style: square }
      button, summary { font: 900 40px/3 serif; background: lime; color: lime; border: 9px solid; text-transform: uppercase }
      button:hover { filter: brightness(1.1); background: lime }
      button:active { transform: scale(.98) }
      svg { width: 99px }`
    const show = async () => {
      const { unmount } = await renderWith(mixed(), <ProductionPipeline showId="visual" onRetry={() => {}} />)
      await page.getByRole('button', { name: /Visual Show/ }).hover()
      // Not the body's own margin and font, which are the host's to set.
      const boxes = [...document.querySelectorAll('[class*="callsheet-"]')].map((element) => {
        const {
          fontSize,
          fontWeight,
          lineHeight,
          letterSpacing,
          margin,
          padding,
          borderColor,
          borderWidth,
          filter,
          width,
        } = getComputedStyle(element)
        return [
          element.getAttribute('class'),
          fontSize,
          fontWeight,
          lineHeight,
          letterSpacing,
          margin,
          padding,
          borderWidth === '0px' ? borderWidth : borderColor,
          filter,
          width,
        ]
      })
      await unmount()
      return boxes
    }
    // Transitions of hover colors at rest, so that both looks are taken at the same moment.
    await emulate({ 'prefers-reduced-motion': 'reduce' })
    const alone = await show()
    document.head.prepend(host)
    const hosted = await show()
    host.remove()
    expect(hosted).toEqual(alone)
  })

  it('uses the colors that a host sets', async () => {
    const host = document.createElement('style')
    host.textContent = ':root { --callsheet-primary: rgb(0, 0, 255) }'
    document.head.prepend(host)
    await renderWith(mixed(), <ProductionPipeline showId="visual" />)
    expect(getComputedStyle(cardOf('trailer')).borderTopColor).toBe('rgb(0, 0, 255)')
    host.remove()
  })
})
