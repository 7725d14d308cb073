access-title = Toegang
access-parts = Weergaven van toegang
access-people = Personen
access-people-tab = Personen
access-expiring = Loopt af
access-calendar = Kalender
access-reviews = Beoordelingen
access-matrix = Matrix
access-links = Koppelingen
access-leavers = Vertrekkers
access-people-lead = Iedereen met toegang tot een klant. Eén persoon is één rij, hoe zijn accounts bij de klanten ook heten.
access-search-hint = Naam of adres
access-who = Wie
access-who-ours = Onze analisten
access-who-others = Anderen
access-sort-name = Naam
access-sort-end = Loopt het eerst af
access-sort-customers = Meeste klanten
access-column-person = Persoon
access-column-customers = Klanten
access-column-held = Pakketten
access-column-next-end = Eerste afloop
access-column-customer = Klant
access-column-package = Toegangspakket
access-column-since = Sinds
access-column-ends = Loopt af
access-column-review = Beoordeling vóór
access-column-state = Status
access-column-ended = Afgelopen
access-column-decide = Verlenging
access-no-end = geen einde
access-other = niet uit onze directory
access-people-none = Nog niemand heeft toegang
access-people-none-what = Zodra iemands aanvraag bij een klant is geleverd, staat hij hier met de klanten waartoe hij toegang heeft.
access-none-found = Niemand voldoet
access-none-found-what = Wijzig het filter, of toon weer iedereen.
access-held-none = Hij heeft niets
access-held-none-what = Hij heeft geen pakket bij de klanten die u ziet.
access-ended-none = Niets is afgelopen
access-ended-none-what = Toegang die afloopt, blijft hier staan.
access-show-held = Wat hij heeft
access-show-ended = Wat is afgelopen
access-same-day = als de afloop
access-review-open = wordt nu beoordeeld
access-extension = Verlenging aangevraagd
access-extension-left = Verlenging aangevraagd: { $left }
access-extension-decide = Beslissen
access-state-delivered = Geleverd
access-state-delivering = Wordt geleverd
access-state-partiallydelivered = Deels geleverd
access-state-deliveryfailed = Levering mislukt
access-state-expired = Afgelopen
access-person-who = Wie hij is
access-person-who-lead = Accounts worden samengenomen op hun adres binnen onze eigen organisatie. Niemand krijgt er toegang door. Wie een persoon overal verwijdert, verwijdert al zijn accounts, en krijgt elk daarvan vooraf te zien.
access-person-alone = Hij komt niet uit onze directory en wordt daarom met niemand samengenomen.
access-everywhere = bij elke klant
access-at = bij { $customer }
access-said = Gezegd door { $who } op { $at }: “{ $why }”
access-split = Dit is iemand anders
access-split-lead = Een account dat van iemand anders is, wordt een eigen persoon.
access-split-which = Welk account
access-merge = Dezelfde persoon
access-merge-lead = Zoek de andere vermelding. Alles van hem, nu en later, staat dan hier.
access-merge-this = Hiermee samenvoegen
access-why = Reden
access-why-missing = Zeg waarom; de reden blijft in het auditlogboek.
access-refused = Dit kan hier niet worden gezegd
access-refused-view = Wie wie is geldt voor elke klant, en u ziet er maar een deel van.
access-links-of = Koppelingen voor deze persoon
access-leave = Overal verwijderen
access-leave-lead = Alles hieronder eindigt: { $count ->
    [one] één pakket
   *[other] { $count } pakketten
    } bij de klanten die u ziet. Niets wordt vanzelf hersteld; wie weer toegang nodig heeft, moet die aanvragen.
access-leave-how = Waar de klant toestemming voor de schrijfapp heeft gegeven, verwijdert de portal de toegang en leest daarna of die weg is. Elders staat in het verslag precies wat de beheerder van de klant moet doen, en de portal ziet wanneer dat is gebeurd, als die daar mag lezen. Wat hij in de komende 30 dagen nog krijgt, of eerder heeft aangevraagd, wordt ook verwijderd.
access-leave-called-lead = Zijn klanten noemen hem niet allemaal hetzelfde. Ga na of u hem bedoelt.
access-leave-called = { $who }: { $customers ->
    [one] één klant
   *[other] { $customers } klanten
}
access-leave-limited = Het gaat alleen om de klanten die u ziet. Vraag voor de andere iemand die alles ziet.
access-leave-more = En meer op de pagina van de persoon; ook die worden verwijderd.
access-leave-type = Typ { $address } om te bevestigen
access-leave-typed-wrong = Dat is niet wat erboven staat. Er is niets verwijderd.
access-leave-now = Alles verwijderen
access-leave-nothing = Niets te verwijderen
access-leave-nothing-what = Hij heeft niets bij de klanten die u ziet, of zijn verwijdering is al bezig.
access-leave-nothing-fix = Zie Toegang › Vertrekkers voor wat er bezig is.
access-leaver-told = Verwijdering begonnen op { $at }: { $done } van { $all } weg
access-leavers-lead = Personen die overal zijn verwijderd, en hoever elke verwijdering is. Van elk is er een verslag om te overhandigen.
access-leavers-none = Nog niemand is verwijderd
access-leavers-none-what = Open een persoon onder Personen en kies Overal verwijderen.
access-column-started = Begonnen
access-column-by = Door
access-column-progress = Weg
access-column-left = Resteert
access-progress = { $done } van { $all }
access-left-customer = { $count } bij de klant
access-left-failed = { $count } geweigerd
access-record = Verslag van verwijdering
access-record-why = Reden
access-record-started = Begonnen
access-record-printed = Stand van
access-record-done = Alles is weg, en dat is nagegaan.
access-record-left = { $count ->
    [one] Eén pakket is nog niet weg.
   *[other] { $count } pakketten zijn nog niet weg.
    }
access-record-again = Nu weer kijken
access-column-removal = Verwijdering
access-column-asked = Gevraagd
access-column-verified = Weg gezien
access-looked = gekeken { $age }
access-removal-waiting = Wacht op verwijdering
access-removal-sending = Verstuurd; er wordt op antwoord gewacht
access-removal-asked = Microsoft verwijdert het
access-removal-by-customer = De klant moet het verwijderen
access-removal-failed = Geweigerd door Microsoft
access-removal-verified = Weg
access-way-portal = door de portal
access-way-customer = door de klant
access-way-elsewhere = was al weg
access-steps = Wat de klant moet doen
access-steps-lead = Hij heeft alleen toestemming om te lezen gegeven. Stuur zijn beheerder deze tekst; de portal ziet wanneer het is gedaan.
access-steps-one = Microsoft Entra-beheercentrum › ID-governance › Rechtenbeheer › Toegangspakketten › { $package } › Toewijzingen: selecteer { $who }, Verwijderen.
access-steps-mail = { $who } werkt niet meer bij ons. Beëindig alstublieft deze toegang in uw directory: open het Microsoft Entra-beheercentrum (entra.microsoft.com), ID-governance, Rechtenbeheer, Toegangspakketten. Open elk van deze pakketten, selecteer onder Toewijzingen het account dat erbij staat en kies Verwijderen: { $packages }.
access-column-account = Account
access-leave-requests = Aangevraagd en nog open
access-leave-requests-lead = Weiger wat op een beslissing wacht: goedgekeurd geeft het opnieuw toegang. Wat al is goedgekeurd, kan niet meer worden geweigerd; zodra het er is, verwijdert de portal het ook. Het verslag is niet klaar zolang hiervan iets open is.
access-record-asked = { $count ->
    [one] Eén aanvraag is nog open.
   *[other] { $count } aanvragen zijn nog open.
    }
access-record-part = Begonnen door iemand die maar een deel van de klanten ziet: alleen die klanten vallen eronder.
access-record-view = Alleen de klanten die u ziet staan hier.
access-record-hidden = Bij andere is nog meer open.
access-left-hidden = { $count } bij klanten die u niet ziet
access-removal-paused = Niet verwijderd: de klant is gepauzeerd
access-removal-unseen = De portal mag deze directory niet lezen en kan niet zien of dit weg is. Laat de klant het bevestigen.
access-steps-lead-unseen = De portal heeft daar geen toestemming: die kan het niet verwijderen en niet zien of het weg is. Stuur zijn beheerder deze tekst.
access-steps-lead-paused = De klant is gepauzeerd: de portal verwijdert en leest daar niets. Stuur zijn beheerder deze tekst, of beëindig de pauze.
access-steps-mail-seen = Wij zien in onze portal wanneer het is gedaan; u hoeft niet te antwoorden.
access-steps-mail-unseen = Laat ons alstublieft weten wanneer het is gedaan: wij kunnen het zelf niet zien.
access-still-ends = loopt vanzelf af op { $date }
access-expiring-lead = Toegang die afloopt, de eerste afloop bovenaan. Wie langer toegang nodig heeft, vraagt in Mijn toegang een verlenging aan; waar dat is gebeurd, staat het hier.
access-within = Binnen { $days } dagen
access-within-all = Elke afloop
access-on = Loopt af in { $when }
access-expiring-none = Niets loopt in deze tijd af
access-expiring-none-what = Toegang wordt voor beperkte tijd gegeven; zodra een afloop erbinnen valt, staat die hier.
access-calendar-lead = Hoeveel toegang in elke maand afloopt. Een maand leidt naar haar dagen.
access-chart = Toegang die afloopt, per maand
access-month-ends = { $count ->
    [one] één afloop
   *[other] { $count } aflopend
    }
access-month-reviews = { $count ->
    [one] één beoordeling
   *[other] { $count } beoordelingen
    }
access-month-list = Lijst van deze maand
access-month-before = Vorige maand
access-month-after = Volgende maand
access-weekday-1 = ma
access-weekday-2 = di
access-weekday-3 = wo
access-weekday-4 = do
access-weekday-5 = vr
access-weekday-6 = za
access-weekday-7 = zo
access-today = vandaag
access-reviews-lead = Ronden waarin toegang wordt beoordeeld, bij elke klant. Beoordelaars beslissen in Mijn toegang van de klant; waarover niemand beslist, loopt af zoals het beleid zegt.
access-rounds-show = Ronden
access-rounds-open = Open of op komst
access-rounds-over = Voorbij
access-column-due = Uiterlijk
access-column-decided = Beslist
access-rounds-none = Geen ronde is open
access-rounds-none-what = Een ronde staat hier zodra Microsoft haar volgens het schema van het beleid is begonnen.
access-rounds-none-over = Nog geen ronde is voorbij
access-round-begins = begint { $date }
access-round-open = Beoordelen in Mijn toegang
access-round-denied = { $count } te verwijderen
access-round-gone = niet meer vermeld
access-round-initializing = Wordt voorbereid
access-round-notstarted = Niet begonnen
access-round-starting = Begint
access-round-inprogress = Open
access-round-completing = Wordt gesloten
access-round-completed = Voorbij
access-round-autoreviewing = Beslissingen worden uitgevoerd
access-round-autoreviewed = Voorbij
access-round-applied = Uitgevoerd
access-round-people = Personen in deze ronde
access-round-people-none = Wie wordt beoordeeld is nog niet bekend
access-round-people-none-what = Dat wordt gelezen zodra de ronde is begonnen.
access-column-verdict = Beslissing
access-column-recommendation = Aanbevolen
access-column-reason = Reden
access-verdict-approve = Houdt toegang
access-verdict-deny = Verliest toegang
access-verdict-notreviewed = Niet beslist
access-verdict-dontknow = Weet niet
access-verdict-noinfoavailable = geen aanbeveling
access-matrix-lead = Elke klant met elk pakket van de blauwdruk: of het er is zoals afgesproken, en hoeveel personen het hebben.
access-matrix-none = Nog geen klant
access-matrix-none-what = Voeg de eerste toe onder Klanten.
access-matrix-others = { $count ->
    [one] en één pakket van een eerdere blauwdruk
   *[other] en { $count } pakketten van een eerdere blauwdruk
    }
access-stands-present = Aanwezig
access-stands-differs = Wijkt af
access-stands-missing = Ontbreekt
access-stands-unknown = Niet gelezen
access-cell-people = { $count ->
    [one] één persoon
   *[other] { $count } personen
    }
access-links-lead = Welke pakketten van welke klanten iemand heeft, heeft aangevraagd, of nog moet aanvragen, met de blijvende koppelingen. Druk de pagina af, of stuur hem de koppelingen.
access-links-address = Adres van de analist
access-links-show = Tonen
access-links-choose = Kies een analist
access-links-choose-what = Typ het adres waarvan hij aanvraagt. Hij hoeft nog nergens toegang te hebben: een nieuwkomer begint hier.
access-links-known = Personen met toegang
access-links-all = Alles
access-links-missing = Alleen wat hij moet aanvragen
access-links-approvers = Met het pakket voor goedkeurders
access-links-progress = Heeft { $done } van { $all } pakketten
access-links-none = Geen koppeling voldoet
access-links-none-what = Koppelingen verschijnen zodra de pakketten van een klant zijn gemaakt. Als alleen wordt getoond wat ontbreekt, ontbreekt er niets.
access-links-as-of = Stand van { $at }
access-has = Heeft het
access-choice = { $label } ({ $count })
access-has-until = Heeft het tot { $date }
access-asked = Aangevraagd
access-asked-until = Aangevraagd; beslist vóór { $date }
access-to-ask = Aan te vragen
access-link-dead = De koppeling leidt nergens meer heen
access-link-ask = Aanvragen
access-of-customer-lead = Wie bij deze klant toegang heeft, tot wanneer, en wanneer die wordt beoordeeld.
access-of-customer-none = Niemand heeft hier toegang
access-of-customer-none-what = Zodra een aanvraag is geleverd, of iemand een pakket van ons blijkt te hebben, staat hij hier.
access-of-customer-ended = Toegang die is afgelopen
access-warnings = Waarschuwingen
access-warnings-all = Alle waarschuwingen
access-warning-approvers-empty-what = Niemand kan over aanvragen beslissen: de groep van goedkeurders heeft geen lid.
access-warning-approvers-empty-fix = Laat twee van onze mensen het pakket voor goedkeurders aanvragen; de beheerder van de klant beslist erover.
access-warning-approver-last-what = Na { $date } kan niemand meer over aanvragen beslissen: de toegang van { $names } loopt af.
access-warning-approver-last-fix = Laat hem, of een van hen, nu in Mijn toegang een verlenging van het pakket voor goedkeurders aanvragen; de beheerder van de klant beslist erover.
access-warning-approvers-few-what = Alleen { $names } kan over aanvragen beslissen, en niemand mag over zijn eigen aanvraag beslissen.
access-warning-approvers-few-fix = Laat een tweede van onze mensen het pakket voor goedkeurders aanvragen.
access-warning-guest-blocked-what = { $names } kan zich daar niet aanmelden: zijn account is geblokkeerd toen zijn laatste toegang afliep.
access-warning-guest-blocked-fix = Als hij weer toegang moet hebben, moet de beheerder van de klant eerst zijn account inschakelen; een geblokkeerde gast kan niet aanvragen.
access-warning-since = sinds { $date }
access-own-ending = { $count ->
    [one] Uw eigen toegang als goedkeurder loopt bij één klant binnenkort af.
   *[other] Uw eigen toegang als goedkeurder loopt bij { $count } klanten binnenkort af.
    }
access-own-ending-fix = Vraag vóór de afloop in Mijn toegang van elke klant een verlenging aan.
access-own-ends = loopt af op { $date }
access-warnings-lead = Klanten waar toegang, of de mogelijkheid om die te geven, verloren dreigt te gaan, met wat er te doen is.
access-warnings-kind = Waarschuwing
access-warnings-fix = Wat te doen
access-warnings-none = Er zijn geen waarschuwingen
access-warnings-none-what = Zodra er te weinig goedkeurders zijn, of iemand niet meer binnen kan komen, staat het hier.
access-warning-approvers-empty = Geen goedkeurder
access-warning-approver-last = Laatste goedkeurder loopt af
access-warning-approvers-few = Eén goedkeurder
access-warning-guest-blocked = Gast geblokkeerd
access-export = Meenemen als CSV
access-column-extension-until = Verlenging beslist vóór
