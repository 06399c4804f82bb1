// better-auth with its memory adapter for the database. CACHE=cookie turns on the cookie cache that its docs offer for speed.
import '../shared/clock.mjs'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { answer } from '../shared/application.mjs'
import { listen, parse, send, version } from '../shared/listen.mjs'

const database = { user: [], session: [], account: [], verification: [], rateLimit: [] }
let isDown = false
const breakable = inner => options => new Proxy(inner(options), {
  get (target, verb) {
    const value = target[verb]
    if (typeof value !== 'function') return value
    return (...values) => {
      if (isDown) throw new Error('The database is down.')
      return value.apply(target, values)
    }
  }
})

const field = { type: 'string', required: false }
const auth = betterAuth({
  baseURL: 'https://app.example',
  secret: 'a secret with a minimum length of 32 characters',
  database: breakable(memoryAdapter(database)),
  telemetry: { enabled: false },
  logger: { disabled: true },
  // The hash of passwords is no part of a session, and a fast one keeps the run short.
  emailAndPassword: {
    enabled: true,
    autoSignIn: false,
    password: { hash: async password => password, verify: async ({ hash, password }) => hash === password }
  },
  session: {
    additionalFields: { cart: field, theme: field, count: field },
    cookieCache: { enabled: process.env.CACHE === 'cookie', maxAge: 300 }
  }
})

const password = 'a password of the scoreboard'
const emailOf = user => `${user}@example.com`

function sessionsOf (request, response) {
  const headers = new Headers({ origin: 'https://app.example' })
  if (request.headers.cookie) headers.set('cookie', request.headers.cookie)
  const call = async (verb, body) => {
    const answered = await auth.api[verb]({ headers, body, asResponse: true })
    for (const cookie of answered.headers.getSetCookie()) response.appendHeader('set-cookie', cookie)
    if (answered.status === 401) return undefined
    if (!answered.ok) throw new Error(`better-auth answered ${answered.status}: ${await answered.text()}`)
    return await answered.json()
  }
  const current = async () => await call('getSession')
  return {
    user: async () => (await current())?.user.name,
    read: async key => (await current())?.session[key],
    write: async (key, value) => await call('updateSession', { [key]: value }) !== undefined,
    visit: 'better-auth has no session before a sign-in.',
    signIn: async user => {
      if (!database.user.some(known => known.email === emailOf(user))) {
        await auth.api.signUpEmail({ body: { name: user, email: emailOf(user), password } })
      }

      await call('signInEmail', { email: emailOf(user), password })
    },
    signOut: async () => await call('signOut'),
    renew: 'better-auth keeps the token of a session for its life.',
    devices: async () => (await call('listSessions') ?? []).map(session => session.token),
    end: async token => (await call('revokeSession', { token }))?.status === true,
    signOutEverywhere: async () => await call('revokeSessions'),
    signOutOthers: async () => await call('revokeOtherSessions')
  }
}

async function handle (request, response) {
  try {
    const url = parse(request)
    send(response, await answer(url.pathname, url.searchParams, sessionsOf(request, response)))
  } catch (fault) {
    send(response, { status: 500, body: fault.message, headers: {} })
  }
}

listen(handle, {
  cookie: '__Secure-better-auth.session_token',
  version: version('better-auth'),
  records: async () => database.session.length,
  dump: async () => database.session.flatMap(session => Object.values(session).map(String)),
  breakStore: async down => { isDown = down },
  repeatIds: 'better-auth has no way to choose tokens.'
})
