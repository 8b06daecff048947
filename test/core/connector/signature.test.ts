import { createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkAge, isEcdsa, isEcdsaKey, isHmac, isSecret } from '#core/connector/signature.ts'
import { fromBase64, fromHex, joined } from '#core/lib/bytes.ts'

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => new Uint8Array(array))

// Key, signature, time and body of the tests of SendGrid's own library (@sendgrid/eventwebhook).
const sendgridKey =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA=='

test('an ECDSA signature that SendGrid made', async () => {
  const body = JSON.stringify({ category: 'example_payload', event: 'test_event', message_id: 'message_id' })
  const signature = fromBase64('MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0=')!
  expect(await isEcdsa(sendgridKey, joined([`1588788367${body}`]), signature)).toBe(true)
  expect(await isEcdsa(sendgridKey, joined([`1588788368${body}`]), signature)).toBe(false)
})

test("OpenSSL's ECDSA signatures pass, whatever the length of their numbers, and no other bytes do", async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
  const der = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  expect([isEcdsaKey(pem), isEcdsaKey(der)]).toEqual([true, true])
  await fc.assert(
    fc.asyncProperty(bytes, fc.nat(), async (signed, place) => {
      const signature = new Uint8Array(createSign('sha256').update(signed).sign(privateKey))
      expect(await isEcdsa(pem, signed, signature)).toBe(true)
      const broken = signature.slice()
      broken[place % broken.length]! ^= 0x55
      expect(await isEcdsa(der, signed, broken)).toBe(false)
      expect(await isEcdsa(der, signed, signed)).toBe(false)
    }),
    { numRuns: 200 },
  )
})

test.each(['', 'no key', 'MFkw', btoa('x'.repeat(91)), sendgridKey.replace('MFkw', 'MFkx'), 'é'])(
  '%j is no key, and verifies nothing',
  async (key) => {
    if (key !== sendgridKey.replace('MFkw', 'MFkx')) expect(isEcdsaKey(key)).toBe(false)
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const signature = new Uint8Array(createSign('sha256').update('x').sign(privateKey))
    expect(await isEcdsa(key, joined(['x']), signature)).toBe(false)
  },
)

test("an HMAC is OpenSSL's, of all hashes, and one of several will do", async () => {
  await fc.assert(
    fc.asyncProperty(
      bytes,
      fc.string({ minLength: 1 }),
      fc.constantFrom(['SHA-1', 'sha1'], ['SHA-256', 'sha256'], ['SHA-512', 'sha512']),
      async (signed, secret, [hash, name]) => {
        const right = new Uint8Array(createHmac(name!, secret).update(signed).digest())
        const wrong = right.map((byte) => byte ^ 1)
        expect(await isHmac(hash!, secret, signed, [wrong, right])).toBe(true)
        expect(await isHmac(hash!, secret, signed, [wrong])).toBe(false)
        expect(await isHmac(hash!, secret, signed, [])).toBe(false)
        expect(await isHmac(hash!, `${secret}x`, signed, [right])).toBe(false)
      },
    ),
  )
})

test('a secret is itself and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string(), async (one, other) => {
      expect(await isSecret(one, one)).toBe(true)
      expect(await isSecret(one, other)).toBe(one === other)
    }),
  )
})

test('hexadecimal and base64 come back as they went, and what is neither is refused', () => {
  fc.assert(
    fc.property(bytes, fc.string(), (given, text) => {
      expect(fromHex(Buffer.from(given).toString('hex'))).toEqual(given)
      expect(fromBase64(Buffer.from(given).toString('base64'))).toEqual(given)
      expect(fromHex(`${text}g`)).toBeUndefined()
      expect(fromBase64(`${text}*`)).toBeUndefined()
    }),
  )
})

test.each([
  ['1700000000', 'seconds', 1_700_000_300_000, true],
  ['1700000000', 'seconds', 1_700_000_301_000, false],
  ['1700000300', 'seconds', 1_700_000_000_000, true],
  ['1700000301', 'seconds', 1_700_000_000_000, false],
  ['1700000000000', 'milliseconds', 1_700_000_299_000, true],
  ['1700000000000', 'seconds', 1_700_000_000_000, false],
  ['', 'seconds', 0, false],
  ['-1', 'seconds', 0, false],
  ['1e3', 'seconds', 1_000_000, false],
  [null, 'seconds', 0, false],
] as const)('a signature of %s (%s) at %d: %s', (time, unit, now, fresh) => {
  const result = checkAge('x-time', time, { now, tolerance: 300, unit })
  expect(result.ok).toBe(fresh)
  if (!result.ok) expect(result.error.code).toBe('wrong-signature')
})
