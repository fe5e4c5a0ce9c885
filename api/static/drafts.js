// Drafts and their photos, kept in the browser (IndexedDB) until the service has them.

const NAME = "whistle", STORE = "drafts", VERSION = 1;
let opened;

function open() {
  opened ??= new Promise((done, fail) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "key" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => { opened = undefined; fail(asked.error); };
  });
  return opened;
}

async function within(mode, work) {
  const database = await open();
  return new Promise((done, fail) => {
    // Strict: what is said to be kept is on the disk.
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    const asked = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => done(asked.result);
    transaction.onabort = transaction.onerror = () => fail(transaction.error);
  });
}

// All drafts, the oldest first.
export const all = async () => (await within("readonly", store => store.getAll())).sort((a, b) => a.at - b.at);
export const keep = draft => within("readwrite", store => store.put(draft));
export const drop = key => within("readwrite", store => store.delete(key));

// A key that no other draft ever has; it makes sure that a draft arrives once, however often it is sent.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("");
}
