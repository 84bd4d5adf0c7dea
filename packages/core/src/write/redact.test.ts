import fc from 'fast-check'
import { checkSync } from 'recheck'
import { describe, expect, it } from 'vitest'
import { CallsheetError } from '../records/errors.ts'
import { redactMetadata as redact } from './metadata.ts'
import { secretShape } from './known-shapes.ts'
import { createRedactor, describeDataUrl, authority, forLogs, query, userInfo } from './redact.ts'
import * as names from './secret-names.ts'
import { secretShapes } from '../secret-shapes.ts'
import { assertLaw, expectSame, oneOf, taskOf } from '../testing.ts'

const redactor = createRedactor()
const redactText = redactor.text
const redactMetadata = (given: unknown, secret?: string[]) => redact([given as object], redactor, secret)
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

  it('cuts a text over 2,000 characters and notes its length', () => {
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
})

describe('createRedactor', () => {
  const harmless = [
    '',
    ' ',
    'é ✓ 👍',
    uuid,
    `${uuid}:${uuid}`,
    'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '9f86d081884c7d659a2feaa0c55ad015',
    'd41d8cd98f00b204e9800998ecf8427e.png',
    '2026-11-22T10:00:00.000Z',
    'sk-learn-is-great-for-this-thing',
    'the task-id of skate-park',
    'risk-assessment-2026-final-version',
    'hf_transformers_cache_directory',
    'r8_small',
    'ghost_in_the_machine_and_other_stories',
    'Bearer authentication required',
    'Bearer realm="shows", error="invalid_token"',
    'The ring bearer approaches the responsibilities of Mordor',
    'Basic JavaScript and Basic TypeScript',
    'Basic instructions follow',
    'Key moments/scenes of the pilot',
    'Her Secret: a love story',
    'The Secret: 1930s Berlin',
    'Password: must be at least 8 characters',
    'Password: Swordfish (2001)',
    'Cookie: the dog that baked',
    'The token: a coin with two faces',
    'tokens: 12345678, max_tokens=4096, tokenCount: 12345678',
    'token limit exceeded: 128000',
    'Invalid API key',
    'authorization failed',
    'design=modern1&signal=7',
    '{"signature":"a red scarf"}',
    'ratio 16:9, seed: 12345678',
    'mailto:ada@a.example',
    'http://localhost:5173/@vite/client',
    'https://a.example:8443/p.png',
    'https://a.example/p.png?width=512&height=512#top',
    'https://a.example/@scope/name@1.2.3/dist/index.js',
    `https://replicate.delivery/xezq/${'aB3'.repeat(14)}/out-0.png`,
    `https://v3.fal.media/files/elephant/${'aB3_-'.repeat(4)}.jpeg`,
    'https://a.example/eyJidWNrZXQiOiJwaWN0dXJlcyJ9.png',
  ]

  it.each([
    `https://b.s3.amazonaws.com/p.png?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261122&X-Amz-Security-Token=abc&X-Amz-Signature=${'0a'.repeat(32)}`,
    'https://p.supabase.co/storage/v1/object/sign/b/p.png?token=eyJhbGciOiJIUzI1NiJ9.eyJ1cmwiOiJiL3AucG5nIn0.c2lnbmF0dXJl',
    `https://firebasestorage.googleapis.com/v0/b/b/o/p.png?alt=media&token=${uuid}`,
    'https://a.blob.core.windows.net/private/img.png?st=2026&se=2027&sig=aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789%3D',
    '/pictures/p.png?token=0123456789abcdef',
    'https://a.example/sk-0123456789abcdefABCDEF01.png',
    'https://a.example/secret=garden/eyJhbGciOiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl/p.m3u8',
  ])(
    'keeps %j in a field of an address, as it must load, and takes its secrets out of a sentence',
    (text) => {
      expect(redactor.url(text)).toBe(text)
      expect(redactMetadata({ text, list: [text] })).toEqual({ text, list: [text] })
      expect(redactor.text(`saving ${text}`)).toContain('[redacted]')
    },
  )

  it.each(harmless)('leaves %j as it is', (text) => {
    expect(redactor.text(text)).toBe(text)
    expect(redactMetadata({ text, list: [text] })).toEqual({ text, list: [text] })
  })

  it('says the same of what it has said', () => {
    const parts = fc.constantFrom(
      'token=abc',
      'password: hunter22',
      '{"api_key":"abc","n":1}',
      String.raw`"{\"api_key\":\"abc\"}"`,
      "{ 'set-cookie': [ 'a=b', 'c=d' ] }",
      'Cookie: a=b; c=d\n',
      'GET https://a:b@c.example/d?token=abc&sig=abc',
      'authorization: Basic dXNlcjpwYXNz',
      'sk-abcdefghijklmnopqrst1',
      `${uuid}:0123456789abcdef`,
      'eyJhbGciOiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
      '-----BEGIN PRIVATE KEY-----',
      'The Secret: a love story',
    )
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 30 }), (list) => {
        const once = redactor.text(list.join(' '))
        expect(redactor.text(once)).toBe(once)
      }),
      { numRuns: 2_000 },
    )
  })

  it('keeps the length that a text had, however often it is written', () => {
    const once = redactMetadata({ text: 'x'.repeat(3_000), ['n'.repeat(300)]: 1 })
    expect(redactMetadata({ ...once })).toEqual(once)
    expect(once['text']).toMatch(/… \[3000 characters\]$/)
  })

  it('finds the secret whose place other secrets gave free', () => {
    const jwts = Array.from({ length: 3 }, () => `eyJhbGciOiJ9.${'aB3'.repeat(400)}.c2ln`).join(' ')
    expect(
      redactor.text(`${jwts} ${'x'.repeat(370)} sk-${'a1'.repeat(100)} ${'y'.repeat(9_000)}`),
    ).not.toContain('a1a1')
  })

  it('takes further names, in fields however they are written', () => {
    const { name } = createRedactor({ keys: ['seed phrase', 'clé'] })
    for (const one of ['seedPhrase', 'seed_phrase', 'SEED-PHRASE', 'Clé']) expect(name(one)).toBeUndefined()
    for (const one of ['seed', 'phrase', 'my seed phrase', 'cl']) expect(name(one)).toBe(one)
  })

  it('keeps names that only sound like a secret', () => {
    const { name } = createRedactor({ keep: ['secret', 'shareToken'] })
    for (const one of ['secret', 'Secret', 'share_token']) expect(name(one)).toBe(one)
    for (const one of ['clientSecret', 'token']) expect(name(one)).toBeUndefined()
  })

  it('redacts additional patterns, whatever their last index', () => {
    const shapes = [/acct-\d+/y, /\bada\b/gi, /(never)x?/]
    const { text } = createRedactor({ values: shapes })
    for (let turn = 0; turn < 3; turn += 1)
      expect(text('Ada has acct-12 and acct-34, ada never')).toBe(
        '[redacted] has [redacted] and [redacted], [redacted] [redacted]',
      )
    expect(shapes.map((shape) => shape.lastIndex)).toEqual([0, 0, 0])
  })

  it('makes nothing of a shape that matches nothing', () => {
    expect(createRedactor({ values: [/x*/] }).text('a xx b')).toBe('a [redacted] b')
  })

  it('keeps no more of a text than it is told to', () => {
    const { text } = createRedactor({ maxLength: 10 })
    expect(text('x'.repeat(11))).toBe(`${'x'.repeat(10)}… [11 characters]`)
    expect(text(text('x'.repeat(11)))).toBe(`${'x'.repeat(10)}… [11 characters]`)
    expect(text('x'.repeat(10))).toBe('x'.repeat(10))
  })

  it('leaves secrets when it is off, and keeps records small and valid', () => {
    const off = createRedactor(false)
    const key = 'sk-abcdefghijklmnopqrst1'
    expect(off.text(`password=${key}`)).toBe(`password=${key}`)
    expect(off.url(`https://ada:pw@a.example/${key}`)).toBe(`https://ada:pw@a.example/${key}`)
    expect(redact([{ apiKey: key, prompt: 'p' }], off, ['prompt'])).toEqual({ apiKey: key })
    expect(off.text(`${'x'.repeat(2_000)}\0`)).toBe(`${'x'.repeat(2_000)}… [2001 characters]`)
    expect(off.text('a\0')).toBe('a\ufffd')
    expect(off.text('data:image/png;base64,QUJD')).toBe('[image/png, 3 bytes]')
  })

  it.each<[object, RegExp]>([
    [{ keys: 'prompt' }, /list of every redact.keys/],
    [{ keys: [''] }, /Invalid redact.keys ""/],
    [{ keep: [7] }, /Invalid redact.keep 7/],
    [{ values: ['x'] }, /list of RegExp/],
    [{ values: /x/ }, /list of RegExp/],
    [{ maxLength: 0 }, /1 to 2000/],
    [{ maxLength: 2_001 }, /1 to 2000/],
    [{ maxLength: Number.NaN }, /1 to 2000/],
  ])('refuses %j, and says why', (options, message) => {
    expect(() => createRedactor(options)).toThrow(CallsheetError)
    expect(() => createRedactor(options)).toThrow(message)
  })

  // recheck looks for texts on which a pattern takes longer than in proportion to their length. Its limits in ms would
  // call a pattern vulnerable on a busy machine, so only those in characters stay.
  const untimed = { timeout: null, attackTimeout: null, incubationTimeout: null, seedingTimeout: null }
  const { nameEnd, either, assignment, gap, line, scheme, group, run } = names
  const [ownShapes] = secretShapes as readonly [RegExp]
  it.each(
    Object.entries({
      secretShape,
      nameEnd,
      either,
      assignment,
      gap,
      line,
      scheme,
      group,
      run,
      query,
      authority,
      userInfo,
      ownShapes,
    }),
  )('reads every text in linear time: %s', (_what, { source, flags }) => {
    expect(checkSync(source, flags, untimed)).toMatchObject({ status: 'safe' })
  })
})

describe('a text that is long', () => {
  it.each([
    'key=',
    'token=[',
    '://a:',
    'cookie: ',
    'key:"',
    'authorization: a ',
    'sk-',
    'eyJ',
    '/x?',
    '\\\\',
  ])('of %j alone is read, and cut, as a value and as a name', (part) => {
    const text = part.repeat(1_000_000 / part.length)
    expect(redactor.text(text).length).toBeLessThan(2_100)
    expect(redactor.name(text)?.length ?? 0).toBeLessThan(300)
  })
})

describe('secretShapes', () => {
  it('adds the keys of about a hundred services in one line', () => {
    const key = ['shp', 'at_', '0a'.repeat(16)].join('')
    expect(redactText(`shop ${key}`)).toContain(key)
    expect(createRedactor({ values: secretShapes }).text(`shop ${key}`)).toBe('shop [redacted]')
  })
})

describe('describeDataUrl', () => {
  it.each([
    ['data:image/png;base64,QUJD', { type: 'image/png', bytes: 3 }],
    ['data:image/png;base64,QUI=', { type: 'image/png', bytes: 2 }],
    ['DATA:image/webp;base64,QQ==', { type: 'image/webp', bytes: 1 }],
    ['data:,hello', { type: 'text/plain', bytes: 5 }],
    ['data:image/svg+xml;charset=utf-8,<svg/>', { type: 'image/svg+xml', bytes: 6 }],
  ])('tells type and size of %s', (url, expected) => {
    expect(describeDataUrl(url)).toEqual(expected)
  })

  it.each([
    'https://a.example/data:',
    '/data:x',
    '',
    'database',
    'Data: the android',
    'Data: the android, second officer of the ship',
    'data:text/html',
    `data:${'x'.repeat(500_000)}`,
    'data:image/png; a portrait, in oil',
  ])('leaves %.40j alone, in texts too', (text) => {
    expect(describeDataUrl(text)).toBeUndefined()
    if (text.length < 100) expect(redactText(text)).toBe(text)
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
    'keeps the field %s, which is not a secret',
    (name) => {
      expect(redactMetadata({ [name]: 1 })).toEqual({ [name]: 1 })
    },
  )

  it('drops the fields that the step calls secret, at every depth', () => {
    expect(redactMetadata({ prompt: 'p', deep: [{ prompt: 'p', model: 'm' }] }, ['prompt'])).toEqual({
      deep: [{ model: 'm' }],
    })
  })

  it('turns values that JSON cannot carry into JSON', () => {
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
    expect(redactMetadata(loop)).toEqual({
      self: { self: '[circular]', title: 'T', again: '[circular]', list: ['[circular]', '[circular]'] },
      title: 'T',
      again: { self: '[circular]', title: 'T', again: '[circular]', list: ['[circular]', '[circular]'] },
      list: [
        { self: '[circular]', title: 'T', again: '[circular]', list: '[circular]' },
        { self: '[circular]', title: 'T', again: '[circular]', list: '[circular]' },
      ],
    })
    expect(
      Object.keys(redactMetadata({ wide: Object.fromEntries(Object.entries([...Array(300)].fill(1))) })),
    ).toEqual(['wide'])
  })

  it('returns a frozen object', () => {
    const metadata = redactMetadata({ deep: { list: [{ a: 1 }] } }) as { deep: { list: [object] } }
    expect([metadata, metadata.deep, metadata.deep.list, metadata.deep.list[0]].every(Object.isFrozen)).toBe(
      true,
    )
  })

  it.each([null, undefined, 1, true])('makes an empty object of %j', (given) => {
    expect(redactMetadata(given)).toEqual({})
  })
})

describe('forLogs', () => {
  const task = taskOf({
    status: 'succeeded',
    outputUrl: 'https://a.example/p.png?sig=hush#top',
    outputs: ['https://a.example/1.mp4?sig=hush', '/2.mp4'],
    job: { provider: 'fal', id: 'j', url: 'https://q.example/j?key=hush' },
  })

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

describe('a text that is passed over unsearched', () => {
  const pieces = [
    'sk-',
    'r8_',
    'AIza',
    'Bearer ',
    'Basic ',
    'PRIVATE KEY-',
    'eyJ',
    'token',
    'cookie: ',
    'api key',
    '=',
    ':',
    '%3D',
    '://a:b@c',
    '"',
    ' ',
    '\n',
    '\u00a0',
    '\u0001',
    'a1b2c3d4e5f6',
    'abc',
    'X9',
    '-',
  ]
  it('holds no secret, whatever its words and signs', async () => {
    const { text: hide } = createRedactor({ values: [/(?!)/] })
    const { text: quick } = createRedactor()
    await assertLaw(
      fc.property(fc.array(oneOf(...pieces), { maxLength: 8 }), (parts) => {
        const text = parts.join('')
        expectSame(quick(text), hide(text))
      }),
    )
  })
})
