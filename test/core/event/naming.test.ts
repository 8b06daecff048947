import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { columnName, eventName, snakeCase } from '#core/event/naming.ts'

describe('snakeCase follows the examples of the published guides', () => {
  test.each([
    ['Order Completed', 'order_completed'],
    ['accountType', 'account_type'],
    ['omega', 'omega'],
    ['omega v2', 'omega_v_2'],
    ['9mega', '_9_mega'],
    ['mega&', 'mega'],
    ['ome$ga', 'ome_ga'],
    ['9mega________-________90', '_9_mega_90'],
    ['CamelCase123Key', 'camel_case_123_key'],
    ['1CComega', '_1_c_comega'],
    ['path to $1,00,000', 'path_to_1_00_000'],
    ['HTTPServer', 'http_server'],
    ['_timestamp', '_timestamp'],
    ['__timestamp', '__timestamp'],
  ])('%s is %s', (text, name) => expect(snakeCase(text)).toBe(name))

  test('letters outside ASCII are kept apart instead of dropped', () => {
    expect(eventName('购买 A')).not.toBe(eventName('下载 A'))
    expect(snakeCase('Köln Besucht')).toBe('köln_besucht')
  })
})

describe('names of views', () => {
  test('an event named like a view of its own gets an underscore', () => {
    expect(eventName('Tracks')).toBe('_tracks')
    expect(eventName('users')).toBe('_users')
    expect(columnName(['all'])).toBe('_all')
  })

  test('names without a letter differ from one another', () => {
    expect(eventName('🎉')).toMatch(/^event_[0-9a-f]{8}$/)
    expect(eventName('🎉')).not.toBe(eventName('!!!'))
  })

  test('any text makes a name that fits a file, and the same each time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const name = eventName(text)
        expect(name).not.toBe('')
        expect(new TextEncoder().encode(name).length).toBeLessThan(250)
        expect(name).toBe(eventName(text))
        expect(/[`'"\\\s.]/.test(name)).toBe(false)
      }),
    )
  })

  test('long names that differ at the end stay apart', () => {
    expect(eventName(`${'a'.repeat(400)} x`)).not.toBe(eventName(`${'a'.repeat(400)} y`))
  })
})
