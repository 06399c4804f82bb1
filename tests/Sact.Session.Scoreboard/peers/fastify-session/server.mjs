// @fastify/session as its README and the example "Authentication" have it, with the memory store of the package.
import '../shared/clock.mjs'
import { randomBytes } from 'node:crypto'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import fastify from 'fastify'
import { answer } from '../shared/application.mjs'
import { breakable, repeatable } from '../shared/connect-store.mjs'
import { listen, parse, version } from '../shared/listen.mjs'

const records = new Map()
const store = new fastifySession.MemoryStore(records)
const breakStore = breakable(store)
const ids = repeatable(() => randomBytes(24).toString('base64url'))

const app = fastify({ trustProxy: true })
await app.register(fastifyCookie)
await app.register(fastifySession, {
  secret: 'a secret with minimum length of 32 characters',
  store,
  idGenerator: ids.next,
  saveUninitialized: false,
  cookie: { secure: true, sameSite: 'lax', maxAge: 7 * 24 * 3600 * 1000 }
})

const sessionsOf = request => ({
  user: async () => request.session.get('user'),
  read: async key => request.session.get(key),
  write: async (key, value) => request.session.set(key, value),
  visit: async (key, value) => request.session.set(key, value),
  signIn: async user => {
    await request.session.regenerate()
    request.session.set('user', user)
  },
  signOut: async () => await request.session.destroy(),
  renew: async () => {
    if (!request.session.get('user')) return false
    await request.session.regenerate(['user', 'cart', 'theme', 'count'])
  },
  devices: '@fastify/session has no list of the sessions of a user.',
  end: '@fastify/session has no list of the sessions of a user.',
  signOutEverywhere: '@fastify/session has no index of the sessions of a user.',
  signOutOthers: '@fastify/session has no index of the sessions of a user.'
})

app.all('/*', async (request, reply) => {
  const url = parse(request.raw)
  const { status, body, headers, stream } = await answer(url.pathname, url.searchParams, sessionsOf(request))
  return reply.code(status).headers(headers).send(stream ?? body)
})
await app.ready()

listen((request, response) => app.routing(request, response), {
  cookie: 'sessionId',
  version: version('@fastify/session', 'fastify'),
  records: async () => records.size,
  dump: 'The memory store of @fastify/session keeps objects of the process.',
  breakStore,
  repeatIds: ids.repeat
})
