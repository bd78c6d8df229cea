// Somebody else's server: one account on Fedify, over TLS. What it knows is on disk before it answers, so it can be killed.
// PEER_FOLDER: state.json, cert.pem, key.pem. PEER_PORT: its public port. PEER_CONTROL: plain http on loopback, for the test.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer as createPlain } from "node:http";
import { createServer } from "node:https";
import { createFederation, exportJwk, generateCryptoKeyPair, importJwk, MemoryKvStore } from "@fedify/fedify";
import * as vocab from "@fedify/fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

const { PEER_FOLDER: folder, PEER_PORT: port, PEER_CONTROL: control } = process.env;
const base = `https://localhost:${port}`;
const NAME = "reader";
const DOOR = "/authorize_interaction";

let state = { keys: [], followers: {}, following: {}, posts: {}, said: {}, received: [], objects: {}, next: 1 };
try {
  state = JSON.parse(readFileSync(`${folder}/state.json`, "utf8"));
} catch (error) {
  if (error.code !== "ENOENT") throw error;
}
function keep() {
  writeFileSync(`${folder}/state.part`, JSON.stringify(state));
  renameSync(`${folder}/state.part`, `${folder}/state.json`);
}
if (!state.keys.length) {
  for (const algorithm of ["RSASSA-PKCS1-v1_5", "Ed25519"]) {
    const pair = await generateCryptoKeyPair(algorithm);
    state.keys.push([await exportJwk(pair.privateKey), await exportJwk(pair.publicKey)]);
  }
  keep();
}

const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true });
federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    if (identifier !== NAME) return null;
    const keys = await ctx.getActorKeyPairs(identifier);
    return new vocab.Person({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      name: "A reader",
      inbox: ctx.getInboxUri(identifier),
      endpoints: new vocab.Endpoints({ sharedInbox: ctx.getInboxUri() }),
      followers: ctx.getFollowersUri(identifier),
      url: new URL(`/@${identifier}`, base),
      publicKey: keys[0].cryptographicKey,
      assertionMethods: keys.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher((_, identifier) =>
    identifier !== NAME
      ? []
      : Promise.all(
          state.keys.map(async ([secret, open]) => ({
            privateKey: await importJwk(secret, "private"),
            publicKey: await importJwk(open, "public"),
          })),
        ),
  );
federation.setWebFingerLinksDispatcher(() => [
  { rel: "http://ostatus.org/schema/1.0/subscribe", template: `${base}${DOOR}?uri={uri}` },
]);
federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({
  items: Object.entries(state.followers).map(([id, inbox]) => ({ id: new URL(id), inboxId: new URL(inbox) })),
}));
federation.setObjectDispatcher(vocab.Note, "/users/{identifier}/posts/{id}", (ctx, { id }) =>
  state.posts[id] && !state.posts[id].deleted ? note(ctx, id) : null,
);
federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => ({ identifier: NAME }))
  .on(vocab.Activity, async (ctx, activity) => {
    const document = await activity.toJsonLd({ contextLoader: ctx.contextLoader });
    state.received.push(document);
    const object = document.object;
    if (object?.type === "Note" || object?.type === "Event") state.objects[object.id] = object;
    if (document.type === "Delete") delete state.objects[object.id ?? object];
    if (document.type === "Accept") state.following[activity.actorId.href] = "accepted";
    if (document.type === "Reject") state.following[activity.actorId.href] = "rejected";
    if (document.type === "Undo" && object?.type === "Follow") delete state.followers[activity.actorId.href];
    keep();
    if (activity instanceof vocab.Follow) {
      const follower = await activity.getActor(ctx);
      state.followers[follower.id.href] = follower.inboxId.href;
      keep();
      await ctx.sendActivity({ identifier: NAME }, follower, new vocab.Accept({
        id: new URL(`#accepts/${state.next++}`, ctx.getActorUri(NAME)),
        actor: ctx.getActorUri(NAME),
        object: activity,
      }));
    }
  })
  .onError((_, error) => console.error("listener", error));

function note(ctx, id) {
  const post = state.posts[id];
  return new vocab.Note({
    id: ctx.getObjectUri(vocab.Note, { identifier: NAME, id }),
    attribution: ctx.getActorUri(NAME),
    content: post.content,
    to: vocab.PUBLIC_COLLECTION,
    ccs: [ctx.getFollowersUri(NAME), ...(post.to ? [new URL(post.to)] : [])],
    tags: post.to ? [new vocab.Mention({ href: new URL(post.to), name: post.name })] : [],
    replyTarget: post.inReplyTo ? new URL(post.inReplyTo) : undefined,
    published: Temporal.Instant.from(post.published),
    updated: post.updated ? Temporal.Instant.from(post.updated) : undefined,
    attachments: (post.pictures ?? []).map(
      (url) => new vocab.Document({ url: new URL(url), mediaType: "image/png", name: "A picture" }),
    ),
  });
}

/** Say an activity to our followers and to the actor it is about. */
async function say(ctx, kind, more, to) {
  const number = state.next++;
  const activity = new vocab[kind]({
    id: new URL(`#${kind}/${number}`, ctx.getActorUri(NAME)),
    actor: ctx.getActorUri(NAME),
    to: vocab.PUBLIC_COLLECTION,
    ccs: [ctx.getFollowersUri(NAME)],
    ...more,
  });
  if (to) await ctx.sendActivity({ identifier: NAME }, await ctx.lookupObject(to), activity);
  else await ctx.sendActivity({ identifier: NAME }, "followers", activity);
  return activity;
}

const now = () => new Date().toISOString();
const acts = {
  async follow(ctx, { handle }) {
    const actor = await ctx.lookupObject(handle);
    state.following[actor.id.href] ??= "asked";
    const follow = await say(ctx, "Follow", { object: actor.id, to: actor.id, ccs: [] }, actor.id.href);
    state.said[`Follow ${actor.id.href}`] = await follow.toJsonLd(ctx);
    return actor.id.href;
  },
  async read(ctx, { uri }) {
    const event = await ctx.lookupObject(uri);
    const place = await event.getLocation(ctx);
    const words = { kind: event.constructor.name, name: String(event.name), start: String(event.startTime), end: String(event.endTime) };
    return JSON.stringify({ ...words, place: String(place.name), by: event.attributionId.href, page: String(event.url) });
  },
  async boost(ctx, { uri, to }) {
    const said = await say(ctx, "Announce", { object: new URL(uri) }, to);
    state.said[`Announce ${uri}`] = await said.toJsonLd(ctx);
    return said.id.href;
  },
  async like(ctx, { uri, to }) {
    const said = await say(ctx, "Like", { object: new URL(uri) }, to);
    state.said[`Like ${uri}`] = await said.toJsonLd(ctx);
    return said.id.href;
  },
  async undo(ctx, { kind, uri, to }) {
    const object = await vocab[kind].fromJsonLd(state.said[`${kind} ${uri}`], ctx);
    if (kind === "Follow") delete state.following[uri];
    return (await say(ctx, "Undo", { object }, to)).id.href;
  },
  async post(ctx, { content, to, name, inReplyTo, pictures }) {
    const id = String(state.next++);
    state.posts[id] = { content, to, name, inReplyTo, pictures, published: now() };
    keep();
    const object = note(ctx, id);
    await say(ctx, "Create", { object }, to);
    return object.id.href;
  },
  async edit(ctx, { uri, content }) {
    const id = uri.split("/").pop();
    Object.assign(state.posts[id], { content, updated: now() });
    await say(ctx, "Update", { object: note(ctx, id) }, state.posts[id].to);
    return uri;
  },
  async delete(ctx, { uri }) {
    const post = state.posts[uri.split("/").pop()];
    post.deleted = true;
    await say(ctx, "Delete", { object: new vocab.Tombstone({ id: new URL(uri) }) }, post.to);
    return uri;
  },
};

/** Where other servers send people who want to follow from here: a page that asks, and one that says that it is done. */
async function door(request) {
  const uri = new URL(request.url).searchParams.get("uri");
  const ctx = federation.createContext(new URL(base), undefined);
  const asks = `<form method="post"><button>Follow ${uri.replace(/[<&"]/g, "")}</button></form>`;
  if (request.method === "POST") await acts.follow(ctx, { handle: uri });
  keep();
  const words = request.method === "POST" ? `<p role="status">You asked to follow.</p>` : asks;
  return new Response(`<!doctype html><title>Elsewhere</title>${words}`, { headers: { "content-type": "text/html; charset=utf-8" } });
}
async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}
createServer(
  { cert: readFileSync(`${folder}/cert.pem`), key: readFileSync(`${folder}/key.pem`) },
  async (incoming, outgoing) => {
    const headers = new Headers();
    for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
    const posted = incoming.method === "POST" ? await body(incoming) : undefined;
    const request = new Request(new URL(incoming.url, base), { method: incoming.method, headers, body: posted });
    const ours = new URL(incoming.url, base).pathname === DOOR;
    const answer = ours ? await door(request) : await federation.fetch(request, { contextData: undefined });
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
    outgoing.end(Buffer.from(await answer.arrayBuffer()));
  },
).listen(Number(port), "127.0.0.1");
createPlain(async (incoming, outgoing) => {
  let answer = [200, state];
  if (incoming.method === "POST") {
    const { act, ...given } = JSON.parse((await body(incoming)).toString());
    try {
      const ctx = federation.createContext(new URL(base), undefined);
      answer = [200, await acts[act](ctx, given)];
    } catch (error) {
      answer = [500, String(error)];
    }
    keep();
  }
  outgoing.writeHead(answer[0], { "content-type": "application/json" });
  outgoing.end(JSON.stringify(answer[1]));
}).listen(Number(control), "127.0.0.1", () => console.log("ready"));
