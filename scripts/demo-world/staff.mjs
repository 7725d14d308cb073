// A provider's employee at the portal: signs in through Entra when asked to, fills in the portal's forms.
import { Visitor } from "./visitor.mjs";

export class Employee extends Visitor {
    constructor(portal, provider, name) {
        super(name);
        this.portal = portal;
        this.provider = provider;
    }

    /** Signs in through the provider's own authority, by picking the name there. */
    async signIn() {
        const picking = await this.get(`${this.portal}/p/${this.provider}/go?back=/`);
        const form = picking.forms().find((one) => one.buttons.some((button) => button.words.startsWith(this.name)));
        if (!form) throw new Error(`${this.name} is not on the sign-in page: ${picking.text.slice(0, 300)}`);
        const button = form.buttons.find((one) => one.words.startsWith(this.name));
        const page = await this.send(picking, form, {}, { [button.name]: button.value });
        if (page.status !== 200 || page.url.origin !== new URL(this.portal).origin) {
            throw new Error(`${this.name} cannot sign in: ${page.status} ${page.url} ${page.text.slice(0, 300)}`);
        }
    }

    /** A page of the portal; a session that ended is begun anew. */
    async open(path) {
        let page = await this.get(this.portal + path);
        if (page.url.pathname === "/sign-in") {
            // Several errands of one person find out together; one signs in.
            this.signingIn ??= this.signIn().finally(() => (this.signingIn = undefined));
            await this.signingIn;
            page = await this.get(this.portal + path);
        }
        if (page.status !== 200) throw new Error(`${this.name} at ${path}: ${page.status} ${page.text.slice(0, 300)}`);
        return page;
    }

    /** Opens a page and sends one of its forms; answers the page that follows. */
    async fill(path, ending, typed = {}) {
        const page = await this.open(path);
        return this.submit(page, page.form(ending), typed);
    }

    async submit(page, form, typed = {}) {
        const next = await this.send(page, form, typed);
        if (next.status !== 200) {
            throw new Error(`${this.name} at ${form.action.pathname}: ${next.status} ${next.text.slice(0, 800)}`);
        }
        return next;
    }
}
