// The application that every peer runs: the same requests, answered through the sessions of one library.
import { Readable } from 'node:stream'
import { pass } from './gates.mjs'

/** The library has no such feature. The case does not apply, and the message says why. */
export class NotApplicable extends Error {}

const text = (body, status = 200, headers = {}) => ({ status, body: String(body), headers })
const nobody = () => text('Nobody is signed in.', 401)

function feature (sessions, name) {
  const verb = sessions[name]
  if (typeof verb !== 'function') {
    throw new NotApplicable(typeof verb === 'string' ? verb : 'The library has no such feature.')
  }

  return verb.bind(sessions)
}

/**
 * Answers one request: a status, headers and a body, or a stream in place of the body. `sessions` has the verbs of the library for
 * this request.
 */
export async function answer (path, query, sessions) {
  try {
    return await route(path.replace(/^(\/[a-z-]+)\/.*/, '$1'), query, sessions)
  } catch (fault) {
    if (fault instanceof NotApplicable) return text(fault.message, 501)
    throw fault
  }
}

// A framework sends the first part before it wants the second, so the gate holds an answer that has begun.
async function * parts (gate) {
  yield 'written\n'
  await pass(gate)
  yield 'end'
}

async function route (path, query, sessions) {
  const key = query.get('key')
  const value = query.get('value')
  const gate = query.get('gate')
  switch (path) {
    case '/login':
      await feature(sessions, 'signIn')(query.get('user'))
      return text(query.get('user'))
    case '/logout':
      await feature(sessions, 'signOut')()
      return text('signed out')
    case '/me': {
      const user = await sessions.user()
      await pass(gate)
      return user ? text(user) : nobody()
    }
    case '/visit':
      await feature(sessions, 'visit')(key, value)
      return text('kept')
    case '/get': {
      const found = await sessions.read(key)
      return found === undefined || found === null ? text('There is no such value.', 404) : text(found)
    }
    case '/set':
      if (!await sessions.user()) return nobody()
      await pass(gate)
      return await sessions.write(key, value) === false ? nobody() : text('written')
    case '/add': {
      if (!await sessions.user()) return nobody()
      const number = Number(await sessions.read(key) ?? 0)
      await pass(gate)
      await sessions.write(key, String(number + 1))
      return text(number + 1)
    }
    case '/stream':
      if (!await sessions.user()) return nobody()
      await sessions.write(key, value)
      return { status: 200, headers: {}, stream: Readable.from(parts(gate)) }
    case '/renew':
      return await feature(sessions, 'renew')() === false ? nobody() : text('renewed')
    case '/logout-all':
      await feature(sessions, 'signOutEverywhere')()
      return text('signed out everywhere')
    case '/logout-others':
      await feature(sessions, 'signOutOthers')()
      return text('signed out the others')
    case '/devices':
      return text((await feature(sessions, 'devices')()).join('\n'))
    case '/end':
      return await feature(sessions, 'end')(query.get('handle')) ? text('ended') : text('There is no such session.', 404)
    case '/page':
      return text(`hello ${await sessions.user() ?? 'stranger'}`, 200, { 'Cache-Control': 'public, max-age=60' })
    case '/visited-page':
      await feature(sessions, 'visit')('theme', 'dark')
      return text('hello', 200, { 'Cache-Control': 'public, max-age=60' })
    case '/plain':
      return text(`hello ${await sessions.user() ?? 'stranger'}`)
    case '/output-cached':
    case '/response-cached':
      throw new NotApplicable('The framework has no cache of responses.')
    default:
      return text('There is no such page.', 404)
  }
}
