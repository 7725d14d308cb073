customers-title = Klanten
customers-add = Klant toevoegen
customers-search-hint = Naam, domein, tag of contact
customers-column-name = Klant
customers-column-move = Wie is aan zet
customers-column-state = Status
customers-column-since = Sinds
customers-column-steps = Stappen
customers-column-requests = Open aanvragen
customers-column-expiry = Eerste afloop
customers-column-manager = Accountmanager
customers-column-age = Laatst gelezen
customers-steps = { $done } van { $total }
customers-mine = Mijn klant
customers-paused = Gepauzeerd
customers-tag = Tag
customers-tags = Tags
customers-tags-help = Gescheiden door komma's; hoogstens 12 van 40 tekens. Op tags kunt u zoeken en filteren.
customers-tags-too-many = Er passen hoogstens 12 tags. Verwijder er een paar.
customers-tags-too-long = Een tag heeft hoogstens 40 tekens. Maak hem korter.
customers-sort = Sorteren
customers-sort-mine = Mijn klanten eerst
customers-sort-name = Naam
customers-sort-since = Wacht het langst
customers-sort-expiry = Loopt het eerst af
customers-filter-any = Alle
customers-filter-me = Ik
customers-filter-pause = Pauze
customers-filter-paused = Gepauzeerd
customers-filter-not-paused = Niet gepauzeerd
customers-none = Nog geen klanten
customers-none-what = Voeg de eerste toe met het domein; u ziet wat er is gevonden voordat er iets wordt bewaard.
customers-none-found = Geen klant voldoet
customers-none-found-what = Wijzig het filter, of toon weer alle klanten.
customers-show-all = Alles tonen
customers-never-read = nooit
customers-state-new = Nieuw
customers-state-consent-wanted = Wacht op toestemming
customers-state-reading = Wordt gelezen
customers-state-blocked = Geblokkeerd
customers-state-questions-open = Vragen open
customers-state-plan-ready = Plan ter goedkeuring
customers-state-operator-wanted = Wacht op toestemming om te schrijven
customers-state-running = Wordt ingericht
customers-state-manual-step = Handmatige stap
customers-state-failed = Stap mislukt
customers-state-onboarded = Aangesloten
customers-state-drifted = Afgeweken
customers-state-consent-lost = Toestemming vervallen
customers-next-send-link = Stuur de klant de toestemmingskoppeling voor lezen.
customers-next-consent = De beheerder van de klant opent de toestemmingskoppeling.
customers-next-consent-again = De toestemming voor lezen is weg. Stuur een nieuwe koppeling en vraag de beheerder van de klant waarom.
customers-add-lead = Typ een domein van de klant of de Entra-tenant-id. Nu wordt alleen het openbare aanmelddocument van Microsoft gelezen.
customers-add-domain = Domein of Entra-tenant-id
customers-add-domain-help = Bijvoorbeeld het deel na de @ van een adres van de klant. Een verkeerde directory zou elke koppeling breken; daarom ziet u wat is gevonden voordat het wordt bewaard.
customers-add-find = Opzoeken
customers-add-this = Deze klant toevoegen
customers-found = Is dit de klant?
customers-found-lead = Vergelijk de Entra-tenant-id met wat de klant u heeft gegeven.
customers-domain = Domein
customers-region = Regio
customers-told-name = Naam bij Microsoft
customers-name = Naam in deze portal
customers-name-help-verified = Staat op elke pagina. U mag een andere kiezen dan die van Microsoft.
customers-name-help-unverified = De naam was vóór toestemming niet te lezen; tot dan staat hij als niet gecontroleerd.
customers-name-wrong = Een naam heeft 1 tot 200 tekens.
customers-refused-malformed = Dit is geen domein en geen Entra-tenant-id. Een domein heeft een punt en geen spatie, zoals het deel na de @ van een mailadres.
customers-refused-no-such-tenant = Microsoft kent geen directory met dit domein of deze id. Controleer de spelling bij de klant.
customers-refused-another-cloud = Deze directory staat in een andere Microsoft-cloud ({ $cloud }). Deze portal kan hem niet bedienen.
customers-refused-unreachable = De aanmelding van Microsoft antwoordt nu niet. Er is niets bewaard; probeer het over een minuut opnieuw.
customers-refused-ours = Deze directory is al een klant van u. Zoek hem in de lijst; ziet u hem niet, vraag uw beheerder om inzage.
customers-tabs = Pagina's van deze klant
customers-tab-overview = Overzicht
customers-tab-onboarding = Onboarding
customers-tab-consent = Toestemming
customers-tab-requests = Aanvragen
customers-tab-details = Gegevens
customers-check-now = Nu lezen
customers-paused-by = Sinds { $at } door { $by }:
customers-go-on = Verder
customers-links = Aanvraagkoppelingen
customers-links-none = De toegangspakketten zijn er nog niet; hun koppelingen verschijnen hier.
customers-links-lead = Duurzaam: ze blijven gelijk voor elke latere analist.
customers-link-open = Openen in Mijn toegang
customers-link-dead = Pakket is weg
customers-portals = In de directory van de klant
customers-portal-my-access = Mijn toegang: aanvragen en goedkeuringen
customers-portal-defender = Defender-portal
customers-portal-entra = Entra-beheercentrum
customers-consents = Toestemming
customers-consents-none = Nog niet gecontroleerd.
customers-people = Mensen en notities
customers-notes = Notities
customers-edit = Bewerken
customers-contacts = Contactpersonen bij de klant
customers-contact = Contactpersoon
customers-contact-name = Naam
customers-contact-role = Functie
customers-contact-mail = E-mail
customers-contact-phone = Telefoon
customers-pause = Pauze
customers-pause-lead = Een gepauzeerde klant wordt niet gelezen en er wordt niets toegepast. Hij blijft in elke lijst staan, met uw reden.
customers-pause-reason = Reden
customers-pause-reason-help = Iedereen die deze klant ziet, leest dit.
customers-pause-reason-missing = Zeg waarom, zodat collega's het niet hoeven te vragen.
customers-pause-now = Deze klant pauzeren
customers-resume = Pauze beëindigen
customers-consent-title = Toestemming van de klant
customers-consent-lead = De beheerder van de klant opent de koppeling in de eigen browser en ziet precies deze machtigingen. Wat telt, is wat het tokeneindpunt van Microsoft daarna zegt.
customers-consent-permissions = Machtigingen die dit vraagt
customers-consent-missing-list = Ontbreekt:
customers-consent-make-link = Toestemmingskoppeling maken
customers-consent-link-made = Hier is de koppeling.
customers-consent-link-once = Ze is 14 dagen geldig. Ze blijft te zien tot u deze pagina verlaat; daarna kan alleen een nieuwe worden gemaakt.
customers-consent-link-open = Er is een koppeling uit tot { $until }. Ze wordt alleen bij het maken getoond.
customers-consent-mail-ready = Mailtekst om te kopiëren
customers-consent-mail-reader = Beste beheerder van { $customer },

    { $provider } vraagt uw toestemming voor zijn leesapp. De app leest wat in uw directory voor onze analisten is ingericht en welke toegangsaanvragen wachten. De app wijzigt niets.

    Open deze koppeling als globale beheerder of beheerder van bevoorrechte rollen, lees de machtigingen en accepteer. De koppeling is 14 dagen geldig:
    { $link }

    Met vriendelijke groet,
    { $provider }
customers-consent-mail-operator = Beste beheerder van { $customer },

    { $provider } vraagt uw toestemming voor zijn schrijfapp. Daarmee voeren wij het goedgekeurde plan uit: groepen, een verbonden organisatie, een catalogus en toegangspakketten, waarmee onze analisten toegang aanvragen en weer verliezen. De app is alleen zolang nodig.

    Open deze koppeling als globale beheerder of beheerder van bevoorrechte rollen, lees de machtigingen en accepteer. De koppeling is 14 dagen geldig:
    { $link }

    Zodra wij melden dat het plan is uitgevoerd, verwijder de app dan weer: Entra-beheercentrum, Bedrijfstoepassingen, de app, Eigenschappen, Verwijderen. Wat is ingericht, blijft.

    Met vriendelijke groet,
    { $provider }
customers-consent-checked = gecontroleerd { $age }
customers-consent-remove = Tussen uitvoeringen hoeft er niets te worden geschreven: vraag de beheerder van de klant deze app weer te verwijderen.
customers-consent-remove-link = De app in het Entra-beheercentrum van de klant
customers-consent-unknown = Niet gecontroleerd
customers-consent-missing = Niet gegeven
customers-consent-partial = Onvolledig
customers-consent-granted = Gegeven
customers-consent-lost = Ingetrokken
customers-consent-rests = Nu niet nodig
customers-app-reader = Leesapp
customers-app-reader-what = Genoeg om te zien wat er is, aanvragen te volgen en te waarschuwen. Deze app wijzigt niets.
customers-app-operator = Schrijfapp
customers-app-operator-what = Alleen nodig terwijl een plan wordt uitgevoerd. Daarna verwijdert de klant de app weer; alleen lezen is een gezonde toestand.
customers-app-not-ready-title = App niet ingericht
customers-app-not-ready-what = Deze app van uw provider heeft nog geen client-id of certificaat. Er kan geen koppeling worden gemaakt.
customers-app-not-ready-fix = Uw beheerder is aan zet: maak de app af onder Beheer.
customers-thanks = Dank u
customers-thanks-declined-title = Er is niets geaccepteerd
customers-thanks-what = De portal van uw provider controleert de toestemming nu bij Microsoft. U hoeft hier niets meer te doen.
customers-thanks-declined = Er is ook niets gewijzigd. Was dat niet de bedoeling, open de koppeling dan opnieuw.
customers-thanks-close = U kunt dit venster sluiten.
customers-next-reading = De directory wordt gelezen; het plan volgt.
customers-domain-unknown = Nog niet bekend.
customers-domain-unknown-why = De directory van de klant vertelt het zodra die toestemming voor lezen heeft gegeven; de koppeling naar Mijn toegang volgt dan.
customers-contacts-too-many = Er passen hoogstens 20 contactpersonen. Laat er een paar weg; er is niets bewaard.
customers-contacts-too-long = In elk veld passen hoogstens 120 tekens. Maak het korter; er is niets bewaard.
customers-contacts-no-name = Een contactpersoon heeft een naam nodig. Vul die in, of maak de hele rij leeg; er is niets bewaard.
customers-contacts-mail-wrong = Een van de mailadressen is geen mailadres. Verbeter het of laat het leeg; er is niets bewaard.
customers-domain-unknown-row = domein nog niet bekend
customers-name-missing = Geef de klant een naam: vóór toestemming waren naam noch domein te lezen.
customers-consent-since = sinds { $span }
customers-next-consent-declined = De beheerder van de klant heeft geweigerd. Vraag wat onduidelijk was en stuur de koppeling dan opnieuw.
customers-consent-declined-on = Geweigerd op { $at }.
customers-refused-sign-in = Dit is de directory waarmee uw eigen medewerkers zich aanmelden. Een klant is een ander: er is niets toegevoegd.
customers-refused-analysts = Dit is de directory van uw eigen analisten, die toegang tot klanten aanvragen. Die kan geen klant zijn: er is niets toegevoegd.
customers-thanks-already = De toestemming was al bij Microsoft bewezen. U hoeft hier niets meer te doen.
customers-thanks-unknown = Deze koppeling is niet bekend
customers-thanks-unknown-what = Ze hoort bij geen open toestemmingskoppeling of is ouder dan 14 dagen; er wordt dus niets gecontroleerd. Vraag uw provider om een nieuwe koppeling.
customers-thanks-noted = Uw provider weet nu dat de toestemming is geweigerd.
customers-app-approver = Goedkeurdersapp
customers-app-approver-what = Laat een goedkeurder hier met zijn eigen account over de aanvragen van deze klant beslissen. Uit zichzelf mag de app niets.
customers-consent-mail-approver = Beste beheerder van { $customer },

    { $provider } vraagt uw toestemming voor zijn goedkeurdersapp. Daarmee beslissen onze goedkeurders in onze portal over toegangsaanvragen, ieder met zijn eigen account en alleen waar u hem tot goedkeurder hebt gemaakt. Uit zichzelf mag de app niets in uw directory.

    Open deze koppeling als globale beheerder of beheerder van bevoorrechte rollen, lees de machtigingen en accepteer. De koppeling is 14 dagen geldig:
    { $link }

    Met vriendelijke groet,
    { $provider }
