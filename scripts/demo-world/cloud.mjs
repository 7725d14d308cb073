// The simulated cloud's control interface: what customers do by hand in their own tenants, and time.

const EM = "/identityGovernance/entitlementManagement";

export class Cloud {
    constructor(url) {
        this.url = url;
    }

    async control(method, path, body) {
        const headers = body === undefined ? {} : { "content-type": "application/json" };
        const sent = body === undefined ? undefined : JSON.stringify(body);
        // Defender answers some writes with a redirect, which is an answer here.
        const answer = await fetch(`${this.url}/sim${path}`, { method, headers, body: sent, redirect: "manual" });
        const text = await answer.text();
        if (answer.status >= 400) throw new Error(`${method} /sim${path}: ${answer.status} ${text}`);
        return text === "" || text === "ready" ? null : JSON.parse(text);
    }

    /** Declares a tenant; answers it with every id filled in. */
    async tenant(tenant) {
        return (await this.control("POST", "/world", { tenants: [tenant] })).tenants[0];
    }

    offset(seconds) {
        return this.control("POST", "/clock", { offsetSeconds: Math.round(seconds) });
    }

    async behind() {
        return -(await this.control("GET", "/clock")).offsetSeconds;
    }

    advance(seconds) {
        return this.control("POST", "/clock", { advanceSeconds: Math.round(seconds) });
    }

    set(tenant, facts) {
        return this.control("POST", `/tenants/${tenant}/set`, facts);
    }

    /** The customer's administrator deletes an enterprise application. */
    withdraw(tenant, appId) {
        return this.control("POST", `/tenants/${tenant}/consent`, { appId, grant: false });
    }

    /** Any call of Graph by somebody of the tenant who may do everything. */
    byHand(tenant, method, path, body = null) {
        return this.control("POST", `/tenants/${tenant}/graph`, { method, path, body });
    }

    /** A security group, made by hand. */
    group(tenant, displayName, description) {
        const mailNickname = displayName.replaceAll(" ", "");
        const group = { displayName, description, mailNickname, mailEnabled: false, securityEnabled: true };
        return this.byHand(tenant, "POST", "/groups", group);
    }

    catalog(tenant, displayName, description) {
        const catalog = { displayName, description, state: "published", isExternallyVisible: true };
        return this.byHand(tenant, "POST", `${EM}/catalogs`, catalog);
    }

    /** A guest's or member's seat in a group. */
    seat(tenant, group, person) {
        const body = { "@odata.id": `${this.url}/v1.0/directoryObjects/${person}` };
        return this.byHand(tenant, "POST", `/groups/${group}/members/$ref`, body);
    }

    /** The tenant as the simulation holds it. */
    async inside(tenant) {
        const { tenants } = await this.control("GET", "/world");
        return tenants.find((one) => one.id === tenant);
    }

    /** Somebody asks for a package in My Access; answers the request's id. */
    async ask(tenant, who, name, justification) {
        const ask = { package: name, homeTenant: who.home, userPrincipalName: who.address, justification };
        return (await this.control("POST", `/tenants/${tenant}/ask`, ask)).id;
    }

    decide(tenant, request, by, approve = true, justification = "Known to us, works on this contract.") {
        return this.control("POST", `/tenants/${tenant}/requests/${request}/decide`, { approve, by, justification });
    }

    fault(fault) {
        return this.control("POST", "/faults", fault);
    }
}
