// Sends drafts, one after the other, each exactly once: photos first, then the report under the draft's own key.
import { all, keep } from "./drafts.js";

const PATIENCE = 60000;
const SIGN_IN = 401, TOO_MANY = 429, FAULT = 500;

export const WAITING = "waiting", SENDING = "sending", SENT = "sent", REFUSED = "refused", SIGNED_OUT = "signed_out";

class Later extends Error {}
class Refused extends Error {}
class SignedOut extends Error {}

// Send whatever waits and is this account's; `told` hears of every change. One tab at a time does so.
export async function sendAll(account, told) {
  const work = async () => {
    for (const draft of await all()) {
      if (draft.account !== account || draft.state === SENT || draft.state === REFUSED) continue;
      if (!await sent(draft, told)) return;
    }
  };
  if (navigator.locks) await navigator.locks.request("whistle-sending", work);
  else await work(); // Two tabs may both send then: the key still makes it one report.
}

// False where it makes no sense to try the next one now.
async function sent(draft, told) {
  const become = async state => { draft.state = state; await keep(draft); told(draft); };
  draft.why = "";
  await become(SENDING);
  try {
    const answer = await deliver(draft);
    // Of what was sent nothing stays on the phone but where to find it.
    Object.assign(draft, { number: answer.number, path: answer.path, title: "", fields: [], photos: [], after: [] });
    await become(SENT);
    return true;
  } catch (problem) {
    if (problem instanceof Refused) {
      draft.why = problem.message;
      await become(REFUSED);
      return true;
    }
    await become(problem instanceof SignedOut ? SIGNED_OUT : WAITING);
    return false;
  }
}

async function deliver(draft) {
  for (const photo of [...draft.photos, ...draft.after]) {
    if (photo.id) continue;
    photo.id = (await ask("/report/photos", photo.blob, draft.account)).id;
    await keep(draft);
  }
  const form = new FormData();
  for (const [name, value] of draft.fields) form.append(name, value);
  form.append("key", draft.key);
  for (const { id } of draft.photos) form.append("photo", id);
  for (const { id } of draft.after) form.append("photo_after", id);
  try {
    return await ask("/report", form, draft.account);
  } catch (problem) {
    // Photos that waited too long for their report are gone there, and still here: next time they are sent anew.
    if (problem instanceof Refused && problem.name === "PhotoMissing") {
      for (const photo of [...draft.photos, ...draft.after]) delete photo.id;
      throw new Later();
    }
    throw problem;
  }
}

// Whoever has signed in meanwhile, in another tab, does not report in this account's place: the service refuses that.
async function ask(path, body, account) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST", body, redirect: "manual", headers: { Accept: "application/json", "Whistle-Account": encodeURIComponent(account) },
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    throw new Later();
  }
  if (answer.type === "opaqueredirect" || answer.status === SIGN_IN) throw new SignedOut();
  if (answer.status === TOO_MANY || answer.status >= FAULT) throw new Later();
  let said;
  try {
    said = await answer.json();
  } catch {
    throw new Later(); // Not ours, or cut short: some gateway in between.
  }
  if (!answer.ok) throw Object.assign(new Refused(said.said), { name: said.name });
  return said;
}
