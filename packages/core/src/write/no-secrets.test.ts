import { describe, expect, it } from 'vitest'
import { CallsheetError } from '../records/errors.ts'
import { expectNoSecrets } from './no-secrets.ts'

const body = 'abcdefghijklmnop1234'
const uuid = '123e4567-e89b-42d3-a456-426614174000'

const said = (value: unknown): string => {
  try {
    expectNoSecrets(value)
    return ''
  } catch (error) {
    expect(error).toBeInstanceOf(CallsheetError)
    return (error as Error).message
  }
}

describe('expectNoSecrets', () => {
  it.each([
    [`sk-ant-api03-${body}`, 'an Anthropic key'],
    [`sk_live_${body}`, 'a Stripe key'],
    [`sk-proj-${body}`, 'an OpenAI key, or one of its shape'],
    [`sk_${body}`, 'an ElevenLabs key, or one of its shape'],
    [`r8_${body}`, 'a Replicate token'],
    [`hf_${body}`, 'a Hugging Face token'],
    [`ghp_${body}`, 'a GitHub token'],
    [`github_pat_${body}`, 'a GitHub token'],
    [`xoxb-${body}`, 'a Slack token'],
    [`AIza${body}`, 'a Google key'],
    ['AKIAIOSFODNN7EXAMPLE', 'an AWS key'],
    ['eyJhbGciOiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'a JSON web token'],
    [`${uuid}:0123456789abcdef`, 'a fal key'],
    [`Bearer ${body}`, 'the credentials of an Authorization header'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE', 'a private key'],
    ['https://ada:pw@a.example', 'a secret by its name or by a shape of your own'],
    ['password=hunter', 'a secret by its name or by a shape of your own'],
  ])('tells the family of %s, and where it stands, but not the secret', (secret, family) => {
    const message = said({ tasks: [{ id: 't' }, { note: `so: ${secret}` }] })
    expect(message).toBe(`Found ${family} at tasks[1].note.`)
    expect(message).not.toContain(secret)
  })

  it('finds fields of a secret’s name, with anything in them', () => {
    expect(said({ a: [{ apiKey: 'abc' }] })).toBe('Found a field of a secret’s name at a[0].apiKey.')
    expect(said({ password: 1234 })).toContain('at password')
    expect(said({ token: { value: 1 } })).toContain('at token')
    for (const none of [null, undefined, '', true, '[redacted]']) expect(said({ password: none })).toBe('')
  })

  it('finds secrets in names of fields, and does not show them', () => {
    const message = said({ [`sk-${body}`]: 1 })
    expect(message).toBe('Found an OpenAI key, or one of its shape in the name of a field at [redacted].')
  })

  it('reads a text, as of a response', () => {
    expect(said(`{"error":"no","token":"abc"}`)).toContain('at the top')
    expect(said('{"error":"no"}')).toBe('')
  })

  it('reads errors whole, Maps and Headers', () => {
    expect(said(new Error(`sk-${body}`))).toContain('at message')
    expect(said(new Error('no', { cause: new Error(`sk-${body}`) }))).toContain('at cause.message')
    expect(said({ headers: new Headers({ authorization: 'abc' }) })).toContain('at headers.authorization')
    expect(said(new Map([['cookie', 'a=b']]))).toContain('at cookie')
  })

  it('comes to an end with what holds itself', () => {
    const loop: Record<string, unknown> = { note: 'fine' }
    loop['self'] = loop
    expect(said(loop)).toBe('')
  })

  it.each([undefined, null, 1, true, 'fine', [], {}, { at: new Date(0) }])('says nothing of %j', (value) => {
    expect(() => expectNoSecrets(value)).not.toThrow()
  })

  it('goes by the options of the tracker', () => {
    expect(() => expectNoSecrets({ secret: 'she did it' }, { keep: ['secret'] })).not.toThrow()
    expect(() => expectNoSecrets({ prompt: 'p' }, { keys: ['prompt'] })).toThrow('at prompt')
    expect(() => expectNoSecrets('acct-12', { values: [/acct-\d+/] })).toThrow('a shape of your own')
  })
})
