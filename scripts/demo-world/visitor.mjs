// A person at a browser without a script: cookies, pages, forms, links, redirects.

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#34;": '"', "&#38;": "&", "&#39;": "'", "&#60;": "<", "&#62;": ">", "&#x27;": "'" };
export const plain = (text) => text.replace(/&(?:amp|lt|gt|quot|#34|#38|#39|#60|#62|#x27);/g, (one) => ENTITIES[one]);

/** One attribute of a tag, if it has it. */
function attribute(tag, name) {
    const found = new RegExp(`\\s${name}(?:="([^"]*)")?(?=[\\s/>])`).exec(tag);
    return found ? plain(found[1] ?? "") : undefined;
}

/** A page as it came: where, and what is on it. */
export class Page {
    constructor(url, status, body) {
        Object.assign(this, { url: new URL(url), status, body });
    }

    /** Its text without tags, for messages. */
    get text() {
        return plain(this.body.replace(/<(script|style|head)[\s\S]*?<\/\1>/g, " ").replace(/<[^>]*>/g, " ")).replace(/\s+/g, " ").trim();
    }

    /** The forms on it: address, method, fields with what stands in them, buttons by their words. */
    forms() {
        return [...this.body.matchAll(/<form\b[^>]*>[\s\S]*?<\/form>/g)].map(([form]) => {
            const head = /^<form\b[^>]*>/.exec(form)[0];
            const fields = [];
            for (const [tag, kind] of form.matchAll(/<(input|select|textarea)\b[^>]*>/g)) {
                const name = attribute(tag, "name");
                if (name === undefined) continue;
                const type = attribute(tag, "type") ?? "text";
                const box = type === "checkbox" || type === "radio";
                const on = !box || attribute(tag, "checked") !== undefined;
                fields.push({ name, value: attribute(tag, "value") ?? "", on, kind: box ? type : kind });
            }
            for (const [, tag, inside] of form.matchAll(/(<select\b[^>]*>)([\s\S]*?)<\/select>/g)) {
                const options = [...inside.matchAll(/(<option\b[^>]*>)([^<]*)/g)];
                const chosen = options.find(([, option]) => attribute(option, "selected") !== undefined) ?? options[0];
                const field = fields.find((one) => one.kind === "select" && one.name === attribute(tag, "name") && !one.options);
                field.value = chosen ? attribute(chosen[1], "value") : "";
                field.options = options.map(([, option, words]) => [attribute(option, "value"), plain(words)]);
            }
            for (const [, tag, inside] of form.matchAll(/(<textarea\b[^>]*>)([\s\S]*?)<\/textarea>/g)) {
                fields.find((one) => one.kind === "textarea" && one.name === attribute(tag, "name")).value = plain(inside);
            }
            const buttons = [...form.matchAll(/(<button\b[^>]*>)([\s\S]*?)<\/button>/g)].map(([, tag, inside]) => ({
                name: attribute(tag, "name"),
                value: attribute(tag, "value") ?? "",
                words: plain(inside.replace(/<[^>]*>/g, "")).trim(),
            }));
            return { action: new URL(attribute(head, "action") ?? "", this.url), method: attribute(head, "method"), fields, buttons };
        });
    }

    /** The form whose address ends so. */
    form(ending) {
        const found = this.forms().find((form) => form.action.pathname.endsWith(ending));
        if (!found) throw new Error(`no form ${ending} at ${this.url.pathname} (${this.status}): ${this.text.slice(0, 600)}`);
        return found;
    }
}

/** A browser of one person. */
export class Visitor {
    cookies = new Map();

    constructor(name) {
        this.name = name;
    }

    get(address) {
        return this.#go(address, "GET");
    }

    /** A file, as bytes. */
    async download(address) {
        const answer = await fetch(address, { headers: this.#headers(new URL(address)), redirect: "manual" });
        if (answer.status !== 200) throw new Error(`${address}: ${answer.status}`);
        return Buffer.from(await answer.arrayBuffer());
    }

    /** Fills in a form of a page and sends it. A list gives a field that stands there several times. */
    send(page, form, typed = {}, button = {}) {
        const sent = new URLSearchParams();
        const seen = new Map();
        for (const field of form.fields) {
            const given = typed[field.name];
            const index = seen.get(field.name) ?? 0;
            seen.set(field.name, index + 1);
            if (field.kind === "radio" && given !== undefined) {
                if (field.value === given) sent.append(field.name, given);
            } else if (Array.isArray(given)) {
                sent.append(field.name, given[index] ?? field.value);
            } else if (given !== undefined || field.on) {
                sent.append(field.name, given ?? field.value);
            }
        }
        for (const name of Object.keys(typed)) {
            if (!seen.has(name)) throw new Error(`the form ${form.action.pathname} has no field ${name}`);
        }
        for (const [name, value] of Object.entries(button)) sent.append(name, value);
        return this.#go(form.action, "POST", sent, page.url.origin);
    }

    async #go(address, method, form, origin) {
        let url = new URL(address);
        for (let hops = 0; hops < 12; hops += 1) {
            const headers = this.#headers(url);
            if (form) headers.origin = origin;
            const answer = await fetch(url, { method, headers, body: form, redirect: "manual" });
            for (const one of answer.headers.getSetCookie()) this.#keep(this.#jar(url), one);
            const body = await answer.text();
            const to = answer.headers.get("location");
            if (answer.status < 300 || answer.status > 399 || !to) return new Page(url, answer.status, body);
            url = new URL(to, url);
            [method, form] = ["GET", undefined];
        }
        throw new Error(`${address} leads round and round`);
    }

    #headers(url) {
        return { cookie: [...this.#jar(url)].map(([name, value]) => `${name}=${value}`).join("; ") };
    }

    /** Cookies know hosts, not ports; the portal and the cloud live on two names. */
    #jar(url) {
        if (!this.cookies.has(url.hostname)) this.cookies.set(url.hostname, new Map());
        return this.cookies.get(url.hostname);
    }

    #keep(jar, header) {
        const [pair, ...rest] = header.split(";").map((part) => part.trim());
        const at = pair.indexOf("=");
        const gone = rest.some((part) => /^max-age=0$/i.test(part)) || pair.length === at + 1;
        if (gone) jar.delete(pair.slice(0, at));
        else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
}
