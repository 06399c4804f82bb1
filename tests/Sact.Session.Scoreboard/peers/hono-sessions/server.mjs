// hono-sessions as its README has it, with the memory store of the package and an encryption key.
import '../shared/clock.mjs'
import { Readable } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { MemoryStore, sessionMiddleware } from 'hono-sessions'
import { answer } from '../shared/application.mjs'
import { listen, version } from '../shared/listen.mjs'

const store = new MemoryStore()
let isDown = false
for (const verb of ['getSessionById', 'createSession', 'deleteSession', 'persistSessionData']) {
  const inner = store[verb]
  store[verb] = function (...values) {
    if (isDown) throw new Error('The store is down.')
    return inner.apply(this, values)
  }
}

const app = new Hono()
app.onError((fault, context) => context.text(fault.message, 500))
app.use('*', sessionMiddleware({
  store,
  encryptionKey: 'password_at_least_32_characters_long',
  expireAfterSeconds: 7 * 24 * 3600,
  autoExtendExpiration: true,
  cookieOptions: { sameSite: 'Lax', path: '/', httpOnly: true, secure: true }
}))

const sessionsOf = context => ({
  user: async () => context.get('session').get('user'),
  read: async key => context.get('session').get(key),
  write: async (key, value) => context.get('session').set(key, value),
  visit: async (key, value) => context.get('session').set(key, value),
  signIn: async user => {
    context.set('session_key_rotation', true)
    context.get('session').set('user', user)
  },
  signOut: async () => context.get('session').deleteSession(),
  renew: async () => {
    if (!context.get('session').get('user')) return false
    context.set('session_key_rotation', true)
  },
  devices: 'hono-sessions has no list of the sessions of a user.',
  end: 'hono-sessions has no list of the sessions of a user.',
  signOutEverywhere: 'hono-sessions has no index of the sessions of a user.',
  signOutOthers: 'hono-sessions has no index of the sessions of a user.'
})

app.all('*', async context => {
  const query = new URL(context.req.url).searchParams
  const { status, body, headers, stream } = await answer(context.req.path, query, sessionsOf(context))
  return context.body(stream ? Readable.toWeb(stream) : body, status, headers)
})

listen(getRequestListener(app.fetch), {
  cookie: 'session',
  version: version('hono-sessions', 'hono'),
  records: async () => store.data.size,
  dump: 'The memory store of hono-sessions keeps objects of the process.',
  breakStore: async down => { isDown = down },
  repeatIds: 'hono-sessions has no way to choose ids.'
})
