import { describe, expect, it } from 'vitest'
import { percentIn, queued } from './stage.ts'

describe('queued', () => {
  it.each([
    [1, '1st in the queue'],
    [2, '2nd in the queue'],
    [3, '3rd in the queue'],
    [4, '4th in the queue'],
    [11, '11th in the queue'],
    [12, '12th in the queue'],
    [13, '13th in the queue'],
    [21, '21st in the queue'],
    [112, '112th in the queue'],
  ])('says the place %i', (place, text) => {
    expect(queued(place)).toBe(text)
  })

  it.each([undefined, null, 0, -1, 1.5, Number.NaN, Infinity, '3'])(
    'leaves out the invalid place %s',
    (place) => {
      expect(queued(place)).toBe('in the queue')
    },
  )
})

describe('percentIn', () => {
  it.each([
    ['a bar of tqdm', 'Using seed: 7\n 76%|███████▌  | 38/50 [00:33<00:10, 1.2it/s]', 76],
    ['a bar with a label', 'sampling:  20%|██        | 10/50', 20],
    ['the newest of many bars in one line', ' 10%|█ | 5/50\r 20%|██ | 10/50\r 32%|███ | 16/50', 32],
    ['a line of the work in front of other lines', 'Progress: 45%\nsaving a frame', 45],
    ['a decimal', 'rendering step 3, 12.7% done', 12],
    ['a percentage alone', '5 %', 5],
    ['a finished bar, which is not the whole job', '100%|██████████| 50/50', 99],
  ])('reads %s', (_what, log, percent) => {
    expect(percentIn(log)).toBe(percent)
  })

  it.each([
    ['no log', null],
    ['an empty one', ''],
    ['another percentage', 'GPU memory at 95%'],
    ['the loading of weights', 'Loading pipeline components...: 100%|██████████| 7/7 [00:01<00:00]'],
    ['a download', 'Downloading model.safetensors: 63%|██████ | 2.1G/3.3G'],
    ['an encoded sign', '1st step: https://files.test/a1%20b.png'],
    ['what is far behind the end', `50%|█████ | 25/50\n${'x'.repeat(600)}`],
  ])('says nothing of %s', (_what, log) => {
    expect(percentIn(log)).toBeUndefined()
  })

  it('reads a hostile log of 10 MB in linear time', () => {
    const started = performance.now()
    expect(percentIn(`${'9'.repeat(5_000_000)}.${'9'.repeat(5_000_000)}`)).toBeUndefined()
    // In quadratic time it would take hours.
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})
