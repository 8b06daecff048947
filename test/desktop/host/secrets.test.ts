import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor } from '#desktop/host/redact.ts'
import { createFileSecretStore, secretResolver } from '#desktop/host/secrets.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'

describe('the secret store', () => {
  it('keeps secrets in a file that only its owner reads', () => {
    const folder = tempFolder()
    const path = join(folder, 'secrets.json')
    const store = createFileSecretStore(path)
    expect(store.get('CRM_TOKEN')).toBeUndefined()
    store.set('CRM_TOKEN', 'one')
    store.set('STRIPE_KEY', 'two')
    store.set('CRM_TOKEN', 'three')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(createFileSecretStore(path).get('CRM_TOKEN')).toBe('three')
    store.delete('CRM_TOKEN')
    expect(store.names()).toEqual(['STRIPE_KEY'])
    expect(readdirSync(folder)).toEqual(['secrets.json'])
  })

  it('does not write over a file it cannot read', () => {
    const path = join(tempFolder(), 'secrets.json')
    writeFileSync(path, '{"CRM_TOKEN": "one",')
    const store = createFileSecretStore(path)
    expect(() => store.set('X', 'y')).toThrow(expect.objectContaining({ code: 'secrets-broken', mend: expect.any(String) }))
    expect(readFileSync(path, 'utf8')).toBe('{"CRM_TOKEN": "one",')
  })
})

describe('the secret resolver', () => {
  it('asks the environment by both names, then the store, and tells what it gave out', () => {
    const store = createFileSecretStore(join(tempFolder(), 'secrets.json'))
    for (const name of ['A', 'B', 'C']) store.set(name, `${name} of the store`)
    const told: string[] = []
    const resolve = secretResolver(store, { MILLRACE_SECRET_A: 'prefixed', A: 'plain', B: 'plain' }, (value) => told.push(value))
    expect(['A', 'B', 'C', 'D'].map(resolve)).toEqual(['prefixed', 'plain', 'C of the store', undefined])
    expect(told).toEqual(['prefixed', 'plain', 'C of the store'])
  })
})

describe('the redactor', () => {
  it('takes a secret out of keys, values, lists and errors, and leaves the rest', () => {
    const redactor = createRedactor()
    redactor.add('hunter2')
    const at = new Date(0)
    expect(redactor.redact({ a: ['x hunter2 y', 1, null, true], hunter2: { error: new Error('no hunter2') }, b: undefined })).toEqual({
      a: ['x ••• y', 1, null, true],
      '•••': { error: 'no •••' },
      b: undefined,
    })
    expect(redactor.redact(`at ${at.toISOString()}`)).toBe('at 1970-01-01T00:00:00.000Z')
  })

  it('replaces a secret that contains another whole', () => {
    const redactor = createRedactor()
    redactor.add('abcd')
    redactor.add('abcdefgh')
    expect(redactor.redact('abcdefgh abcd')).toBe('••• •••')
  })

  it('leaves values too short to be told apart', () => {
    const redactor = createRedactor()
    redactor.add('no')
    redactor.add('')
    expect(redactor.redact('no notes')).toBe('no notes')
  })

  it('finds a secret in a URL, in JSON and in a header, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, maxLength: 40, unit: 'grapheme' }), (secret) => {
        // Text that stands in every line anyway is no secret.
        fc.pre(!'GET https://x.example/?key= {"key":""} Authorization: Basic '.includes(secret) && secret.isWellFormed())
        const redactor = createRedactor()
        redactor.add(secret)
        for (const form of [
          secret,
          encodeURIComponent(secret),
          JSON.stringify(secret).slice(1, -1),
          Buffer.from(`${secret}:`).toString('base64'),
        ]) {
          expect(redactor.redact(`before ${form} after`)).not.toContain(form)
        }
      }),
    )
  })
})
