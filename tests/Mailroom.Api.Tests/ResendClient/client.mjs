// The official client against the edge: everything but the base URL is as its documentation shows it.
import assert from "node:assert/strict";
import { Resend } from "resend";

const resend = new Resend(process.env.MAILROOM_KEY, { baseUrl: process.env.MAILROOM_URL + "/api/v1" });
const ok = (answer) => {
  assert.equal(answer.error, null, JSON.stringify(answer.error));
  return answer.data;
};

const mail = {
  from: "Acme <hello@example.com>",
  to: ["jane@example.com"],
  cc: "cc@example.com",
  replyTo: "support@example.com",
  subject: "Hello",
  html: "<p>Hi</p>",
  text: "Hi",
  headers: { "X-Order": "1" },
  tags: [{ name: "kind", value: "test" }],
  attachments: [{ filename: "a.txt", content: Buffer.from("hello"), contentType: "text/plain", contentId: "a1" }],
};

const sent = ok(await resend.emails.send(mail, { idempotencyKey: "client/1" }));
assert.match(sent.id, /^em_/);
const repeated = await resend.emails.send(mail, { idempotencyKey: "client/1" });
assert.equal(ok(repeated).id, sent.id);
assert.equal(repeated.headers["idempotency-replayed"], "true");
const conflict = await resend.emails.send({ ...mail, subject: "Other" }, { idempotencyKey: "client/1" });
assert.equal(conflict.error.name, "invalid_idempotent_request");
assert.equal(conflict.error.statusCode, 422);

const email = ok(await resend.emails.get(sent.id));
assert.equal(email.object, "email");
assert.deepEqual(email.to, ["jane@example.com"]);
assert.deepEqual(email.reply_to, ["support@example.com"]);
assert.equal(email.last_event, "queued");
assert.equal(ok(await resend.emails.list({ limit: 1 })).data.length, 1);

const later = ok(await resend.emails.send({ from: mail.from, to: "a@example.com", subject: "Later", text: "x", scheduledAt: "in 1 hour" }));
assert.equal(ok(await resend.emails.update({ id: later.id, scheduledAt: new Date(Date.now() + 7_200_000).toISOString() })).id, later.id);
assert.equal(ok(await resend.emails.get(later.id)).last_event, "scheduled");
assert.equal(ok(await resend.emails.cancel(later.id)).object, "email");
assert.equal(ok(await resend.emails.get(later.id)).last_event, "canceled");

const batch = ok(await resend.batch.send([mail, { ...mail, template: undefined, subject: "Second" }], { idempotencyKey: "client/batch" }));
assert.equal(batch.data.length, 2);
const bad = { ...mail, to: "nonsense" };
const strict = await resend.batch.send([mail, bad]);
assert.equal(strict.error.statusCode, 422);
assert.match(strict.error.message, /\[1\]\.to/);
const permissive = ok(await resend.batch.send([mail, bad], { batchValidation: "permissive" }));
assert.equal(permissive.data.length, 1);
assert.equal(permissive.errors[0].index, 1);

const refused = await resend.emails.send({ ...mail, from: "nonsense" });
assert.equal(refused.data, null);
assert.equal(refused.error.name, "invalid_from_address");
const stranger = new Resend("mr_test_nobodynobody", { baseUrl: process.env.MAILROOM_URL + "/api/v1" });
assert.equal((await stranger.emails.get(sent.id)).error.name, "invalid_api_key");
assert.equal((await resend.emails.get("em_nothing")).error.name, "not_found");
console.log("all went well");
