// The customers of the demo and how each came to stand where he stands. All are invented.
//
// `came`: how many days ago he was added. `story`: what happened then, see stories.mjs. `later`: what happened since,
// by days ago. The first of the list are made first, and alone where DEMO_CUSTOMERS is small.

const EMMA = "Emma Bakker";
const FRANK = "Frank Mulder";
const FIRST_LINE = "I take over the first line for this customer.";
const SECOND_LINE = "Second line: investigations that need live response.";
const COVER = "I cover for a colleague next week.";

const pending = (who, tier, why) => ({ act: "asks", who, tier, why });
const granted = (who, tier, why) => ({ act: "asks", who, tier, why, by: "Carla Jansen" });

export const CONTOSO_CUSTOMERS = [
    { name: "Woodgrove Bank", domain: "woodgrovebank.example", manager: EMMA, tags: ["finance", "gold"], came: 330, story: "onboarded",
      notes: "Quarterly meeting with the CISO.", later: { 40: granted("Chloe Martin", 1, COVER), 6: pending("Dirk Smit", 1, FIRST_LINE), 0.6: pending("Elif Kaya", 2, SECOND_LINE) } },
    { name: "Lamna Healthcare", domain: "lamnahealthcare.example", manager: EMMA, tags: ["health"], came: 3, story: "anotherProvider" },
    { name: "Proseware", domain: "proseware.example", manager: FRANK, came: 1, story: "added" },
    { name: "Litware", domain: "litware.example", manager: FRANK, tags: ["retail"], came: 9, story: "asked" },
    { name: "Trey Research", domain: "treyresearch.example", manager: EMMA, came: 4, story: "halfDone" },
    { name: "Northwind Traders", domain: "northwindtraders.example", manager: EMMA, tags: ["retail"], came: 300, story: "onboarded", later: { 2: { act: "drifts" } } },
    { name: "Tailspin Toys", domain: "tailspintoys.example", manager: FRANK, tags: ["retail"], came: 270, story: "onboarded", later: { 1.5: { act: "withdraws" } } },
    { name: "Fourth Coffee", domain: "fourthcoffee.example", manager: FRANK, licences: ["SPB"], came: 12, story: "blocked",
      notes: "Business Premium; the customer asks his reseller for Entra ID P2." },
    { name: "Humongous Insurance", domain: "humongousinsurance.example", manager: EMMA, tags: ["finance", "gold"], rbac: "classic", came: 240, story: "onboarded",
      later: { 12.8: pending("Elif Kaya", 2, SECOND_LINE) } },
    { name: "Adventure Works", domain: "adventureworks.example", manager: FRANK, came: 20, story: "asked", later: { 10: { act: "pauses", reason: "Contract is being renegotiated; back on 1 December." } } },
    { name: "Wingtip Toys", domain: "wingtiptoys.example", manager: FRANK, came: 2, story: "failed" },
    { name: "Alpine Ski House", domain: "alpineskihouse.example", manager: EMMA, came: 2, story: "planned" },
    { name: "Coho Winery", domain: "cohowinery.example", manager: FRANK, came: 5, story: "approved" },
    { name: "Blue Yonder Airlines", domain: "blueyonderairlines.example", manager: EMMA, tags: ["gold"], came: 3, story: "applied" },
    { name: "Gemeente Rozendal", domain: "rozendal.example", admin: "Saskia de Groot", manager: EMMA, tags: ["public"], came: 6, story: "seated" },
    { name: "Relecloud", domain: "relecloud.example", manager: FRANK, came: 7, story: "invitesClosed" },
    { name: "Fabrikam Fibers", domain: "fabrikamfibers.example", manager: EMMA, came: 8, story: "declared" },
    { name: "Contoso Pharmaceuticals", domain: "contosopharma.example", manager: EMMA, tags: ["health", "gold"], came: 200, story: "onboarded",
      keepsWriting: true, later: { 3: pending("Finn de Boer", 1, FIRST_LINE) } },
    { name: "Consolidated Messenger", domain: "consolidatedmessenger.example", manager: FRANK, came: 180, story: "onboarded", later: { 0.9: { act: "loses" } } },
    { name: "City Power & Light", domain: "citypowerlight.example", manager: EMMA, tags: ["energy", "gold"], came: 160, story: "onboarded",
      later: { 9: pending("Chloe Martin", 1, COVER), 8: granted("Finn de Boer", 2, SECOND_LINE) } },
    { name: "Lucerne Publishing", domain: "lucernepublishing.example", manager: FRANK, came: 140, story: "onboarded" },
    { name: "Margie's Travel", domain: "margiestravel.example", manager: FRANK, came: 120, story: "onboarded", later: { 0.1: pending("Dirk Smit", 1, FIRST_LINE) } },
    { name: "Graphic Design Institute", domain: "graphicdesigninstitute.example", manager: EMMA, came: 100, story: "onboarded" },
    { name: "School of Fine Art", domain: "fineartschool.example", manager: EMMA, tags: ["public"], came: 90, story: "onboarded", later: { 60: { act: "withdraws" } } },
    { name: "Southridge Video", domain: "southridgevideo.example", manager: FRANK, came: 75, story: "onboarded" },
    { name: "Tulpenbank", domain: "tulpenbank.example", admin: "Marieke Tulp", manager: EMMA, tags: ["finance"], came: 60, story: "onboarded",
      later: { 4: pending("Carla Jansen", 1, "I want to look along with the analysts."), 0.02: pending("Ben Okafor", 1, FIRST_LINE) } },
    { name: "Trey Foods", domain: "treyfoods.example", manager: FRANK, came: 45, story: "onboarded" },
    { name: "VanArsdel", domain: "vanarsdel.example", manager: EMMA, came: 30, story: "onboarded", later: { 12: pending("Elif Kaya", 2, SECOND_LINE) } },
    { name: "Wide World Importers", domain: "wideworldimporters.example", manager: FRANK, tags: ["retail"], came: 16, story: "onboarded" },
    { name: "Munson's Pickles", domain: "munsonspickles.example", manager: FRANK, came: 0.2, story: "added" },
];

/** What Defender has raised where. */
const ALERTS = {
    "Woodgrove Bank": [
        ["high", "new", "Suspicious sign-in followed by mailbox rule", 5],
        ["medium", "inProgress", "Unusual volume of file deletion", 26],
        ["low", "resolved", "Malware was detected and blocked", 50],
    ],
    "Humongous Insurance": [["high", "inProgress", "Credential access tool on a server", 70]],
    "City Power & Light": [["low", "new", "Unfamiliar sign-in properties", 3], ["informational", "new", "New device joined", 9]],
    "Margie's Travel": [["medium", "new", "Password spray against several accounts", 11]],
};
for (const one of CONTOSO_CUSTOMERS) {
    if (ALERTS[one.name]) one.later = { ...one.later, 0.3: { act: "alerted", alerts: ALERTS[one.name] } };
}

/** Fabrikam's: two of its own, and one directory that is a customer of both. */
export const FABRIKAM_CUSTOMERS = [
    { name: "Lamna Healthcare", domain: "lamnahealthcare.example", manager: "Peter Lang", came: 170, story: "predecessor" },
    { name: "Nod Publishers", domain: "nodpublishers.example", manager: "Peter Lang", came: 110, story: "onboarded" },
    { name: "First Up Consultants", domain: "firstupconsultants.example", manager: "Peter Lang", came: 5, story: "asked" },
];
