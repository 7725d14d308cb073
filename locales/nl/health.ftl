health-title = Status
health-lead = Wat de portal vanzelf doet, per soort werk: wat mislukt, waarom, wie aan zet is en hoe oud de gegevens zijn.
health-causes = Wat mislukt, naar oorzaak
health-causes-none = Er mislukt niets.
health-customers = { $count ->
    [one] Eén klant
    *[other] { $count } klanten
    }
health-and-more = en nog { $count }
health-failures = { $count ->
    [0] kwam nooit tot een einde
    [one] één keer mislukt
    *[other] tot { $count } keer achter elkaar mislukt
    }
health-again = Nu opnieuw
health-stopped = Gestopt
health-stopped-of = { $count } gestopt
health-stopped-notice = { $count ->
    [one] Eén stuk werk brak meermaals af en is gestopt. Het wacht tot iemand het opnieuw start.
    *[other] { $count } stukken werk braken meermaals af en zijn gestopt. Ze wachten tot iemand ze opnieuw start.
    }
health-show = Tonen
health-kinds = Werk per soort
health-kinds-none = Er is nog geen achtergrondwerk: voeg eerst een klant toe.
health-column-kind = Werk
health-column-customers = Klanten
health-column-running = Bezig
health-column-failing = Mislukt
health-column-asleep = Slaapt
health-column-late = Te laat
health-column-last = Laatst geëindigd
health-column-cause = Oorzaak en zet
health-column-tries = Pogingen
health-column-next = Volgende
health-column-requests = Aanvragen gelezen
health-column-directory = Directory gelezen
health-on-time = op tijd
health-next-in = over { $span }
health-slowest = Oudste gegevens
health-slowest-lead = De klanten van wie de aanvragen het langst geleden zijn gelezen; alleen met toestemming voor lezen en zonder pauze.
health-slowest-none = Nog geen klant gaf toestemming voor lezen.
health-rows = Werk dat mislukt of is gestopt
health-rows-none-what = Wat mislukte, is intussen gelukt.
health-kind-consent = Toestemmingscontrole
health-kind-consent-what = Bewijst bij het tokeneindpunt van Microsoft dat de toestemming staat.
health-kind-observe = Directory lezen
health-kind-observe-what = Leest wat in de directory van de klant staat, vergelijkt het met de blauwdruk en vindt afwijkingen.
health-kind-run = Plannen uitvoeren
health-kind-run-what = Voert goedgekeurde plannen stap voor stap uit.
health-kind-requests = Aanvragen lezen
health-kind-requests-what = Leest elke 45 seconden welke aanvragen op een beslissing wachten.
health-cause-internal-what = De portal stuitte op een onbekende eigen fout.
health-cause-internal-whose = Wij moeten iets doen.
health-cause-internal-fix = De portal probeert het vanzelf opnieuw. Blijft het zo, kijk dan in het logboek van de portal zelf op het getoonde tijdstip.
health-cause-too-long-what = Het lezen van deze klant duurde meer dan een half uur en is afgebroken.
health-cause-too-long-whose = Niemand hoeft nog iets te doen.
health-cause-too-long-fix = De portal begint vanzelf opnieuw. Blijft het zo, kijk dan naar de servicestatus van Microsoft en naar de omvang van deze klant.
health-cause-crashed-what = Het werk brak halverwege af.
health-cause-crashed-whose = Wij moeten iets doen.
health-cause-crashed-fix = Na vijf keer wordt het gestopt. Kijk in het logboek van de portal zelf en start het daarna hier opnieuw.
health-cause-unknown-what = Het werk eindigde zonder oorzaak te melden.
health-cause-unknown-whose = Wij moeten iets doen.
health-cause-unknown-fix = Kijk in het logboek van de portal zelf en start het daarna hier opnieuw.
health-kind-consent-reader = Toestemming: lezen
health-kind-consent-operator = Toestemming: schrijven
health-kind-step = Stappen van een plan
health-unknown = Codes die hier niemand kent
health-unknown-lead = Microsoft weigerde met een code die de portal niet kan uitleggen. Zoek hem op, of geef de code en de verzoek-id aan Microsoft; meld hem ook aan de makers van de portal, zodat hij hier wordt uitgelegd.
health-column-code = Code
health-column-seen = Gezien
health-column-call = Laatste aanroep
health-column-seen-last = Laatste keer
health-seen = { $count ->
    [one] één keer
    *[other] { $count } keer
    }
health-request = Aanvraag-id
health-standing = Klanten die niet verder kunnen
health-standing-lead = Geteld naar wat ze tegenhoudt: tot dat weg is, wordt er niets gelezen of gebeurt er niets meer.
health-standing-none = Geen klant wordt door iets tegengehouden.
health-standing-paused-what = Gepauzeerd: er wordt niets gelezen en niets toegepast tot iemand de pauze beëindigt.
health-standing-new-what = De toestemmingskoppeling is nog niet gestuurd; er valt nog niets te lezen.
health-standing-consent-wanted-what = Toestemming voor lezen is nooit gegeven; er valt nog niets te lezen.
health-standing-consent-lost-what = De toestemming voor lezen is ingetrokken: wat van hen te zien is, wordt niet meer bijgewerkt.
health-standing-blocked-what = Het plan wordt tegengehouden door iets in de directory van de klant.
health-standing-failed-what = Een stap van het plan is mislukt; de uitvoering wacht.
health-kind-endings = Bekende aflopen
health-kind-endings-what = Waarschuwt voor toegang die afloopt en voor goedkeurders die wegvallen, op grond van wat bekend is, ook als het lezen mislukt.
health-kind-leave = Vertrekkers verwijderen
health-kind-leave-what = Beëindigt wat zij bij de klant hebben en kijkt tot het weg is.
health-sync = Hoe klanten gelezen worden
health-sync-lead = Per klant en deel: wanneer het laatst gelezen is, wanneer het weer komt, en waarom het te laat is.
health-sync-filter = Welke klanten
health-sync-all = Alle
health-sync-failing = Mislukt
health-sync-throttled = Moet wachten
health-sync-late = Te laat
health-sync-asleep = Niet gelezen
health-sync-none = Geen klant is zo
health-sync-none-what = Kies een ander filter, of voeg eerst een klant toe.
health-kind-decisions = Beslissingen ophelderen
health-kind-decisions-what = Zoekt uit wat er werd van een beslissing waarop geen antwoord van Microsoft kwam.
health-kind-notices = Meldingen
health-kind-notices-what = Houdt wat er gebeurde tegen de regels en meldt opnieuw van aanvragen waarvan de tijd opraakt.
