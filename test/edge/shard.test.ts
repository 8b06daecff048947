import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { pickShard, shardName } from '#edge/spool/shard.ts'

const continents = ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA', 'T1', undefined]

test('one shard is the spool as it always was, made where its first events come from', () => {
  expect(pickShard(1, 'EU', Math.random)).toEqual({ index: 0, hint: 'weur' })
  expect(pickShard(1, undefined, Math.random)).toEqual({ index: 0, hint: undefined })
  expect(shardName(0)).toBe('spool')
})

test('every pick is a shard there is, and every shard is picked by somebody', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), (count) => {
      const names = new Set<string>()
      for (const continent of continents) {
        for (let index = 0; index < count; index++) {
          const shard = pickShard(count, continent, () => index / count)
          expect(shard.index).toBeLessThan(count)
          names.add(shardName(shard.index))
        }
      }
      expect(names.size).toBe(count)
    }),
  )
})

test('with enough shards, none is shared by two continents', () => {
  const owners = new Map<number, Set<string>>()
  for (const continent of ['AF', 'AS', 'EU', 'NA', 'OC', 'SA']) {
    for (let roll = 0; roll < 1; roll += 0.01) {
      const { index } = pickShard(13, continent, () => roll)
      owners.set(index, (owners.get(index) ?? new Set()).add(continent))
    }
  }
  expect([...owners.values()].every((continentsOfShard) => continentsOfShard.size === 1)).toBe(true)
  expect(owners.size).toBe(13)
})
