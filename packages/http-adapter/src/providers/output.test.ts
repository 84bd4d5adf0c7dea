import { describe, expect, it } from 'vitest'
import { outputOf } from './output.ts'

const url = (name: string) => `https://files.test/${name}`

describe('outputOf', () => {
  it.each([
    ['an address', url('a.png'), { outputUrl: url('a.png') }],
    ['a list of one', [url('a.png')], { outputUrl: url('a.png'), outputs: [url('a.png')] }],
    [
      'a list',
      [url('a.png'), url('b.png')],
      { outputUrl: url('a.png'), outputs: [url('a.png'), url('b.png')] },
    ],
    [
      'files by name',
      { mp3: url('a.mp3'), midi: url('a.mid') },
      { outputUrl: url('a.mp3'), outputs: [url('a.mp3'), url('a.mid')] },
    ],
    [
      'one file',
      { video: { url: url('a.mp4'), content_type: 'video/mp4' }, seed: 7 },
      { outputUrl: url('a.mp4') },
    ],
    [
      'a list of files',
      { images: [{ url: url('a.png'), width: 8 }], seed: 7 },
      { outputUrl: url('a.png'), outputs: [url('a.png')] },
    ],
    ['one address twice', { image: url('a.png'), image_url: url('a.png') }, { outputUrl: url('a.png') }],
    ['a data: URL', 'data:image/png;base64,AAAA', { outputUrl: 'data:image/png;base64,AAAA' }],
  ])('finds %s', (_what, output, found) => {
    expect(outputOf(output)).toEqual(found)
  })

  it.each([
    ['a text', 'Once upon a time, see https://a.test for more', 'text'],
    ['a text in pieces', ['Once ', 'upon ', 'a time'], 'text'],
    ['JSON', { title: 'Neon Noir', acts: [1, 2] }, 'json'],
    ['a number', 0, 'json'],
    ['a verdict', false, 'json'],
    ['an address that would run as a script', 'javascript:alert(1)', 'text'],
  ])('says of %s only which type it is', (_what, output, outputType) => {
    expect(outputOf(output)).toEqual({ metadata: { outputType } })
  })

  it.each([undefined, null, '', [], {}])('gives nothing for %j', (output) => {
    expect(outputOf(output)).toEqual({})
  })

  it('takes nothing of what repeats the request', () => {
    const echo = {
      prompt: url('secret.png'),
      input: { image_url: url('in.png') },
      image: { url: url('out.png') },
    }
    expect(outputOf(echo)).toEqual({ outputUrl: url('out.png') })
  })

  it('ends with what is endless: depth, width, and an address of megabytes', () => {
    let deep: unknown = url('deep.png')
    for (let level = 0; level < 20_000; level += 1) deep = [deep]
    expect(outputOf(deep)).toEqual({ metadata: { outputType: 'json' } })
    expect(outputOf(Array.from({ length: 100_000 }, (_, place) => url(String(place)))).outputs).toHaveLength(
      1_000,
    )
    expect(outputOf(`https://${'a'.repeat(5_000_000)}`)).toEqual({ metadata: { outputType: 'text' } })
  })
})
