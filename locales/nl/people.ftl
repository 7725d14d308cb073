people-title = Mensen
people-lead = Iedereen die zich voor uw organisatie heeft aangemeld. Rollen geeft u in Entra; hier kiest u wie welke klanten ziet.
people-search-hint = Naam of mailadres
people-column-name = Naam
people-column-roles = Rollen
people-column-sees = Klanten in beeld
people-column-seen = Laatste aanmelding
people-column-state = Toegang
people-none = Niemand gevonden
people-none-what = Zoek op een andere naam. Mensen verschijnen hier na hun eerste aanmelding.
people-show-all = Iedereen tonen
people-role-admin = Beheerder
people-role-onboarding = Aansluiting
people-role-approver = Goedkeurder
people-role-account-manager = Accountmanager
people-role-auditor = Auditor
people-no-role = geen rol: ziet niets
people-sees-all = Alle klanten
people-sees-these = Alleen de klanten hieronder
people-sees-some = { $count ->
    [0] Geen klant
    [one] Eén klant
    *[other] { $count } klanten
    }
people-enabled = Mag zich aanmelden
people-disabled = Uitgesloten
people-disabled-since = sinds { $at }:
people-view = Welke klanten
people-view-lead = Wat deze persoon niet ziet, toont de portal nergens: niet in lijsten, niet via een adres, niet in het auditlogboek.
people-oneself = Dit bent u zelf. Een andere beheerder moet dit wijzigen.
people-given = Toegekende klanten
people-given-none = Nog geen.
people-given-idle = Niet van kracht zolang deze persoon alle klanten ziet.
people-given-others = { $count ->
    [one] En nog één die hier niet wordt getoond.
    *[other] En nog { $count } die hier niet worden getoond.
    }
people-give = Klant toekennen
people-give-search = Naam, domein of tag van de klant
people-give-one = Toekennen
people-is-given = toegekend
people-take = Intrekken
people-who = Wie
people-mail = Mailadres
people-since = Eerste aanmelding
people-roles-how = Rollen komen mee met de aanmelding, als app-rollen van uw aanmeldapp in Entra. Een wijziging daar geldt vanaf de volgende aanmelding.
people-entry = Toegang
people-disable = Uitsluiten
people-disable-lead = Beëindigt nu elke sessie van deze persoon en weigert nieuwe aanmeldingen. Toegang in directory's van klanten blijft bestaan: trek die daar in.
people-enable = Weer toelaten
people-enable-lead = Vanaf de volgende aanmelding.
people-reason = Reden
people-reason-missing = Geef aan waarom; het komt in het auditlogboek.
people-refused = Niet gewijzigd
people-refused-oneself = Niemand wijzigt zijn eigen beeld of toegang.
people-refused-oneself-fix = Vraag een andere beheerder.
people-refused-all = U ziet zelf niet alle klanten en kunt dus niemand anders alle klanten laten zien.
people-refused-all-fix = Vraag een beheerder die alle klanten ziet.
people-refused-beyond = Deze persoon ziet elke klant en u niet; daarom mag u hem niet beperken of buitensluiten.
