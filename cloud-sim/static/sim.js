// Small comforts; every page also works without them.
"use strict";

// A form that only carries values back to an application sends itself.
document.querySelectorAll("form[data-send-now]").forEach((form) => form.submit());

// A fragment never reaches the server: the sign-in form takes it along.
document.querySelectorAll("form[data-carry-hash]").forEach((form) => {
  const back = form.querySelector("input[name=back]");
  if (back && location.hash.length > 2) back.value += location.hash;
});

// Addresses of My Access hold their page in the fragment: lead on to the plain address of that page.
const home = document.querySelector("[data-fragments-of]");
if (home && location.hash.length > 2) {
  const wanted = location.hash.replace(/^#\/?/, "");
  if (/^(access-packages|approvals|request-history)(\/[0-9A-Za-z-]+)?$/.test(wanted)) {
    location.replace(home.dataset.fragmentsOf + "/" + wanted);
  }
}

// Links into the admin center name an application or a group in the fragment.
const directory = document.querySelector("[data-directory]");
if (directory && location.hash.length > 2) {
  const found = location.hash.match(/(appId=|groupId\/)([0-9A-Fa-f-]{36})/);
  const kinds = { "appId=": "enterprise-applications", "groupId/": "groups" };
  if (found) location.replace(directory.dataset.directory + "/" + kinds[found[1]] + "/" + found[2]);
}
