requests-title = Aanvragen
requests-lead = Wat bij uw klanten op een beslissing wacht; wie de minste tijd heeft, staat bovenaan. U beslist in de portal Mijn toegang van de klant zelf.
requests-waiting = { $count ->
    [one] Eén aanvraag wacht op een beslissing.
    *[other] { $count } aanvragen wachten op een beslissing.
    }
requests-column-left = Resterende tijd
requests-column-customer = Klant
requests-column-package = Toegangspakket
requests-column-requestor = Aanvrager
requests-column-reason = Reden
requests-column-age = Gelezen
requests-column-decide = Beslissen
requests-column-state = Uitkomst
requests-column-asked = Aangevraagd
requests-column-ended = Afgelopen
requests-asked = aangevraagd
requests-no-reason = niet opgegeven
requests-choice = { $label } ({ $count })
requests-open = Mijn toegang openen
requests-own = Uw eigen aanvraag, gedaan als { $address }: daarover mag u bij Microsoft niet zelf beslissen. Vraag een andere goedkeurder.
requests-how = Mijn toegang opent in de directory van de klant. Kies daar Goedkeuringen en dan het tabblad In behandeling.
requests-end-unknown = einde onbekend
requests-pressure-calm = meer dan de helft van de tijd over
requests-pressure-soon = minder dan de helft van de tijd over
requests-pressure-last-day = laatste dag; daarna wordt hij vanzelf geweigerd
requests-pressure-over = wordt nu door Microsoft geweigerd
requests-pressure-unknown = het beleid is nog niet gelezen
requests-none = Niets wacht op een beslissing
requests-none-what = Zodra iemand bij een klant toegang aanvraagt, staat de aanvraag binnen een minuut hier.
requests-none-found = Geen aanvraag voldoet
requests-none-found-what = Wijzig het filter, of toon weer alle aanvragen.
requests-unread = { $count ->
    [one] Niet actueel voor { $names }. De lijst kan onvolledig zijn.
    *[other] Niet actueel voor { $count } klanten ({ $names }). De lijst kan onvolledig zijn.
    }
requests-unread-why = Waarom?
requests-decided = Afgelopen
requests-decided-lead = De laatste aanvragen die niet meer wachten. Wie besliste, staat in het auditlogboek van de klant zelf.
requests-state-submitted = Ingediend
requests-state-delivering = Wordt geleverd
requests-state-delivered = Geleverd
requests-state-partiallydelivered = Gedeeltelijk geleverd
requests-state-deliveryfailed = Levering mislukt
requests-state-denied = Geweigerd
requests-state-canceled = Ingetrokken
requests-state-scheduled = Gepland
requests-state-gone = Niet meer in de directory
requests-stale = niet actueel
requests-type-add = Nieuwe toegang
requests-type-extend = Verlenging
requests-type-remove = Teruggave
requests-type-add-for = Nieuwe toegang, aangevraagd door een ander
requests-type-change-for = Wijziging door een beheerder
requests-type-remove-for = Verwijdering door een ander
requests-maybe-own = Bent u dit?
requests-maybe-own-say = Opgeven
requests-nobody-there = Niemand heeft opgegeven wie u bent in de directory van de analisten; daarom zijn uw eigen aanvragen niet te herkennen.
requests-nobody-there-say = Opgeven
requests-no-domain = Van deze klant is nog geen domein bekend; daarom is er nog geen koppeling.
requests-theirs = Hierover beslist de beheerder van de klant.
requests-sign-in-as = Meld u in Mijn toegang aan als { $address }, uw account in de directory van de analisten.
requests-sign-in-there = Meld u in Mijn toegang aan met uw account in de directory van de analisten, …@{ $domain }.
requests-unread-consent = De toestemming voor lezen is ingetrokken.
requests-unread-late = Het lezen is te laat; de oorzaak is nog niet bekend.
