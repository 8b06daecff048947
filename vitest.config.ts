import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    // Tests use real engines and processes; two at a time is what a small machine carries.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // A poll ends as soon as what it waits for is there; the default of a second is short on a busy machine.
    expect: { poll: { timeout: 30_000, interval: 50 } },
  },
})
