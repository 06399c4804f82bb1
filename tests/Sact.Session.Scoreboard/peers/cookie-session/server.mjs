// cookie-session as its README has it: the whole session in a signed cookie.
import '../shared/clock.mjs'
import express from 'express'
import cookieSession from 'cookie-session'
import { answer } from '../shared/application.mjs'
import { listen, parse, send, version } from '../shared/listen.mjs'

const stateless = 'The session is in the cookie, and there is no store.'
const app = express()
app.set('trust proxy', 1)
app.use(cookieSession({ name: 'session', keys: ['key1', 'key2'], secure: true, sameSite: 'lax', maxAge: 24 * 3600 * 1000 }))

const sessionsOf = request => ({
  user: async () => request.session.user,
  read: async key => request.session[key],
  write: async (key, value) => { request.session[key] = value },
  visit: async (key, value) => { request.session[key] = value },
  signIn: async user => { request.session = { user } },
  signOut: async () => { request.session = null },
  renew: stateless,
  devices: stateless,
  end: stateless,
  signOutEverywhere: stateless,
  signOutOthers: stateless
})

app.use(async (request, response) => {
  const url = parse(request)
  send(response, await answer(url.pathname, url.searchParams, sessionsOf(request)))
})

listen(app, { cookie: 'session', version: version('cookie-session'), records: stateless, dump: stateless, breakStore: stateless, repeatIds: stateless })
