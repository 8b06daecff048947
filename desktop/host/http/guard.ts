import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { secureHeaders } from 'hono/secure-headers'
import { MillraceError } from '#core/lib/error.ts'

/*
 * A server on loopback is in reach of every web page the user has open, and of DNS names that point
 * at 127.0.0.1. So: the Host header must be ours (DNS rebinding), a request that a browser says comes
 * from elsewhere is refused (Origin, Sec-Fetch-Site: a cookie's "same site" does not tell ports
 * apart), and every request needs the token, which only the terminal has shown.
 */

/** Refuses requests that were not meant for this server, or come from another page. `port` is known once it listens. */
export function checkOrigin(port: () => number): MiddlewareHandler {
  return async (context, next) => {
    const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port()}`)
    const host = context.req.header('host') ?? ''
    if (!hosts.includes(host)) return refuse(context, 421, 'wrong-host', `This server does not answer to the name "${host}".`)
    const origin = context.req.header('origin')
    const site = context.req.header('sec-fetch-site')
    if ((origin !== undefined && origin !== `http://${host}`) || (site !== undefined && site !== 'same-origin' && site !== 'none')) {
      return refuse(context, 403, 'wrong-origin', 'Requests from other web pages are refused.')
    }
    return next()
  }
}

/**
 * Wants the token: as a Bearer (programs), or as a cookie (browsers). The address printed in the
 * terminal carries it as `?token=`, which is exchanged for the cookie and taken off the address.
 */
export function checkToken(token: string, port: () => number): MiddlewareHandler {
  return async (context, next) => {
    const cookie = `millrace-${port()}`
    const offered = context.req.query('token')
    if (context.req.method === 'GET' && context.req.path === '/' && offered !== undefined && same(offered, token)) {
      setCookie(context, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/' })
      return context.redirect('/', 303)
    }
    const bearer = /^Bearer (.+)$/i.exec(context.req.header('authorization') ?? '')?.[1]
    const given = bearer ?? getCookie(context, cookie)
    if (given === undefined || !same(given, token)) {
      return refuse(context, 401, 'unauthorized', 'This needs the token of the address that Millrace printed when it started.')
    }
    return next()
  }
}

/** The page may run what this server serves, and nothing else. Style attributes are the editor's and the charts'. */
export const pageHeaders: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  referrerPolicy: 'no-referrer',
})

/** The answer to a request that is not let in: a reply of the contract's form, whatever it was for. */
export function refuse(context: Context, status: 400 | 401 | 403 | 404 | 413 | 421, code: string, message: string): Response {
  return context.json({ ok: false, error: new MillraceError({ code, fault: 'config', message }).toJSON() }, status)
}

/** Compares digests, so that neither time nor length tells how much of a guess was right. */
function same(given: string, wanted: string): boolean {
  return timingSafeEqual(digest(given), digest(wanted))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
