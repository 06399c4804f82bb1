// What the scoreboard does to a store of connect's interface (express-session, passport, @fastify/session): it breaks it, and counts.
export function breakable (store) {
  let isDown = false
  for (const verb of ['get', 'set', 'touch', 'destroy']) {
    const inner = store[verb]
    if (typeof inner !== 'function') continue
    store[verb] = function (...values) {
      if (!isDown) return inner.apply(this, values)
      const callback = values.at(-1)
      return setImmediate(() => callback(new Error('The store is down.')))
    }
  }

  return down => { isDown = down }
}

/** An id generator that can repeat the id it made last. */
export function repeatable (create) {
  let last
  let repeats = false
  return {
    next: () => (repeats && last !== undefined ? last : (last = create())),
    repeat: on => { repeats = on }
  }
}
