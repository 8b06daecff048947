import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { ClickHouseFailure } from '../engine/failure.ts'

export interface Account {
  user: string
  password: string
}

/**
 * Lets the account's user in. As ClickHouse's authenticateUserByHTTP: `X-ClickHouse-User` and `-Key`, or Basic,
 * or `?user=&password=`, and not two of them at once. Throws AUTHENTICATION_FAILED, or REQUIRED_PASSWORD
 * where no credentials came at all.
 */
export function login(account: Account, headers: IncomingHttpHeaders, params: URLSearchParams): void {
  const given = [fromHeaders(headers), fromBasic(headers), fromParams(params)].filter((credentials) => credentials !== undefined)
  if (given.length > 1) {
    throw new ClickHouseFailure(516, 'AUTHENTICATION_FAILED', 'Invalid authentication: give credentials in one way only.')
  }
  const credentials = given[0]
  if (credentials === undefined) {
    throw new ClickHouseFailure(
      194,
      'REQUIRED_PASSWORD',
      `Authentication failed: a user and a password are required; the user is ${account.user}.`,
    )
  }
  // Both are compared, whatever the first says, in constant time.
  const isUser = equal(credentials.user, account.user)
  const isPassword = equal(credentials.password, account.password)
  if (!isUser || !isPassword) {
    throw new ClickHouseFailure(
      516,
      'AUTHENTICATION_FAILED',
      `${credentials.user}: Authentication failed: password is incorrect, or there is no user with such name.`,
    )
  }
}

function fromHeaders(headers: IncomingHttpHeaders): Account | undefined {
  const user = headers['x-clickhouse-user']
  const password = headers['x-clickhouse-key']
  if (user === undefined && password === undefined) return undefined
  return { user: String(user ?? 'default'), password: String(password ?? '') }
}

function fromBasic({ authorization }: IncomingHttpHeaders): Account | undefined {
  if (authorization === undefined) return undefined
  const basic = /^Basic\s+(\S+)\s*$/i.exec(authorization)
  if (basic === null)
    throw new ClickHouseFailure(516, 'AUTHENTICATION_FAILED', 'Invalid authentication: only Basic HTTP authentication is served.')
  const text = Buffer.from(basic[1]!, 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? { user: text, password: '' } : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

function fromParams(params: URLSearchParams): Account | undefined {
  if (!params.has('user') && !params.has('password')) return undefined
  return { user: params.get('user') ?? 'default', password: params.get('password') ?? '' }
}

function equal(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
