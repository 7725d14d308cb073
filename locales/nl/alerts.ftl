alerts-title = Waarschuwingen
alerts-lead = Waarschuwingen van Defender die in de laatste 30 dagen, of sinds deze portal ze leest, veranderden en niet zijn opgelost. Wat ze zeggen en wat ermee gebeurt, staat in de Defender van de klant.
alerts-open = Defender openen
alerts-severity = Ernst
alerts-severity-high = Hoog
alerts-severity-medium = Middel
alerts-severity-low = Laag
alerts-severity-informational = Informatief
alerts-severity-unknown = Onbekend
alerts-new = Nieuw
alerts-open-count = Open
alerts-oldest = Oudste
alerts-last = Laatste nieuwe waarschuwing
alerts-read = Gelezen
alerts-none = Geen open waarschuwingen
alerts-none-what = In de Defender van deze klant staat niets open.
alerts-unread = Nog niet gelezen
alerts-unread-what = Zijn waarschuwingen worden gelezen zodra de klant toestemming voor lezen heeft gegeven.
alerts-closed = Niet voor ons geopend
alerts-closed-what = De toestemming van de klant bevat SecurityAlert.Read.All niet, dus worden zijn waarschuwingen niet geteld. Stuur hem de toestemmingslink opnieuw als u ze wilt; al het andere gaat door.
alerts-column = Waarschuwingen
alerts-cell = { $high ->
    [0] { $open }
   *[other] { $open } ({ $high } hoog)
}
alerts-cell-closed = niet geopend
