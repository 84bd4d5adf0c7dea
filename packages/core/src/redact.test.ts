import { describe, expect, it } from 'vitest'
import { describeDataUrl, forLogs, redactMetadata, redactText } from './redact.ts'
import type { TaskRecord } from './task.ts'

const uuid = '123e4567-e89b-42d3-a456-426614174000'

describe('redactText', () => {
  it.each([
    ['an Authorization header', 'Authorization: Bearer abc.def-ghi_123'],
    ['an OpenAI key', 'bad key sk-proj-abcdefghijklmnop1234'],
    ['a Replicate token', 'token r8_0123456789abcdefABCDEF0123456789'],
    ['a JWT', 'got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl here'],
    ['a fal key', `key ${uuid}:0123456789abcdef0123456789abcdef`],
  ])('takes %s out', (_what, text) => {
    expect(redactText(text)).toContain('[redacted]')
    expect(redactText(text)).not.toMatch(/abc\.def|abcdefghijkl|0123456789|eyJ/)
  })

  it.each(['', 'the task-id of skate-park', 'r8', 'Bearer of bad news', uuid, 'ask-me anything', 'é ✓ 👍'])(
    'leaves %j as it is',
    (text) => {
      expect(redactText(text)).toBe(text)
    },
  )

  it('cuts a text over 2,000 characters and tells how long it was', () => {
    expect(redactText('x'.repeat(2_000))).toBe('x'.repeat(2_000))
    expect(redactText('x'.repeat(2_001))).toBe(`${'x'.repeat(2_000)}… [2001 characters]`)
    expect(redactText('x'.repeat(100_000))).toBe(`${'x'.repeat(2_000)}… [100000 characters]`)
  })

  it('finds a secret that the cut would have parted', () => {
    const text = `${'x'.repeat(1_990)} sk-${'a1'.repeat(40)}`
    expect(redactText(text)).not.toContain('a1a1')
    expect(redactText(text + ' '.repeat(5_000))).not.toContain('a1a1')
  })

  it('replaces NUL and lone surrogates, also one that the cut makes', () => {
    expect(redactText('a\0b\ud800c\udfffd')).toBe('a\ufffdb\ufffdc\ufffdd')
    expect(redactText(`${'x'.repeat(1_999)}👍`)).toBe(`${'x'.repeat(1_999)}\ufffd… [2001 characters]`)
  })

  it('describes a data: URL instead of keeping it', () => {
    expect(redactText(`data:image/png;base64,${'A'.repeat(400_000)}`)).toBe('[image/png, 300000 bytes]')
  })

  it.each([
    ['Bearer ', 'a'],
    ['sk-', '-'],
    ['eyJ', 'a.'],
    ['0123abcd-', '0123-'],
    ['', 'eyJaaaaaaaa.'],
    ['', '\ud800'],
  ])('reads a hostile text of 100 kB (%j, then %j repeated) at once', (head, part) => {
    const text = head + part.repeat(100_000 / part.length)
    const begin = performance.now()
    redactText(text)
    expect(performance.now() - begin).toBeLessThan(250)
  })
})

describe('describeDataUrl', () => {
  it.each([
    ['data:image/png;base64,QUJD', { type: 'image/png', bytes: 3 }],
    ['data:image/png;base64,QUI=', { type: 'image/png', bytes: 2 }],
    ['DATA:image/webp;base64,QQ==', { type: 'image/webp', bytes: 1 }],
    ['data:,hello', { type: 'text/plain', bytes: 5 }],
    ['data:text/html', { type: 'text/html', bytes: 0 }],
    ['data:image/svg+xml;charset=utf-8,<svg/>', { type: 'image/svg+xml', bytes: 6 }],
  ])('tells type and size of %s', (url, expected) => {
    expect(describeDataUrl(url)).toEqual(expected)
  })

  it.each(['https://a.example/data:', '/data:x', '', 'database'])('leaves %j alone', (url) => {
    expect(describeDataUrl(url)).toBeUndefined()
  })

  it('does not copy a head that never ends', () => {
    expect(describeDataUrl(`data:${'x'.repeat(500_000)}`)!.type.length).toBeLessThan(150)
  })
})

describe('redactMetadata', () => {
  it.each([
    'authorization',
    'Authorization',
    'password',
    'db_password',
    'apiKey',
    'api_key',
    'API-KEY',
    'x-api-key',
    'openaiApiKey',
    'secret',
    'clientSecret',
    'token',
    'accessToken',
    'refresh_token',
    'cookie',
    'set-cookie',
    'privateKey',
  ])('drops the field %s', (name) => {
    expect(
      redactMetadata({ [name]: 'hush', deep: { [name]: 'hush', kept: 1 }, list: [{ [name]: 1 }] }),
    ).toEqual({ deep: { kept: 1 }, list: [{}] })
  })

  it.each(['tokens', 'maxTokens', 'tokenCount', 'keyframe', 'secretary', 'monkey', 'cookies-made'])(
    'keeps the field %s, which is no secret',
    (name) => {
      expect(redactMetadata({ [name]: 1 })).toEqual({ [name]: 1 })
    },
  )

  it('drops the fields that the step calls secret, at every depth', () => {
    expect(redactMetadata({ prompt: 'p', deep: [{ prompt: 'p', model: 'm' }] }, ['prompt'])).toEqual({
      deep: [{ model: 'm' }],
    })
  })

  it('makes JSON of what is none', () => {
    const given = {
      date: new Date(0),
      broken: new Date(Number.NaN),
      big: 12n,
      nan: Number.NaN,
      endless: Infinity,
      nothing: undefined,
      call: () => 1,
      sign: Symbol('s'),
      list: [undefined, () => 1, 2],
      nil: null,
    }
    expect(redactMetadata(given)).toEqual({
      date: '1970-01-01T00:00:00.000Z',
      broken: null,
      big: '12',
      nan: null,
      endless: null,
      list: [null, null, 2],
      nil: null,
    })
  })

  it('describes data: URLs and cuts long texts inside', () => {
    const { image, text } = redactMetadata({ image: 'data:image/png;base64,QUJD', text: 'x'.repeat(3_000) })
    expect(image).toBe('[image/png, 3 bytes]')
    expect(text).toMatch(/… \[3000 characters\]$/)
  })

  it('keeps the first fields of what is too large, and loses its depths', () => {
    const loop: Record<string, unknown> = {}
    Object.assign(loop, { self: loop, title: 'T', again: loop, list: [loop, loop] })
    expect(redactMetadata(loop)).toMatchObject({ self: { self: { self: {} } } })
    expect(
      Object.keys(redactMetadata({ wide: Object.fromEntries(Object.entries([...Array(300)].fill(1))) })),
    ).toEqual(['wide'])
  })

  it('keeps 1,000 items of a list and 10,000 in all', () => {
    const list = Array.from({ length: 5_000 }, (_, index) => index)
    expect((redactMetadata({ list })['list'] as number[]).length).toBe(1_000)
    const wide = redactMetadata({ lists: Array.from({ length: 1_000 }, () => list) })
    expect((wide['lists'] as number[][]).flat().length).toBeLessThanOrEqual(10_000)
  })

  it('gives an object that nobody can change', () => {
    const metadata = redactMetadata({ deep: { list: [{ a: 1 }] } }) as { deep: { list: [object] } }
    expect([metadata, metadata.deep, metadata.deep.list, metadata.deep.list[0]].every(Object.isFrozen)).toBe(
      true,
    )
  })

  it.each([null, undefined, 1, 'text', true])('makes an empty object of %j', (given) => {
    expect(redactMetadata(given)).toEqual({})
  })
})

describe('forLogs', () => {
  const task: TaskRecord = {
    id: 't',
    showId: 's',
    type: 'portrait',
    status: 'succeeded',
    attempt: 1,
    startedAt: 0,
    updatedAt: 0,
    rev: 1,
    by: 'me',
    outputUrl: 'https://a.example/p.png?sig=hush#top',
    outputs: ['https://a.example/1.mp4?sig=hush', '/2.mp4'],
    job: { provider: 'fal', id: 'j', url: 'https://q.example/j?key=hush' },
  }

  it('cuts the query of every address, and leaves the record as it is', () => {
    expect(forLogs(task)).toMatchObject({
      outputUrl: 'https://a.example/p.png',
      outputs: ['https://a.example/1.mp4', '/2.mp4'],
      job: { provider: 'fal', id: 'j', url: 'https://q.example/j' },
    })
    expect(task.outputUrl).toContain('sig=hush')
  })

  it('cuts the query of addresses that stand in free texts too', () => {
    const said = {
      ...task,
      stage: 'saving https://a.example/p.png?sig=hush now',
      error: { message: 'GET https://a.example/p.png?sig=hush: 403' },
      metadata: {
        preview: 'https://a.example/q.png?sig=hush',
        deep: [{ at: 'see http://b.example/?sig=hush.' }],
      },
    }
    expect(JSON.stringify(forLogs(said))).not.toContain('hush')
    expect(JSON.stringify(forLogs(said))).toContain('GET https://a.example/p.png')
  })
})
