// Who plays in the demo: two providers with their people, and the people of every customer. All are invented.

/** Roles as the sign-in app of a provider names them. */
export const ROLES = ["admin", "onboarding", "approver", "account-manager", "auditor"];

/** The address a name has in a domain. */
export const addressOf = (name, domain) => `${name.split(" ")[0].toLowerCase()}@${domain}`;

const staff = (domain, people) =>
    people.map(([name, ...roles]) => ({ name, roles, address: addressOf(name, domain) }));

export const CONTOSO = {
    slug: "contoso",
    name: "Contoso SOC",
    domain: "contoso.example",
    language: "en",
    // Of Teams; it is told everything.
    channel: "SOC shift",
    staff: staff("contoso.example", [
        ["Anna de Wit", "admin"],
        ["Bram Visser", "onboarding"],
        ["Carla Jansen", "approver"],
        ["Daniel Brooks", "approver"],
        ["Emma Bakker", "account-manager"],
        ["Frank Mulder", "account-manager"],
        ["Grace Hill", "auditor"],
    ]),
    analysts: {
        name: "Contoso SOC Analysts",
        domain: "contoso-soc.example",
        // Those who approve, and those who ask.
        approvers: ["Carla Jansen", "Daniel Brooks"],
        analysts: ["Ada Vermeer", "Ben Okafor", "Chloe Martin", "Dirk Smit", "Elif Kaya", "Finn de Boer"],
    },
};

export const FABRIKAM = {
    slug: "fabrikam",
    name: "Fabrikam Defense",
    domain: "fabrikam.example",
    language: "en",
    staff: staff("fabrikam.example", [
        ["Olivia Grant", "admin", "onboarding"],
        ["Peter Lang", "approver", "account-manager"],
    ]),
    // Its analysts live in the directory its staff sign in with.
    analysts: { domain: "fabrikam.example", approvers: ["Peter Lang"], analysts: ["Quinn Adams", "Rosa Diaz"] },
};

/** Lines that tell who can sign in. */
export function who(url) {
    const lines = [];
    for (const provider of [CONTOSO, FABRIKAM]) {
        lines.push("", `${provider.name}   ${url}/p/${provider.slug}`);
        for (const role of ROLES) {
            const names = provider.staff.filter((one) => one.roles.includes(role)).map((one) => one.name);
            if (names.length > 0) lines.push(`  ${role.replace("-", " ").padEnd(16)} ${names.join(", ")}`);
        }
    }
    return lines;
}
