// Who plays: two providers with their people, and customers as many as are asked for. All are invented.
import { addressOf } from "../../scripts/demo-world/cast.mjs";

const FIRST = ["Ada", "Ben", "Chloe", "Dirk", "Elif", "Finn", "Gita", "Hugo", "Iris", "Jonas", "Kaja", "Liam", "Mira", "Noor", "Otto", "Pia", "Ravi", "Sofie", "Tom", "Uma"];
const LAST = ["Vermeer", "Okafor", "Martin", "Smit", "Kaya", "de Boer", "Rao", "Lindt", "Berg", "Vos"];
const PLACES = ["Alpine", "Baltic", "Cedar", "Delta", "Ember", "Fjord", "Garnet", "Harbour", "Indigo", "Juniper"];
const TRADES = ["Bank", "Clinic", "Foods", "Logistics", "Media", "Mills", "Museum", "Power", "Schools", "Traders"];

const analysts = (many) =>
  Array.from({ length: many }, (_, at) => `${FIRST[at % FIRST.length]}${at < FIRST.length ? "" : Math.floor(at / FIRST.length)} ${LAST[at % LAST.length]}`);
const staff = (domain, people) => people.map(([name, ...roles]) => ({ name, roles, address: addressOf(name, domain) }));

/** Microsoft's example names. */
export const EXAMPLE = { approvers: "MSSP Analyst Approvers", catalog: "MSSP Accesses", tier: (at) => `Tier ${at} Analyst` };

/** The provider whose year it is. */
export const contoso = (many) => ({
  slug: "contoso",
  name: "Contoso SOC",
  domain: "contoso.example",
  language: "en",
  names: EXAMPLE,
  staff: staff("contoso.example", [
    ["Anna de Wit", "admin"],
    ["Bram Visser", "onboarding"],
    ["Carla Jansen", "approver"],
    ["Daniel Brooks", "approver"],
    ["Emma Bakker", "account-manager"],
    ["Grace Hill", "auditor"],
  ]),
  analysts: {
    name: "Contoso SOC Analysts",
    domain: "contoso-soc.example",
    approvers: ["Carla Jansen", "Daniel Brooks"],
    analysts: analysts(many),
  },
});

/** Another provider, with some of the same directories as customers, and names and rules of his own. */
export const fabrikam = (many) => ({
  slug: "fabrikam",
  name: "Fabrikam Defense",
  domain: "fabrikam.example",
  language: "en",
  names: { approvers: "Fabrikam Approvers", catalog: "Fabrikam Access", tier: (at) => `Fabrikam Tier ${at}` },
  /** Access by his packages ends after so many days. */
  days: 120,
  staff: staff("fabrikam.example", [
    ["Olivia Grant", "admin", "onboarding"],
    ["Petra Lang", "approver", "account-manager"],
    ["Quinn Adams", "approver"],
  ]),
  analysts: {
    name: "Fabrikam Analysts",
    domain: "fabrikam-soc.example",
    approvers: ["Petra Lang", "Quinn Adams"],
    analysts: analysts(many),
  },
});

/** Customers; every third lets us go on writing. */
export function customers(many) {
  return Array.from({ length: many }, (_, at) => {
    const round = Math.floor(at / 100) || "";
    const name = `${PLACES[at % 10]} ${TRADES[(at + Math.floor(at / 10)) % 10]}${round}`;
    return {
      name,
      domain: `${name.toLowerCase().replaceAll(" ", "")}.example`,
      admin: "Kim Administrator",
      manager: "Emma Bakker",
      tags: [at % 2 ? "gold" : "silver"],
      keepsWriting: at % 3 === 0,
      rbac: "unified",
    };
  });
}
