import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Cipher, createKeychain } from '#desktop/main/keychain.ts'
import { createKeychainStore } from '#desktop/main/keychain-store.ts'
import { readOptions } from '#desktop/main/options.ts'
import { readWindowState, writeWindowState } from '#desktop/main/window-state.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'

/** Turns bits around: enough to tell whether a value was stored as it is. */
const cipher: Cipher = {
  isEncryptionAvailable: () => true,
  encryptString: (text) => Buffer.from(`v10${text}`, 'utf8').map((byte) => byte ^ 0x55) as Buffer,
  decryptString: (encrypted) => {
    const text = Buffer.from(encrypted.map((byte) => byte ^ 0x55)).toString()
    if (!text.startsWith('v10')) throw new Error('Error while decrypting the ciphertext provided to safeStorage.decryptString.')
    return text.slice(3)
  },
}

it('keeps secrets encrypted, in a file of this user alone', () => {
  const path = join(tempFolder(), 'keychain.json')
  const keychain = createKeychain(path, cipher)!
  keychain.write('STRIPE_KEY', 'sk_live_1')
  keychain.write('OTHER', 'two')
  keychain.write('OTHER', undefined)
  expect(createKeychain(path, cipher)!.read()).toEqual({ STRIPE_KEY: 'sk_live_1' })
  expect(readFileSync(path, 'utf8')).not.toContain('sk_live_1')
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

it('leaves a secret it cannot decrypt where it is', () => {
  const path = join(tempFolder(), 'keychain.json')
  writeFileSync(path, JSON.stringify({ FOREIGN: Buffer.from('other key').toString('base64') }))
  const keychain = createKeychain(path, cipher)!
  keychain.write('MINE', 'one')
  expect(keychain.read()).toEqual({ MINE: 'one' })
  expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')))).toEqual(['FOREIGN', 'MINE'])
})

it('does without where nothing would really be encrypted', () => {
  expect(createKeychain('/nowhere', { ...cipher, isEncryptionAvailable: () => false })).toBeUndefined()
  expect(createKeychain('/nowhere', { ...cipher, getSelectedStorageBackend: () => 'basic_text' })).toBeUndefined()
})

it('looks for a secret in the keychain, then in the file, and stores in the keychain', () => {
  const file = join(tempFolder(), 'secrets.json')
  writeFileSync(file, JSON.stringify({ A: 'of the file', B: 'of the file' }))
  const stored: [string, string | undefined][] = []
  const store = createKeychainStore({ A: 'of the keychain' }, file, (name, value) => stored.push([name, value]))
  expect([store.get('A'), store.get('B'), store.get('C')]).toEqual(['of the keychain', 'of the file', undefined])
  store.set('C', 'new')
  store.delete('B')
  expect(stored).toEqual([
    ['C', 'new'],
    ['B', undefined],
  ])
  expect(store.names().toSorted()).toEqual(['A', 'C'])
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ A: 'of the file' })
})

it('opens the window where it was, unless that screen is gone', () => {
  const path = join(tempFolder(), 'window.json')
  const screen = { x: 0, y: 0, width: 1920, height: 1080 }
  writeWindowState(path, { x: 100, y: 80, width: 1400, height: 900, maximized: true })
  expect(readWindowState(path, [screen])).toEqual({ x: 100, y: 80, width: 1400, height: 900, maximized: true })
  expect(readWindowState(path, [{ ...screen, x: 5000 }])).toEqual({ width: 1400, height: 900, maximized: true })
  writeFileSync(path, '{"width":"wide"}')
  expect(readWindowState(path, [screen])).toEqual({ width: 1360, height: 860, maximized: false })
})

it('takes the stack from --stack, else from where it stands, and a running host from the environment', () => {
  const stack = tempFolder()
  writeFileSync(join(stack, 'millrace.yaml'), 'name: shop\n')
  expect(readOptions(['--no-sandbox', 'main.ts', '--stack', 'shop'], {}, '/home/ada')).toEqual({
    stackFolder: '/home/ada/shop',
    running: undefined,
  })
  expect(readOptions(['main.ts'], {}, stack).stackFolder).toBe(stack)
  expect(readOptions(['main.ts'], {}, '/')).toEqual({ stackFolder: undefined, running: undefined })
  const env = { MILLRACE_HOST_URL: 'http://127.0.0.1:1', MILLRACE_HOST_TOKEN: 't' }
  expect(readOptions([], env, '/').running).toEqual({ url: 'http://127.0.0.1:1', token: 't' })
})
