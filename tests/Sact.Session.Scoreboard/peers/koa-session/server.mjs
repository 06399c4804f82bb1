// koa-session with an external store of the three methods that its README describes.
import '../shared/clock.mjs'
import { randomUUID } from 'node:crypto'
import Koa from 'koa'
import koaSession from 'koa-session'
import { answer } from '../shared/application.mjs'
import { repeatable } from '../shared/connect-store.mjs'
import { listen, version } from '../shared/listen.mjs'

const records = new Map()
let isDown = false
const up = () => { if (isDown) throw new Error('The store is down.') }
const store = {
  async get (key) {
    up()
    const record = records.get(key)
    if (record === undefined || record.expires <= Date.now()) return undefined
    return JSON.parse(record.json)
  },
  async set (key, session, maxAge) {
    up()
    records.set(key, { json: JSON.stringify(session), expires: Date.now() + (Number(maxAge) || 86400000) })
  },
  async destroy (key) {
    up()
    records.delete(key)
  }
}
const ids = repeatable(randomUUID)

const app = new Koa()
app.proxy = true
app.silent = true
app.keys = ['some secret hurr']
app.use(koaSession({ store, genid: ids.next, secure: true, sameSite: 'lax', maxAge: 86400000 }, app))

const sessionsOf = context => ({
  user: async () => context.session.user,
  read: async key => context.session[key],
  write: async (key, value) => { context.session[key] = value },
  visit: async (key, value) => { context.session[key] = value },
  signIn: async user => {
    context.session = { user }
    await context.session.regenerate()
  },
  signOut: async () => { context.session = null },
  renew: async () => {
    if (!context.session.user) return false
    await context.session.regenerate()
  },
  devices: 'koa-session has no list of the sessions of a user.',
  end: 'koa-session has no list of the sessions of a user.',
  signOutEverywhere: 'koa-session has no index of the sessions of a user.',
  signOutOthers: 'koa-session has no index of the sessions of a user.'
})

app.use(async context => {
  const { status, body, headers, stream } = await answer(context.path, new URLSearchParams(context.querystring), sessionsOf(context))
  context.status = status
  context.set(headers)
  context.body = stream ?? body
})

listen(app.callback(), {
  cookie: 'koa.sess',
  version: version('koa-session', 'koa'),
  records: 'The store of koa-session is the application\'s.',
  dump: async () => [...records].flatMap(([key, { json }]) => [key, json]),
  breakStore: async down => { isDown = down },
  repeatIds: ids.repeat
})
