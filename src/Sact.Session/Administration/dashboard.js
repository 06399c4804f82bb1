'use strict';
// The page of the session dashboard. Every value from the server is set as text, never as HTML.
(() => {
  const root = document.documentElement.dataset.root;
  const $ = id => document.getElementById(id);
  const form = $('search');
  const states = { SignedIn: 'Signed in', Pending: 'Pending', Anonymous: 'Visitor' };
  const reasons = {
    SignedOut: 'signed out', SignedOutElsewhere: 'signed out from another device', Replaced: 'replaced by another sign-in',
    OverLimit: 'over the limit of sessions', Replayed: 'an old id was replayed', CredentialsChanged: 'credentials changed',
    Administrator: 'by an administrator', IdentityProvider: 'by the identity provider', UserDeleted: 'the user was deleted',
    UserLockedOut: 'the user was locked out', Expired: 'expired',
    signed_out: 'signed out', others: 'signed out from another device', everywhere: 'signed out everywhere', by_key: 'by its user',
    cap: 'over the limit of sessions', replaced: 'replaced by another sign-in', replayed: 'an old id was replayed',
    administrator: 'by an administrator', identity_provider: 'by the identity provider', unsent: 'its cookie could not be sent',
  };
  const details = {
    Foreign: 'an invented secret', Stale: 'an id that a renewal had replaced', Replayed: 'an id that was replaced long ago',
    Propose: 'a new id was sent', Promote: 'the new id came back', Replace: 'the id was replaced at once', ...states, ...reasons,
  };
  const events = {
    Began: 'Began', Raised: 'Authenticated again', Renewed: 'Renewed', Refused: 'Refused a request', LastSeen: 'Last seen',
    TouchFailed: 'Last seen could not be written', Ended: 'Ended',
  };
  const size = 25;
  let query = null, after = null, running = null, shown = [];

  class Refusal extends Error {}

  async function call(path, method = 'GET', signal) {
    let answer;
    try {
      answer = await fetch(root + path, { method, signal, headers: { Accept: 'application/json' }, cache: 'no-store' });
    } catch (fault) {
      if (fault.name === 'AbortError') throw fault;
      throw new Refusal('The server cannot be reached. Check the connection, then try again.');
    }
    if (answer.status === 204) return null;
    const body = await answer.json().catch(() => null);
    if (answer.ok && body) return body;
    const needsProof = body?.type === 'urn:sact-session:insufficient-user-authentication';
    if ((answer.status === 401 && !needsProof) || answer.redirected) {
      throw new Refusal('You are signed out. Sign in again, then reload this page.');
    }
    if (answer.status === 403) throw new Refusal('You may not do this. The request was refused.');
    if (answer.status === 503) {
      throw new Refusal('The session store did not do all of it. Look at the log of the server, then begin with the first page again.');
    }
    const problem = new Refusal(body ? [body.title, body.detail].filter(Boolean).join(' ') : `The server answered ${answer.status}.`);
    problem.status = answer.status;
    throw problem;
  }

  function show(fault) {
    $('error').hidden = !fault;
    $('error').textContent = fault ? fault.message : '';
  }

  const element = (name, content, attributes = {}) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...[content].flat().filter(part => part !== null && part !== undefined));
    return made;
  };

  const number = value => value.toLocaleString();

  function time(value) {
    const then = new Date(value);
    const minutes = Math.round((then - Date.now()) / 60000);
    const ago = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
    const relative = Math.abs(minutes) < 60 ? ago.format(minutes, 'minute')
      : Math.abs(minutes) < 60 * 24 ? ago.format(Math.round(minutes / 60), 'hour')
      : ago.format(Math.round(minutes / 60 / 24), 'day');
    return element('time', relative, { datetime: value, title: then.toLocaleString() });
  }

  // One session is compared with a log, so its times are shown in full.
  const exactly = value => element('time', new Date(value).toLocaleString(), { datetime: value });

  function device(agent) {
    if (!agent) return 'unknown';
    const browser = [['Edg/', 'Edge'], ['OPR/', 'Opera'], ['Firefox/', 'Firefox'], ['Chrome/', 'Chrome'], ['Safari/', 'Safari']]
      .find(([mark]) => agent.includes(mark));
    const system = [['Android', 'Android'], ['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Windows', 'Windows'], ['Mac OS', 'macOS'],
      ['Linux', 'Linux']].find(([mark]) => agent.includes(mark));
    return browser ? browser[1] + (system ? ' on ' + system[1] : '') : agent.slice(0, 40);
  }

  const clientOf = session => session.lastSeenClient || session.signInClient || {};

  function row(session) {
    const client = clientOf(session);
    const user = session.userId ?? 'nobody';
    const cell = (label, content) => element('td', content, { 'data-label': label });
    const look = element('button', 'Details', { type: 'button', 'aria-label': `Details of the session of ${user}` });
    const end = element('button', 'End…', { type: 'button', class: 'danger', 'aria-label': `End the session of ${user}` });
    look.addEventListener('click', () => openDetails(session.key));
    end.addEventListener('click', () => endOne(session.key, session.userId));
    const made = element('tr', [
      cell('User', session.userId ?? '–'), cell('State', states[session.state]), cell('Device', device(client.userAgent)),
      cell('Address', client.remoteAddress ?? '–'), cell('Began', time(session.createdAt)), cell('Last seen', time(session.lastSeenAt)),
      cell('', [look, end]),
    ]);
    made.dataset.key = session.key;
    return made;
  }

  function read() {
    const values = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (value) values.set(name, form.elements[name].type === 'datetime-local' ? new Date(value).toISOString() : value);
    }
    return values;
  }

  // A page of the server may have few sessions, because the server looks at a bounded number of records. So the search continues until
  // this page is full, everything was read, or the administrator stops it.
  async function search(from) {
    running?.abort();
    const mine = running = new AbortController();
    show(null);
    shown = [];
    let skipped = 0, steps = 0, next = from;
    $('stop').hidden = false;
    $('next').disabled = true;
    $('first').disabled = !from;
    $('rows').replaceChildren();
    $('status').textContent = 'Searching…';
    try {
      do {
        const values = new URLSearchParams(query);
        values.set('size', size - shown.length);
        if (next) values.set('after', next);
        const page = await call('/api/sessions?' + values, 'GET', mine.signal);
        const known = new Set(shown.map(session => session.key));
        const fresh = page.sessions.filter(session => !known.has(session.key));
        shown.push(...fresh);
        $('rows').append(...fresh.map(row));
        skipped += page.skipped;
        next = page.next;
        if (next && ++steps > 1) $('status').textContent = `${number(shown.length)} found so far. Searching…`;
      } while (next && shown.length < size);
    } catch (fault) {
      if (mine !== running) return;
      if (fault.name !== 'AbortError') show(fault);
      if (fault.name !== 'AbortError' && shown.length === 0) next = null;
    }
    if (mine !== running) return;
    running = null;
    after = next;
    $('stop').hidden = true;
    $('next').disabled = !next;
    $('status').textContent = $('error').hidden ? summary(next, skipped) : '';
    $('end-matching').disabled = query.size === 0;
    if (shown.length === 0 && !next && $('error').hidden) {
      $('rows').append(element('tr', element('td', 'No session matches.', { class: 'empty', colspan: '7' })));
    }
  }

  const summary = (next, skipped) =>
    (shown.length === 1 ? '1 session' : `${number(shown.length)} sessions`) + (next ? ' on this page; more may follow.' : '.')
    + (skipped ? ` ${number(skipped)} more cannot be shown: a newer version wrote them, or they cannot be read.` : '');

  async function openDetails(key) {
    show(null);
    try {
      const found = await call('/api/sessions/' + encodeURIComponent(key));
      const session = found.session;
      const facts = [['Key', found.key]];
      if (session) {
        const agent = clientOf(session);
        facts.push(
          ['User', session.userId ?? 'nobody'], ['State', states[session.state]], ['Level', String(session.assuranceLevel)],
          ['Began', exactly(session.createdAt)], ['Authenticated', session.authenticatedAt ? exactly(session.authenticatedAt) : 'never'],
          ['Last seen', exactly(session.lastSeenAt)], ['Expires', exactly(session.expiresAt)],
          ['Cookie', session.isPersistent ? 'outlives the browser' : 'ends with the browser'],
          ['Signed in from', [session.signInClient?.remoteAddress ?? 'unknown', ' · ', device(session.signInClient?.userAgent)]],
          ['Browser', agent.userAgent ?? 'unknown']);
      } else {
        facts.push(['Ended', found.endedAt ? exactly(found.endedAt) : 'yes'], ['Reason', reasons[found.endReason] ?? 'unknown']);
      }
      $('details-title').textContent = session ? `Session of ${session.userId ?? 'a visitor'}` : 'A session that has ended';
      $('facts').replaceChildren(...facts.flatMap(([name, value]) => [element('dt', name), element('dd', value)]));
      $('timeline').replaceChildren(...found.timeline.map(entry => element('li', [
        exactly(entry.time), ' ', element('strong', events[entry.what] ?? entry.what),
        entry.detail ? ': ' + (details[entry.detail] ?? entry.detail) : null, entry.count > 1 ? ` (${number(entry.count)} times)` : null,
      ])));
      $('details-end').hidden = !session;
      $('details-end').onclick = () => endOne(key, session.userId);
      if (!$('details').open) $('details').showModal();
    } catch (fault) {
      show(fault);
    }
  }

  function confirm(question, word) {
    const dialog = $('confirm');
    $('confirm-question').textContent = question;
    $('confirm-word').hidden = !word;
    $('confirm-input').value = '';
    $('confirm-end').disabled = word;
    $('confirm-input').oninput = () => { $('confirm-end').disabled = $('confirm-input').value.trim() !== 'END'; };
    dialog.returnValue = '';
    dialog.showModal();
    return new Promise(resolve => {
      $('confirm-end').onclick = () => dialog.close('end');
      dialog.onclose = () => resolve(dialog.returnValue === 'end');
    });
  }

  async function endOne(key, user) {
    const question = user ? `End this session of ${user}? The user is signed out on that device.` : 'End this session of a visitor?';
    if (!await confirm(question)) return;
    try {
      await call('/api/sessions/' + encodeURIComponent(key), 'DELETE');
      removed(key, 'The session has ended.');
    } catch (fault) {
      if (fault.status === 404) removed(key, 'The session had already ended.');
      else show(fault);
    }
    $('details').close();
  }

  function removed(key, message) {
    shown = shown.filter(session => session.key !== key);
    [...$('rows').children].find(made => made.dataset.key === key)?.remove();
    $('status').textContent = message;
    $('results').focus();
    count();
  }

  async function endSeveral(values, question) {
    if (!await confirm(question, true)) return;
    show(null);
    $('status').textContent = 'Ending…';
    try {
      const { ended } = await call('/api/sessions?' + values, 'DELETE');
      await search(null);
      $('status').textContent = ended === 1 ? '1 session has ended.' : `${number(ended)} sessions have ended.`;
    } catch (fault) {
      $('status').textContent = '';
      show(fault);
    }
    count();
  }

  let counting = false;

  // One at a time: over a large Redis a count takes long, and must not hold the connections that a search needs.
  async function count() {
    if (document.hidden || counting) return;
    counting = true;
    try {
      const counts = await call('/api/counts');
      $('signed-in').textContent = number(counts.signedIn);
      $('pending').textContent = number(counts.pending);
      $('anonymous').textContent = number(counts.anonymous);
    } catch {
      for (const id of ['signed-in', 'pending', 'anonymous']) $(id).textContent = '–';
    } finally {
      counting = false;
    }
  }

  form.addEventListener('submit', event => {
    event.preventDefault();
    query = read();
    search(null);
  });
  form.addEventListener('reset', () => setTimeout(() => {
    query = read();
    search(null);
  }));
  $('next').addEventListener('click', () => { $('results').focus(); search(after); });
  $('first').addEventListener('click', () => search(null));
  $('stop').addEventListener('click', () => running?.abort());
  $('end-matching').addEventListener('click', () => endSeveral(
    query, 'End every session that matches the search, on all its pages? Their users are signed out at once.'));
  $('end-all').addEventListener('click', () => endSeveral(
    new URLSearchParams({ all: 'true' }), 'End every session of all users, your own included? Everybody is signed out at once.'));
  for (const button of document.querySelectorAll('dialog .close')) {
    button.addEventListener('click', () => button.closest('dialog').close());
  }
  document.addEventListener('visibilitychange', count);
  setInterval(count, 15000);
  query = read();
  search(null);
  count();
})();
