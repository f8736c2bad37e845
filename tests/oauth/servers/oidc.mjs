// SPDX-License-Identifier: Apache-2.0
//
// The OpenID provider of the tests: npm's oidc-provider with everything switched on that docker-credential-oauth talks
// to. What a test wants of it, it says in one JSON object: {"modules": folder with node_modules, "key": and "cert": PEM
// files, ...options}. The options below can be changed while it runs.
//
// "issuer" is its name, if it has another than the address it listens at.
//
//   POST /__/set       {option: value, ...}
//   POST /__/approve   {"user_code", "login"}: what a person does in the browser, in one request
//   POST /__/deny      {"user_code"}
//   POST /__/reset     forget what was counted
//   GET  /__/count     requests by path and by grant, and how often the most used refresh token was used
//   GET  /__/mint      the one-request mint of some registries: Bearer in, user name and secret out
import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const given = JSON.parse(process.argv[2]);
const options = {
  access_token: 3600, // seconds each of them lives
  id_token: 3600,
  refresh_token: 86400,
  device_code: 600,
  rotate: true, // a new refresh token with each refresh, and the end of the grant when an old one comes back
  jwt: false, // access tokens as JWT; opaque ones can be introspected and revoked
  slow: 0, // milliseconds that each look into the store takes
  interval: null, // seconds in the device answer; null leaves it out
  slow_down: 0, // so many polls are answered with slow_down
  before: 0, // milliseconds a refresh waits before it is done
  after: 0, // and before it is answered
  lose: 0, // so many refreshes are done and never answered
  down: false, // 503 to everything
  hang: false, // no answer to anything
  ...given.options,
};
const sleep = (time) => new Promise((done) => { setTimeout(done, time); });
const load = (name) => import(pathToFileURL(path.join(given.modules, 'node_modules/oidc-provider/lib', name)));
const { default: Provider, errors } = await load('index.js');

// ---- counting

let counted;
const reset = () => { counted = { paths: {}, grants: {}, statuses: {}, uses: {}, connections: 0, polls: [] }; };
const add = (table, key) => { table[key] = (table[key] ?? 0) + 1; };
reset();

// ---- a store that takes its time and never drops a row, so that what expired can be told from what never was

const rows = new Map();
class Store {
  constructor(model) { this.model = model; }

  async find(id) {
    if (options.slow) await sleep(options.slow);
    const row = rows.get(`${this.model}:${id}`);
    return row && { ...row };
  }

  async #first(name, value) {
    for (const [key, row] of rows) {
      if (key.startsWith(`${this.model}:`) && row[name] === value) return this.find(key.slice(this.model.length + 1));
    }
    return undefined;
  }

  findByUid(uid) { return this.#first('uid', uid); }

  findByUserCode(code) { return this.#first('userCode', code); }

  async upsert(id, row) { rows.set(`${this.model}:${id}`, row); }

  async consume(id) { rows.get(`${this.model}:${id}`).consumed = Math.floor(Date.now() / 1000); }

  async destroy(id) { rows.delete(`${this.model}:${id}`); }

  async revokeByGrantId(grant) {
    for (const [key, row] of rows) if (row.grantId === grant) rows.delete(key);
  }
}

// ---- the provider

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const RESOURCE = 'urn:registry';

function make(issuer) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const provider = new Provider(issuer, {
    adapter: Store,
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'k1' }] },
    cookies: { keys: ['test-only'] },
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email'] },
    conformIdTokenClaims: false,
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clients: [
      ...['cli', 'registry-cli'].map((id) => ({
        client_id: id,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code', EXCHANGE],
        redirect_uris: ['127.0.0.1', '[::1]', 'localhost'].flatMap((host) => [`http://${host}/callback`, `http://${host}/`]),
      })),
      { client_id: 'other', application_type: 'native', token_endpoint_auth_method: 'none', response_types: [], redirect_uris: [],
        grant_types: ['refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'] },
      { client_id: 'registry', client_secret: 'registry-secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
    ],
    features: {
      devInteractions: { enabled: true },
      deviceFlow: { enabled: true, mask: '****-****', charset: 'base-20' },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: async () => true,
        defaultResource: async (ctx, client, oneOf) => (oneOf ? oneOf[0] : RESOURCE),
        getResourceServerInfo: async (ctx, resource) => ({
          audience: resource,
          accessTokenFormat: options.jwt ? 'jwt' : 'opaque',
          accessTokenTTL: options.access_token,
          scope: 'registry:pull registry:push',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    rotateRefreshToken: () => options.rotate,
    issueRefreshToken: async (ctx, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
    findAccount: async (ctx, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, preferred_username: id, email: `${id}@example.com` }),
    }),
    ttl: {
      AccessToken: () => options.access_token, DeviceCode: () => options.device_code, RefreshToken: () => options.refresh_token,
      AuthorizationCode: 30, ClientCredentials: 3600, IdToken: () => options.id_token, Grant: 864000, Session: 3600, Interaction: 600,
    },
  });

  // RFC 8693, which oidc-provider leaves to its users: another access token of the same person.
  provider.registerGrantType(EXCHANGE, async (ctx, next) => {
    const { params, client } = ctx.oidc;
    const subject = await ctx.oidc.provider.AccessToken.find(params.subject_token);
    if (!subject || subject.isExpired) throw new errors.InvalidGrant('subject token');
    const token = new ctx.oidc.provider.AccessToken({
      accountId: subject.accountId, client, grantId: subject.grantId, gty: 'token_exchange', scope: params.scope ?? 'openid',
    });
    token.aud = params.audience;
    ctx.body = {
      access_token: await token.save(), issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer', expires_in: options.access_token,
    };
    await next();
  }, ['subject_token', 'subject_token_type', 'requested_token_type', 'audience', 'resource', 'scope'], ['audience', 'resource', 'scope']);

  provider.use(async (ctx, next) => {
    const refreshing = ctx.path === '/token' && ctx.req.grant === 'refresh_token';
    if (refreshing && options.before) await sleep(options.before);
    await next();
    if (refreshing && options.after) await sleep(options.after);
    if (refreshing && options.lose > 0) {
      options.lose -= 1;
      ctx.respond = false;
      ctx.req.socket.destroy();
      return;
    }
    if (ctx.path === '/device/auth' && ctx.status === 200 && options.interval !== null) ctx.body.interval = options.interval;
    if (ctx.path === '/token' && ctx.body?.error === 'authorization_pending' && options.slow_down > 0) {
      options.slow_down -= 1;
      ctx.body = { error: 'slow_down' };
    }
    if (ctx.path === '/token') add(counted.statuses, `${ctx.req.grant} ${ctx.body?.error ?? ctx.status}`);
  });
  return provider;
}

// ---- what only tests may ask

async function decide(provider, { user_code: text, login = 'alice' }, deny) {
  const code = await provider.DeviceCode.findByUserCode(text.replace(/[^A-Z0-9]/gi, '').toUpperCase());
  if (!code) return { error: 'no such code' };
  if (deny) {
    Object.assign(code, { error: 'access_denied', errorDescription: 'the person said no' });
  } else {
    const grant = new provider.Grant({ accountId: login, clientId: code.clientId });
    grant.addOIDCScope(code.params.scope ?? 'openid');
    grant.addResourceScope(code.params.resource ?? RESOURCE, 'registry:pull registry:push');
    Object.assign(code, {
      accountId: login, grantId: await grant.save(), scope: code.params.scope ?? 'openid',
      resource: code.params.resource ?? RESOURCE, authTime: Math.floor(Date.now() / 1000),
    });
  }
  await code.save();
  return { client_id: code.clientId, scope: code.params.scope, resource: code.params.resource };
}

async function mint(provider, authorization) {
  const token = await provider.AccessToken.find((authorization ?? '').replace(/^Bearer /, ''));
  if (!token || token.isExpired) return { error: 'who are you' };
  return { data: { user: { name: `robot$${token.accountId}` }, secret: `minted-${Date.now()}` }, lifetime: options.access_token };
}

async function control(provider, request, body) {
  switch (request.url) {
    case '/__/set': return Object.assign(options, JSON.parse(body));
    case '/__/approve': return decide(provider, JSON.parse(body), false);
    case '/__/deny': return decide(provider, JSON.parse(body), true);
    case '/__/reset': reset(); return {};
    case '/__/mint': return mint(provider, request.headers.authorization);
    default: return { ...counted, most_uses: Math.max(0, ...Object.values(counted.uses)) };
  }
}

// ---- the server

const read = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
};

function count(request, body) {
  add(counted.paths, `${request.method} ${request.url.split('?')[0]}`);
  if (request.url !== '/token') return;
  const fields = new URLSearchParams(body);
  request.grant = fields.get('grant_type')?.split(/[:]/).pop();
  add(counted.grants, request.grant);
  if (request.grant === 'device_code') counted.polls.push(Date.now() / 1000);
  if (request.grant === 'refresh_token') {
    add(counted.uses, createHash('sha256').update(fields.get('refresh_token') ?? '').digest('hex').slice(0, 16));
  }
}

const tls = given.key && {
  key: readFileSync(given.key),
  cert: readFileSync(given.cert),
  ...(given.clients && { ca: readFileSync(given.clients), requestCert: true, rejectUnauthorized: true }),
};
const server = tls ? https.createServer(tls) : http.createServer();
server.keepAliveTimeout = 1000;
server.on(tls ? 'secureConnection' : 'connection', () => { counted.connections += 1; });
server.listen(given.port ?? 0, '127.0.0.1', () => {
  const issuer = given.issuer ?? `${tls ? 'https://localhost' : 'http://127.0.0.1'}:${server.address().port}`;
  const provider = make(issuer);
  const serve = provider.callback();
  server.on('request', async (request, response) => {
    const body = ['POST', 'PUT'].includes(request.method) ? await read(request) : '';
    if (request.url.startsWith('/__/')) {
      counted.connections -= 1;
      const answer = await control(provider, request, body);
      response.writeHead(answer.error ? 400 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      return;
    }
    count(request, body);
    if (options.hang) return;
    if (options.down) {
      response.writeHead(503, { 'retry-after': '1' }).end('<html>down for maintenance</html>');
      return;
    }
    if (body) request.body = body; // oidc-provider takes what somebody else has read
    serve(request, response);
  });
  console.log(JSON.stringify({ issuer }));
});
