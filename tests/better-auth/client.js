// Does with Better Auth's own client what the earlier phases' page did, and fails at the first
// difference. Takes the address of the backend.
import assert from "node:assert/strict";
import { createAuthClient } from "better-auth/client";
import { jwtClient } from "better-auth/client/plugins";

const baseURL = process.argv[2];
let session = "";
const client = createAuthClient({
  baseURL,
  plugins: [jwtClient()],
  fetchOptions: {
    auth: { type: "Bearer", token: () => session },
    onSuccess: ({ response }) => {
      session = response.headers.get("set-auth-token") ?? session;
    },
  },
});

async function ok(answer) {
  const { data, error } = await answer;
  assert.equal(error, null);
  return data;
}

async function refused(answer, status, code) {
  const { data, error } = await answer;
  assert.equal(data, null);
  assert.equal(error.status, status);
  assert.equal(error.code, code);
  assert.ok(error.message.length > 0);
}

const email = "ann@example.com";
const password = "correct horse battery staple";

assert.equal(await ok(client.getSession()), null);
await refused(client.token(), 401, "UNAUTHORIZED");

const signedUp = await ok(client.signUp.email({ name: "Ann", email, password }));
assert.equal(signedUp.user.email, email);
assert.equal(signedUp.user.name, "Ann");
assert.equal(signedUp.token, session);
await refused(
  client.signUp.email({ name: "Ann", email, password }),
  422,
  "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",
);

const current = await ok(client.getSession());
assert.equal(current.user.id, signedUp.user.id);
assert.ok(current.user.createdAt instanceof Date);
assert.ok(current.session.expiresAt > new Date());

const { token } = await ok(client.token());
const tasks = await fetch(`${baseURL}/api/${current.user.id}/tasks`, {
  headers: { authorization: `Bearer ${token}` },
});
assert.equal(tasks.status, 200);
assert.deepEqual((await tasks.json()).tasks, []);

await ok(client.updateUser({ name: "Ann Other" }));
assert.equal((await ok(client.getSession())).user.name, "Ann Other");
assert.equal((await ok(client.listSessions())).length, 1);

await ok(client.signOut());
assert.equal(await ok(client.getSession()), null);

session = "";
await refused(
  client.signIn.email({ email, password: "not the password" }),
  401,
  "INVALID_EMAIL_OR_PASSWORD",
);
const signedIn = await ok(client.signIn.email({ email, password, rememberMe: false }));
assert.equal(signedIn.user.id, signedUp.user.id);
assert.equal(signedIn.redirect, false);

const next = "another horse battery staple";
await ok(
  client.changePassword({ currentPassword: password, newPassword: next, revokeOtherSessions: true }),
);
await ok(client.signOut());
session = "";
await ok(client.signIn.email({ email, password: next }));
await ok(client.deleteUser({ password: next }));
assert.equal(await ok(client.getSession()), null);
console.log("Better Auth's client found everything as it expects it.");
