/** Whether somebody is still signed in, and the token that forms are posted with. */

const login = () => document.body.dataset.login ?? "";

/** The user that this page was made for. */
export const user = () => document.body.dataset.user ?? "";

/** @param {string} url of an answer, after redirects */
export const isSignIn = (url) => login() !== "" && new URL(url || "/", location.href).pathname === login();

/** @param {Response} response */
export const signedOut = (response) => response.status === 401 || response.status === 403 || isSignIn(response.url);

/**
 * Asks the server who is signed in now, and takes over the token: signing in, here or in another
 * tab, makes a new one.
 *
 * @returns {Promise<string>} the user; empty when nobody is. Fails where the server does not answer.
 */
export async function refresh() {
  const response = await fetch(login(), { cache: "no-store" });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  takeOver(page);
  return page.body.dataset.user ?? "";
}

/** @param {Document} page */
function takeOver(page) {
  const headers = page.body.getAttribute("hx-headers");
  if (!headers) return;
  document.body.setAttribute("hx-headers", headers);
  const token = JSON.parse(headers)["X-CSRFToken"];
  const fields = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("input[name=csrfmiddlewaretoken]"));
  for (const field of fields) field.value = token;
}
