// iron-session as its README has it: the whole session in a sealed cookie.
import '../shared/clock.mjs'
import { getIronSession } from 'iron-session'
import { answer } from '../shared/application.mjs'
import { listen, parse, send, version } from '../shared/listen.mjs'

const stateless = 'The session is in the cookie, and there is no store.'
const options = { password: 'a password of at least thirty-two characters', cookieName: 'sid', ttl: 14 * 24 * 3600 }

const sessionsOf = session => ({
  user: async () => session.user,
  read: async key => session[key],
  write: async (key, value) => {
    session[key] = value
    await session.save()
  },
  visit: async (key, value) => {
    session[key] = value
    await session.save()
  },
  signIn: async user => {
    for (const key of Object.keys(session)) delete session[key]
    session.user = user
    await session.save()
  },
  signOut: async () => session.destroy(),
  renew: stateless,
  devices: stateless,
  end: stateless,
  signOutEverywhere: stateless,
  signOutOthers: stateless
})

async function handle (request, response) {
  try {
    const url = parse(request)
    const session = await getIronSession(request, response, options)
    send(response, await answer(url.pathname, url.searchParams, sessionsOf(session)))
  } catch (fault) {
    send(response, { status: 500, body: fault.message, headers: {} })
  }
}

listen(handle, { cookie: 'sid', version: version('iron-session'), records: stateless, dump: stateless, breakStore: stateless, repeatIds: stateless })
