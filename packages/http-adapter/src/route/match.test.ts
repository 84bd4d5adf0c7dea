import { CallsheetError } from '@callsheet/core'
import { describe, expect, it } from 'vitest'
import { createMatcher } from './match.ts'

const find = (keys: readonly string[]) => {
  const matcher = createMatcher(keys.map((key) => [key, key] as const))
  return (method: string, url: string) => matcher(method, new URL(url, 'http://app.test'))
}

describe('createMatcher', () => {
  it('finds a literal path of its method, on every host', () => {
    const at = find(['POST /api/portrait'])
    expect(at('POST', '/api/portrait?x=1#y')).toEqual({ route: 'POST /api/portrait', params: {} })
    expect(at('POST', 'https://other.test/api/portrait')).toBeDefined()
    expect(at('GET', '/api/portrait')).toBeUndefined()
    expect(at('POST', '/api/portrait/')).toBeUndefined()
    expect(at('POST', '/api')).toBeUndefined()
  })

  it('gives decoded parameters, and none that is empty', () => {
    const at = find(['GET /shows/:showId/characters/:id'])
    expect(at('GET', '/shows/s%201/characters/a%2Fb')?.params).toEqual({ showId: 's 1', id: 'a/b' })
    expect(at('GET', '/shows/%E0%A4%A/characters/c')?.params).toEqual({ showId: '%E0%A4%A', id: 'c' })
    expect(at('GET', '/shows//characters/c')).toBeUndefined()
  })

  it('takes signs of other places as they are', () => {
    const at = find(['POST /v1/models/imagen:predict', 'GET /a.(b)*/c'])
    expect(at('POST', '/v1/models/imagen:predict')?.params).toEqual({})
    expect(at('POST', '/v1/models/other')).toBeUndefined()
    expect(at('GET', '/a.(b)*/c')).toBeDefined()
    expect(at('GET', '/aXb/c')).toBeUndefined()
  })

  it('tells the methods of one resource apart, as Google writes them', () => {
    const at = find(['POST /:version/models/:model:predict', 'POST /:version/models/:model:generateContent'])
    const params = { version: 'v1', model: 'imagen-4.0' }
    expect(at('POST', '/v1/models/imagen-4.0:predict')).toEqual({
      route: 'POST /:version/models/:model:predict',
      params,
    })
    expect(at('POST', '/v1/models/imagen-4.0:generateContent')?.params).toEqual(params)
    expect(at('POST', '/v1/models/imagen-4.0:countTokens')).toBeUndefined()
    expect(at('POST', '/v1/models/imagen-4.0')).toBeUndefined()
    expect(at('POST', '/v1/models/:predict')).toBeUndefined()
  })

  it('gives the rest of an open path', () => {
    const at = find(['* /api/*'])
    expect(at('PATCH', '/api/a/b')?.params).toEqual({ '*': 'a/b' })
    expect(at('GET', '/api/')?.params).toEqual({ '*': '' })
    expect(at('GET', '/api')).toBeUndefined()
  })

  it('keeps to the host of a whole address', () => {
    const at = find(['POST https://api.test:8443/v1/:model'])
    expect(at('POST', 'https://api.test:8443/v1/flux')?.params).toEqual({ model: 'flux' })
    expect(at('POST', 'https://api.test/v1/flux')).toBeUndefined()
    expect(at('POST', '/v1/flux')).toBeUndefined()
  })

  it('reads keys as addresses are written', () => {
    expect(find(['GET /größe'])('GET', '/gr%C3%B6%C3%9Fe')).toBeDefined()
  })

  it('takes the first route in the order written', () => {
    const at = find(['GET /a/b', 'GET /a/:x', 'GET /a/*'])
    expect(at('GET', '/a/b')?.route).toBe('GET /a/b')
    expect(at('GET', '/a/c')?.route).toBe('GET /a/:x')
    expect(at('GET', '/a/c/d')?.route).toBe('GET /a/*')
  })

  it.each(['/api', 'POST api', 'post /api', 'POST /api?x=1', 'POST /a b', 'POST ftp://x/y', 'POST /a/*/b'])(
    'refuses the key %s',
    (key) => {
      expect(() => find([key])).toThrow(CallsheetError)
      expect(() => find([key])).toThrow(key)
    },
  )
})
