// The clock of the process. It must be the first import of a server, so that every library sees it.
const RealDate = Date
let offset = 0

class MovedDate extends RealDate {
  constructor (...parts) {
    if (parts.length > 0) super(...parts)
    else super(RealDate.now() + offset)
  }

  static now () {
    return RealDate.now() + offset
  }
}

globalThis.Date = MovedDate

export function advance (seconds) {
  offset += seconds * 1000
}
